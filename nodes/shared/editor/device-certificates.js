/* global espAt, text, input */
/* exported prepareSlot */

/** Has the runtime look at the PEM texts of a slot: it can read certificates, and has the stored key. */
function checkSlot(id, slot) {
  const fields = {
    ca: input(`ca${slot}`),
    certificate: input(`certificate${slot}`),
    key: $(`#esp-at-key${slot}`),
  };
  const given = {
    device: id,
    slot: String(slot),
    ca: fields.ca.val(),
    certificate: fields.certificate.val(),
    key: input(`key${slot}`).val(),
  };
  const report = $(`#esp-at-report-${slot}`);
  const show = (problems) => {
    for (const [name, field] of Object.entries(fields)) {
      field.toggleClass(
        'input-error',
        problems.some((problem) => problem.field === name),
      );
    }
    report.empty().show();
    for (const { message } of problems) report.append($('<div>').text(message));
    if (problems.length === 0) report.text(text('tip.certificatesFit'));
  };
  if (!given.ca && !given.certificate && !given.key) {
    show([]);
    report.hide();
    return;
  }
  $.ajax({
    url: 'esp-at-websocket/certificates',
    method: 'POST',
    contentType: 'application/json',
    data: JSON.stringify(given),
  }).done(show);
}

/** Keys are never given back to the editor: it knows only whether there is one. */
function prepareKey(slot) {
  const field = $(`#esp-at-key${slot}`);
  const forget = $(`#esp-at-forget-key${slot}`);
  const stored = input(`key${slot}`);
  const has = stored.val() !== '';
  if (has && stored.val() !== espAt.stored) field.val(stored.val());
  else if (has) field.attr('placeholder', text('tip.keyStored'));
  forget.toggle(has).on('click', () => {
    stored.val('');
    field.val('').attr('placeholder', '-----BEGIN PRIVATE KEY-----');
    forget.hide();
  });
  field.on('change', () => {
    if (String(field.val()).trim() !== '') stored.val(String(field.val()));
  });
}

/** Looks at a slot now, and whenever one of its texts has changed. */
function prepareSlot(id, slot) {
  prepareKey(slot);
  const look = () => checkSlot(id, slot);
  $(`#esp-at-slot-${slot} textarea`).on('change', look);
  $(`#esp-at-forget-key${slot}`).on('click', look);
  look();
}
