/* global sentenceOf, text */
/* exported showDevices */

/** A status colour of Node-RED for each state of a device. */
const deviceColours = {
  stopped: 'grey',
  disconnected: 'grey',
  absent: 'red',
  initializing: 'blue',
  ready: 'green',
  resyncing: 'yellow',
  unusable: 'red',
};

/** Shows all devices, one of them chosen. @param {(id: string) => void} choose */
function showDevices(list, devices, chosen, choose) {
  // A button that is replaced between press and release is never clicked.
  const shown = JSON.stringify([
    chosen,
    devices.map((one) => [one.id, one.name, one.state, deviceDetail(one)]),
  ]);
  if (list.data('shown') === shown) return;
  list.data('shown', shown).empty();
  if (devices.length === 0)
    $('<div class="esp-at-live-note">').text(text('live.noDevices')).appendTo(list);
  for (const device of devices) {
    const isChosen = device.id === chosen;
    $('<button type="button" class="esp-at-live-device">')
      .attr('aria-pressed', String(isChosen))
      .toggleClass('esp-at-live-chosen', isChosen)
      .append(
        $('<span class="esp-at-live-name">').text(device.name),
        $('<span class="esp-at-live-state">').append(
          $(`<i class="esp-at-live-dot esp-at-live-${deviceColours[device.state]}">`),
          $('<span>').text(text(`status.device.${device.state}`)),
        ),
        $('<span class="esp-at-live-detail">').text(deviceDetail(device)),
      )
      .on('click', () => choose(device.id))
      .appendTo(list);
  }
}

function deviceDetail({ error, version, firmware, wifi, counts }) {
  if (error) return sentenceOf(text, error);
  const parts = [
    version && text('live.firmware', { version: version.replace(/\(.*/, ''), firmware }),
    wifi && text('live.wifi', wifi),
    counts?.rate && text('live.rate', { rate: counts.rate }),
  ];
  return parts.filter(Boolean).join(' · ');
}
