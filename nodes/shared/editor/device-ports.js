/* global espAt, text, input */
/* exported findPorts, portIsFree, proposeDevice, showMenu */

/**
 * A validator as Node-RED's: returns true, or the sentence that another device has the port. The runtime compares ports
 * with an environment variable, whose value may differ from subflow to subflow.
 */
function portIsFree(node, port) {
  if (/\$[{(]/.test(port)) return true;
  const other = espAt.devices().find((one) => one.id !== node.id && samePort(one.port, port));
  if (!other) return true;
  return text('errors.PORT_SHARED', { port, device: RED.utils.getNodeLabel(other, other.id) });
}

/** The runtime knows more names of a port: it follows links. */
function samePort(one, other) {
  const key = (port) => {
    const trimmed = String(port).trim();
    return /^sim:/.test(trimmed) ? trimmed : trimmed.replace(/^\\\\\.\\/, '').toLowerCase();
  };
  return !!one && key(one) === key(other);
}

/** Fills in a port that no other device has, and a name, for a device that is new. */
function proposeDevice(node) {
  if (RED.nodes.node(node.id)) return;
  const names = espAt.devices().map(({ name }) => name);
  let port = 'sim:';
  for (let number = 2; portIsFree(node, port) !== true; number++) port = `sim:${number}`;
  let name = 'ESP32';
  for (let number = 2; names.includes(name); number++) name = `ESP32 ${number}`;
  input('port').val(port);
  input('name').val(name);
}

/** Lists the ports in a menu below the field. @param {string} id of the device whose dialog is open */
function findPorts(id) {
  const button = $('#esp-at-findPorts').prop('disabled', true);
  $.getJSON('esp-at-websocket/ports')
    .done((ports) => {
      const options = ports.map((port) => ({ value: port.value, label: describePort(port, id) }));
      showMenu(input('port'), button, options);
    })
    .fail(() => RED.notify(text('tip.noPorts'), 'error'))
    .always(() => button.prop('disabled', false));
}

/** Shows a menu as wide as a field with its button, and puts the chosen value into the field. */
function showMenu(field, button, options) {
  const width = button.offset().left + button.outerWidth() - field.offset().left;
  const menu = RED.popover.menu({
    tabSelect: true,
    width,
    maxHeight: 260,
    class: 'esp-at-menu',
    options,
    onselect: ({ value }) => field.val(value).trigger('change').trigger('focus'),
  });
  menu.show({ target: field });
}

/** Two lines: what it is, and whether it is free; below it its address. */
function describePort({ value, device, about, serialNumber, inUse }, id) {
  const owner = espAt.devices().find(({ port }) => samePort(port, value) || samePort(port, device));
  const what = value === 'sim:' ? text('ports.simulated') : about || text('ports.serial');
  const number = serialNumber ? text('ports.number', { serialNumber }) : '';
  const state = owner
    ? usedBy(owner, id)
    : inUse === undefined
      ? ''
      : text(inUse ? 'ports.inUse' : 'ports.free');
  return $('<div>').append(
    $('<div class="esp-at-menu-title">').text([what, number].filter(Boolean).join(', ')),
    $('<span class="esp-at-menu-state">').text(state),
    $('<div class="esp-at-menu-detail">').text(value),
  );
}

function usedBy(owner, id) {
  if (owner.id === id) return text('ports.own');
  return text('ports.usedBy', { device: RED.utils.getNodeLabel(owner, owner.id) });
}
