/* global text */
/* exported testDevice */

const FINDING_ICONS = {
  error: 'times-circle',
  warning: 'exclamation-triangle',
  note: 'info-circle',
};

/** Examines a deployed device, and lists what is missing. */
function testDevice(id) {
  const button = $('#esp-at-test').prop('disabled', true);
  const icon = button.find('i').attr('class', 'fa fa-spinner fa-spin');
  const list = $('#esp-at-findings')
    .empty()
    .append($('<li>').text(text('tip.testing')));
  $.ajax({ url: `esp-at-websocket/doctor/${encodeURIComponent(id)}`, method: 'POST' })
    .done(({ ok, findings }) => {
      list.empty();
      if (ok) list.append($('<li>').text(text('tip.testOk')));
      for (const { severity, message } of findings)
        list.append(
          $('<li>').append(
            $(`<i class="fa fa-${FINDING_ICONS[severity]}" aria-hidden="true">`),
            document.createTextNode(` ${message}`),
          ),
        );
    })
    .fail(({ responseJSON }) => {
      const reason = responseJSON ? responseJSON.error : '';
      list.empty().append($('<li>').text(`${text('tip.testFailed')} ${reason}`));
    })
    .always(() => {
      button.prop('disabled', false);
      icon.attr('class', 'fa fa-stethoscope');
    });
}
