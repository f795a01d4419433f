/* global checks */
/* exported limitLinks, prepareLinks, linkRows, linkDefaults */

const linkDefaults = {
  name: '',
  pingInterval: '',
  pongTimeout: '',
  bufferSize: '',
  auth: '0',
  pki: '0',
  ca: '0',
};
/** What the firmware takes for numbers of `AT+WSCFG` that are not set. */
const linkNumbers = {
  pingInterval: 10,
  pongTimeout: 120,
  bufferSize: 1024,
};

/** Class of the device's firmware, if known. */
let linkFirmware;

const cell = (link, field) => $(`#esp-at-link-${link}-${field}`);

/** Fills the table. The slots of a link can be chosen in the modes that use them. */
function prepareLinks(rows) {
  for (const link of [0, 1, 2]) {
    const row = { ...linkDefaults, ...(rows || [])[link] };
    for (const [field, value] of Object.entries(row)) cell(link, field).val(value);
    const check = () => {
      const row = { ...linkRows()[link], firmware: linkFirmware };
      for (const field of Object.keys(linkNumbers)) {
        cell(link, field).toggleClass('input-error', !!checks.linkChecks[field](row[field], row));
      }
    };
    for (const [field, placeholder] of Object.entries(linkNumbers)) {
      cell(link, field).attr('placeholder', placeholder).on('change keyup', check);
    }
    check();
    const enableSlots = () => {
      const auth = Number(cell(link, 'auth').val());
      cell(link, 'pki').prop('disabled', auth !== 1 && auth !== 3);
      cell(link, 'ca').prop('disabled', auth !== 2 && auth !== 3);
    };
    cell(link, 'auth').on('change', enableSlots);
    enableSlots();
  }
}

/** The rows as the table has them now. */
function linkRows() {
  return [0, 1, 2].map((link) =>
    Object.fromEntries(
      Object.keys(linkDefaults).map((field) => [field, String(cell(link, field).val())]),
    ),
  );
}

/** Greys what the firmware cannot do, and says why; marks what is too large for it. @param {string | undefined} firmware its class, if known */
function limitLinks(firmware) {
  linkFirmware = firmware;
  $('#esp-at-row-bufferSize small').text(`125–${checks.largestBuffer(firmware)}`);
  const hasAuth = !['A', 'B'].includes(firmware);
  for (const link of [0, 1, 2]) {
    cell(link, 'auth').prop('disabled', !hasAuth && cell(link, 'auth').val() === '0');
    cell(link, 'bufferSize').trigger('change');
  }
  $('#esp-at-no-auth').toggle(!hasAuth);
  $('#esp-at-no-headers').toggle(firmware === 'A');
  $('#esp-at-pane-headers .red-ui-editableList').toggleClass('esp-at-greyed', firmware === 'A');
}
