/* global checks, input, text */
/* exported askPort, failureOf, isDenied, testDevice */

const FINDING_ICONS = {
  error: 'times-circle',
  warning: 'exclamation-triangle',
  note: 'info-circle',
};

/** Asks the runtime about the port as the dialog has it now, deployed or not. Meanwhile the button turns. */
function askPort(question, id, button) {
  const icon = button.prop('disabled', true).find('i');
  const look = icon.attr('class');
  icon.attr('class', 'fa fa-spinner fa-spin');
  return $.ajax({
    url: `esp-at-websocket/${question}/${encodeURIComponent(id)}`,
    method: 'POST',
    contentType: 'application/json',
    data: JSON.stringify({
      port: input('port').val(),
      rate: input('rate').val(),
      autoRate: String(input('autoRate').prop('checked')),
      dtr: String(input('dtr').prop('checked')),
      rts: String(input('rts').prop('checked')),
    }),
  }).always(() => {
    button.prop('disabled', false);
    icon.attr('class', look);
  });
}

/** Whether the runtime refused to answer this user. */
function isDenied({ status }) {
  return status === 401 || status === 403;
}

/** Why the runtime could not answer, as a sentence; empty if it did not say. */
function failureOf({ responseJSON }) {
  return responseJSON?.error ? checks.sentenceOf(text, responseJSON.error) : '';
}

/** Examines what is on the port, and lists what is missing. */
function testDevice(id) {
  const list = $('#esp-at-findings')
    .empty()
    .append($('<li>').text(text('tip.testing')));
  askPort('doctor', id, $('#esp-at-test'))
    .done(({ ok, findings }) => {
      list.empty();
      if (ok) list.append($('<li>').text(text('tip.testOk')));
      for (const finding of findings)
        list.append(
          $('<li>').append(
            $(`<i class="fa fa-${FINDING_ICONS[finding.severity]}" aria-hidden="true">`),
            document.createTextNode(` ${checks.findingSentence(text, finding)}`),
          ),
        );
    })
    .fail((failure) => {
      const sentence = isDenied(failure)
        ? text('tip.testDenied')
        : `${text('tip.testFailed')} ${failureOf(failure)}`;
      list.empty().append($('<li>').text(sentence));
    });
}
