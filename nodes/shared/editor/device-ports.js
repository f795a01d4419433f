/* global text, input */
/* exported findPorts */

function findPorts() {
  const button = $('#esp-at-findPorts').prop('disabled', true);
  $.getJSON('esp-at-websocket/ports')
    .done((ports) => {
      const menu = RED.popover.menu({
        tabSelect: true,
        width: 420,
        maxHeight: 260,
        options: ports.map((port) => ({ value: port.value, label: describePort(port) })),
        onselect: ({ value }) => input('port').val(value).trigger('change').trigger('focus'),
      });
      menu.show({ target: input('port') });
    })
    .fail(() => RED.notify(text('tip.noPorts'), 'error'))
    .always(() => button.prop('disabled', false));
}

/** `/dev/serial/by-id/… – Silicon Labs CP2102 (in use)`; whether it is in use cannot always be told. */
function describePort({ value, about, inUse }) {
  if (value === 'sim:') return `${text('ports.simulated')} (${value})`;
  const name = about === undefined ? value : `${value} – ${about}`;
  return inUse === undefined ? name : `${name} (${text(inUse ? 'ports.inUse' : 'ports.free')})`;
}
