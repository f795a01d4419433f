/* global text, input */
/* exported findNetworks */

/** The device looks, so it has to be deployed and running. */
function findNetworks(id) {
  const button = $('#esp-at-findNetworks').prop('disabled', true);
  const icon = button.find('i').attr('class', 'fa fa-spinner fa-spin');
  $.getJSON(`esp-at-websocket/networks/${encodeURIComponent(id)}`)
    .done((networks) => {
      if (networks.length === 0) return RED.notify(text('tip.noNetworks'), 'warning');
      const menu = RED.popover.menu({
        tabSelect: true,
        width: 420,
        maxHeight: 260,
        options: networks.map((network) => ({ value: network, label: describeNetwork(network) })),
        onselect: ({ value }) => input('ssid').val(value.ssid).trigger('change').trigger('focus'),
      });
      menu.show({ target: input('ssid') });
    })
    .fail(({ responseJSON }) => {
      const reason = responseJSON ? responseJSON.error : '';
      RED.notify(`${text('tip.networksFailed')} ${RED.utils.sanitize(reason)}`, 'warning');
    })
    .always(() => {
      button.prop('disabled', false);
      icon.attr('class', 'fa fa-search');
    });
}

function describeNetwork({ ssid, signal, channel, encrypted }) {
  const lock = text(encrypted ? 'networks.encrypted' : 'networks.open');
  return text('networks.entry', { ssid, signal, channel, lock });
}
