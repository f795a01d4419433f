/* global askPort, failureOf, isDenied, showMenu, text, input */
/* exported findNetworks */

/** dBm from which a signal has one bar more. */
const SIGNAL_BARS = [-85, -75, -65, -55];

function findNetworks(id) {
  const button = $('#esp-at-findNetworks');
  askPort('networks', id, button)
    .done(({ networks, endedPrompt }) => {
      if (endedPrompt) tellEndedPrompt();
      if (networks.length === 0) return RED.notify(text('tip.noNetworks'), 'warning');
      const options = networks.map((network) => ({
        value: network.ssid,
        label: describeNetwork(network),
      }));
      showMenu(input('ssid'), button, options);
    })
    .fail((failure) => {
      if (failure.responseJSON?.endedPrompt) tellEndedPrompt();
      const sentence = text(isDenied(failure) ? 'tip.noPermission' : 'tip.networksFailed');
      RED.notify(`${sentence} ${RED.utils.sanitize(failureOf(failure))}`, 'warning');
    });
}

function tellEndedPrompt() {
  RED.notify(text('doctor.PROMPT_OPEN'), 'warning');
}

function describeNetwork({ ssid, signal, channel, encrypted }) {
  const bars = $('<span class="esp-at-bars" aria-hidden="true">');
  for (const [index, limit] of SIGNAL_BARS.entries()) {
    $('<span>')
      .css({ height: `${4 + 3 * index}px` })
      .toggleClass('esp-at-bar-on', signal >= limit)
      .appendTo(bars);
  }
  const lock = text(encrypted ? 'networks.encrypted' : 'networks.open');
  return $('<div>').append(
    $('<div class="esp-at-menu-title">').text(ssid),
    bars,
    $('<div class="esp-at-menu-detail">').text(text('networks.detail', { signal, channel, lock })),
  );
}
