/* global espAt, text */
/* exported checkLinks, prepareLinks, savedLinks, linkDefaults */

const linkDefaults = {
  pingInterval: '',
  pongTimeout: '',
  bufferSize: '',
  auth: '0',
  pki: '0',
  ca: '0',
};
/** Numbers of `AT+WSCFG`: their range, and the firmware's default. */
const linkNumbers = {
  pingInterval: { min: 1, max: 7200, placeholder: 10 },
  pongTimeout: { min: 1, max: 7200, placeholder: 120 },
  bufferSize: { min: 125, max: 16384, placeholder: 1024 },
};

const cell = (link, field) => $(`#esp-at-link-${link}-${field}`);

function checkLink(field, value) {
  const { min, max } = linkNumbers[field];
  return espAt.whole(text, `label.${field}`, min, max)(value, {});
}

/** True, or the sentence about the first wrong number. */
function checkLinks(rows) {
  for (const row of rows || []) {
    for (const field of Object.keys(linkNumbers)) {
      const result = checkLink(field, row[field]);
      if (result !== true) return result;
    }
  }
  return true;
}

/** Fills the table. The slots of a link can be chosen in the modes that use them. */
function prepareLinks(rows) {
  for (const link of [0, 1, 2]) {
    const row = { ...linkDefaults, ...(rows || [])[link] };
    for (const [field, value] of Object.entries(row)) cell(link, field).val(value);
    for (const [field, { min, max, placeholder }] of Object.entries(linkNumbers)) {
      cell(link, field)
        .attr('placeholder', placeholder)
        .attr('title', `${min} - ${max}`)
        .on('change keyup', function () {
          $(this).toggleClass('input-error', checkLink(field, $(this).val()) !== true);
        })
        .trigger('change');
    }
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
