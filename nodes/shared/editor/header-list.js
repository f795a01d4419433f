/* global espAt */

Object.assign(espAt, {
  /**
   * A list of headers in a dialog.
   * @param {JQuery} list an `ol`
   * @param {(key: string, values?: object) => string} text
   * @param {(row: { name: string, value: string }) => object | undefined} refusal of one header
   * @param {{ name: string, value?: string, secret?: boolean, slot?: number }[]} rows
   * @param {{ get(slot: number): string, set(slot: number, value: string): void, slots: number }} [secrets]
   *   the slots for secret values; without them no value can be secret
   */
  headerList(list, text, refusal, rows, secrets) {
    list.css({ minHeight: '120px' }).editableList({
      removable: true,
      sortable: true,
      addButton: text('option.addHeader'),
      addItem(container, _index, row) {
        container.css({ display: 'flex', alignItems: 'center', gap: '6px' });
        const name = $('<input type="text" class="esp-at-name" style="flex: 1">')
          .attr('placeholder', text('label.headerName'))
          .attr('aria-label', text('label.headerName'))
          .val(row.name ?? '');
        const value = $('<input type="text" class="esp-at-value" style="flex: 2">')
          .attr('placeholder', text('label.headerValue'))
          .attr('aria-label', text('label.headerValue'))
          .val(row.value ?? '');
        const check = () => {
          const refused = refusal({ name: String(name.val()), value: String(value.val()) });
          name.toggleClass('input-error', refused !== undefined);
        };
        for (const input of [name, value]) input.on('change keyup', check);
        check();
        container.append(name, value);
        if (secrets) container.append(secretSwitch(value, row));
      },
    });

    function secretSwitch(value, row) {
      const box = $('<input type="checkbox" class="esp-at-secret" style="width: auto; margin: 0">');
      const show = () => value.attr('type', box.prop('checked') ? 'password' : 'text');
      if (row.secret) value.val(secrets.get(row.slot));
      box.data('slot', row.secret ? row.slot : undefined);
      box.prop('checked', row.secret === true).on('change', () => {
        if (list.find('.esp-at-secret:checked').length > secrets.slots) {
          box.prop('checked', false);
          RED.notify(text('validate.secrets', { limit: secrets.slots }), 'warning');
        }
        // The editor has only the mark of a stored secret, not the secret.
        if (value.val() === espAt.stored) value.val('');
        show();
      });
      show();
      return $('<label style="width: auto; margin: 0; white-space: nowrap">').append(
        box,
        document.createTextNode(` ${text('label.secret')}`),
      );
    }

    for (const row of rows ?? []) list.editableList('addItem', row);
  },

  /** The rows of {@link headerList}. Puts secret values into their slots. */
  headerRows(list, secrets) {
    const rows = [];
    const values = new Map();
    const added = [];
    list.editableList('items').each(function () {
      const name = String(this.find('.esp-at-name').val()).trim();
      const value = String(this.find('.esp-at-value').val());
      const box = this.find('.esp-at-secret');
      if (name === '' && value === '') return;
      if (!box.prop('checked')) {
        rows.push({ name, value });
        return;
      }
      const row = { name, secret: true, slot: box.data('slot') };
      rows.push(row);
      // A stored secret stays in its slot: the editor has no value to move.
      if (row.slot === undefined) added.push({ row, value });
      else values.set(row.slot, value);
    });
    if (!secrets) return rows;
    for (let slot = 0; slot < secrets.slots; slot++) {
      if (!values.has(slot)) {
        const next = added.shift();
        if (next) next.row.slot = slot;
        values.set(slot, next ? next.value : '');
      }
      secrets.set(slot, values.get(slot));
    }
    return rows;
  },
});
