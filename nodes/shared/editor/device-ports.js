/* global espAt, text, input */
/* exported findPorts, portIsFree, proposeDevice */

/** A validator as Node-RED's: returns true, or the sentence that another device has the port. */
function portIsFree(node, port) {
  const other = espAt.devices().find((one) => one.id !== node.id && samePort(one.port, port));
  if (!other) return true;
  return text('errors.PORT_SHARED', { port, device: RED.utils.getNodeLabel(other, other.id) });
}

/** The runtime knows more names of a port: it follows links. */
function samePort(one, other) {
  const key = (port) =>
    /^sim:/.test(port)
      ? port
      : String(port)
          .replace(/^\\\\\.\\/, '')
          .toLowerCase();
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

function findPorts() {
  const button = $('#esp-at-findPorts').prop('disabled', true);
  $.getJSON('esp-at-websocket/ports')
    .done((ports) => {
      const menu = RED.popover.menu({
        tabSelect: true,
        width: 420,
        maxHeight: 260,
        class: 'esp-at-menu',
        options: ports.map((port) => ({ value: port.value, label: describePort(port) })),
        onselect: ({ value }) => input('port').val(value).trigger('change').trigger('focus'),
      });
      menu.show({ target: input('port') });
    })
    .fail(() => RED.notify(text('tip.noPorts'), 'error'))
    .always(() => button.prop('disabled', false));
}

/** Two lines: what it is, and whether it is free; below it its address. */
function describePort({ value, about, serialNumber, inUse }) {
  const owner = espAt.devices().find(({ port }) => samePort(port, value));
  const what = value === 'sim:' ? text('ports.simulated') : about || text('ports.serial');
  const number = serialNumber ? text('ports.number', { serialNumber }) : '';
  const state = owner
    ? text('ports.usedBy', { device: RED.utils.getNodeLabel(owner, owner.id) })
    : inUse === undefined
      ? ''
      : text(inUse ? 'ports.inUse' : 'ports.free');
  return $('<div>').append(
    $('<div class="esp-at-menu-title">').text([what, number].filter(Boolean).join(', ')),
    $('<span class="esp-at-menu-state">').text(state),
    $('<div class="esp-at-menu-detail">').text(value),
  );
}
