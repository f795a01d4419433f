/* global espAt, checks, linkRows, text, input */
/* exported prepareSlot */

/** The tls-config node that is chosen for a slot. */
function chosenTls(slot) {
  return RED.nodes.node(String(input(`tls${slot}`).val()));
}

/** What a slot has now: a tls-config node, deployed or not, or PEM texts. */
function slotContents(id, slot) {
  const tls = chosenTls(slot);
  if (!tls)
    return {
      device: id,
      slot: String(slot),
      ca: input(`ca${slot}`).val(),
      certificate: input(`certificate${slot}`).val(),
      key: input(`key${slot}`).val(),
    };
  const settings = Object.keys(tls._def.defaults).map((field) => [field, tls[field]]);
  const draft = { ...Object.fromEntries(settings), id: tls.id, credentials: tls.credentials };
  return { slot: String(slot), tls: draft, links: linkRows() };
}

/** Has the runtime look at a slot: it can read certificates and files, and has the stored secrets. */
function checkSlot(id, slot) {
  const fields = {
    tls: input(`tls${slot}`),
    ca: input(`ca${slot}`),
    certificate: input(`certificate${slot}`),
    key: $(`#esp-at-key${slot}`),
  };
  const given = slotContents(id, slot);
  $(`#esp-at-pem-${slot}`).toggle(!given.tls);
  const report = $(`#esp-at-report-${slot}`);
  const show = (problems) => {
    for (const [name, field] of Object.entries(fields)) {
      field.toggleClass(
        'input-error',
        problems.some((problem) => problem.field === name),
      );
    }
    report.empty().show();
    for (const problem of problems)
      report.append($('<div>').text(checks.sentenceOf(text, problem)));
    if (problems.length === 0) report.text(text('tip.certificatesFit'));
  };
  if (!given.tls && !given.ca && !given.certificate && !given.key) {
    report.data('asked', '');
    show([]);
    report.hide();
    return;
  }
  const data = JSON.stringify(given);
  report.data('asked', data);
  $.ajax({
    url: 'esp-at-websocket/certificates',
    method: 'POST',
    contentType: 'application/json',
    data,
  })
    .done((problems) => {
      // A later change has asked again.
      if (report.data('asked') === data) show(problems);
    })
    .fail(() => {
      if (report.data('asked') !== data) return;
      show([]);
      report.text(text('tip.certificatesUnchecked'));
    });
}

/** Keys are never given back to the editor: it knows only whether there is one. */
function prepareKey(slot) {
  const field = $(`#esp-at-key${slot}`);
  const forget = $(`#esp-at-forget-key${slot}`);
  const key = input(`key${slot}`);
  // What an empty field means.
  let kept = key.val() === espAt.stored ? espAt.stored : '';
  if (kept === '') field.val(key.val());
  else field.attr('placeholder', text('tip.keyStored'));
  forget.toggle(kept !== '').on('click', () => {
    kept = '';
    key.val('');
    field.val('').attr('placeholder', '-----BEGIN PRIVATE KEY-----');
    forget.hide();
  });
  field.on('change', () => key.val(String(field.val()).trim() === '' ? kept : field.val()));
}

/** Looks at a slot now, and whenever it, or what the links take from it, has changed. */
function prepareSlot(id, slot) {
  prepareKey(slot);
  const look = () => checkSlot(id, slot);
  $(`#esp-at-slot-${slot} textarea`).on('change', look);
  // A tls-config node that was edited comes back as a change, too.
  input(`tls${slot}`).on('change', look);
  $('#esp-at-pane-links select').on('change', look);
  $(`#esp-at-forget-key${slot}`).on('click', look);
  look();
}
