/* global checks */
/* exported prepareLinks, savedLinks, linkDefaults */

const linkDefaults = {
  pingInterval: '',
  pongTimeout: '',
  bufferSize: '',
  auth: '0',
  pki: '0',
  ca: '0',
};
/** What the firmware takes for numbers of `AT+WSCFG` that are not set, and their range. */
const linkNumbers = {
  pingInterval: { placeholder: 10, range: '1 - 7200' },
  pongTimeout: { placeholder: 120, range: '1 - 7200' },
  bufferSize: { placeholder: 1024, range: '125 - 16384' },
};

const cell = (link, field) => $(`#esp-at-link-${link}-${field}`);

/** Fills the table. The slots of a link can be chosen in the modes that use them. */
function prepareLinks(rows) {
  for (const link of [0, 1, 2]) {
    const row = { ...linkDefaults, ...(rows || [])[link] };
    for (const [field, value] of Object.entries(row)) cell(link, field).val(value);
    const check = () => {
      const row = savedLinks()[link];
      for (const field of Object.keys(linkNumbers)) {
        cell(link, field).toggleClass('input-error', !!checks.linkChecks[field](row[field], row));
      }
    };
    for (const [field, { range, placeholder }] of Object.entries(linkNumbers)) {
      cell(link, field)
        .attr('placeholder', placeholder)
        .attr('title', range)
        .on('change keyup', check);
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
function savedLinks() {
  return [0, 1, 2].map((link) =>
    Object.fromEntries(
      Object.keys(linkDefaults).map((field) => [field, String(cell(link, field).val())]),
    ),
  );
}
