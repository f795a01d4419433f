/* global RED, $, document */

/**
 * What the dialogs share. The build puts this file into the script of every node's editor file, in the
 * place of the line that names it.
 */
const espAt = {
  /**
   * Texts of one node type's catalog.
   * @param {string} type
   * @returns {(key: string, values?: object) => string}
   */
  texts: (type) => (key, values) =>
    RED._(`@esp-at-websocket/node-red/${type}:${key}`, values),

  /** Whether a setting is known only when the flow runs. */
  isVariable: (value) => /\$\{[^}]+\}|\{\{/.test(String(value)),

  /**
   * Another setting of a node that a check needs: as its dialog has it now, or as it is kept.
   * @param {{ id: string }} node
   * @param {string} field
   */
  current(node, field) {
    const isOpen = RED.editor.getEditStack().some(({ id }) => id === node.id);
    const input = $(`#node-input-${field}, #node-config-input-${field}`);
    if (!isOpen || input.length === 0) return node[field];
    return input.is(':checkbox') ? input.prop('checked') : input.val();
  },

  /**
   * Checks for a whole number; empty is the default and always right.
   * @param {(key: string, values?: object) => string} text
   */
  whole(text, field, min, max) {
    // Two parameters tell Node-RED that a text may be returned.
    return function (value, options) {
      if (value === '' || value === undefined || espAt.isVariable(value)) return true;
      const number = Number(value);
      if (Number.isInteger(number) && number >= min && number <= max) return true;
      return text('validate.whole', { field: options.label ?? text(field), min, max });
    };
  },

  /** Checks that something was entered. */
  required(text, field) {
    return function (value, options) {
      if (String(value ?? '').trim() !== '') return true;
      return text('validate.required', { field: options.label ?? text(field) });
    };
  },

  /** Checks a list of headers. */
  headers(text) {
    return function (rows, options) {
      const bad = (rows ?? []).find(({ name }) => !espAt.isHeaderName(name));
      if (bad === undefined) return true;
      const field = options.label ?? text('label.headers');
      return text('validate.headerName', { field, name: bad.name });
    };
  },

  /** A token of RFC 9110, section 5.6.2. */
  isHeaderName: (name) => espAt.isVariable(name) || /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name),

  /**
   * Says below the choice of a link who else opens it, or that nobody does.
   * @param {(key: string, values?: object) => string} text
   * @param {{ id: string, type: string, z: string }} node the node whose dialog is open
   */
  noteOpeners(text, { id, type, z }) {
    const fields = $('#node-input-device, #node-input-link');
    const note = $('.esp-at-note');
    const show = () => {
      const device = String($('#node-input-device').val());
      const link = String($('#node-input-link').val());
      const known = /^[012]$/.test(link) && RED.nodes.node(device);
      const openers = RED.nodes
        .filterNodes({ type: 'ws-open' })
        .filter((one) => one.id !== id && !one.d && one.device === device);
      const same = openers.filter((one) => String(one.link) === link);
      const names = same.map(nameOf).join(', ');
      const opens = type === 'ws-open';
      const silent = !known || (opens ? names === '' : openers.some(mayOpen));
      note.toggle(!silent).text(text(opens ? 'tip.alsoOpened' : 'tip.notOpened', { link, names }));

      function nameOf(one) {
        const label = RED.utils.getNodeLabel(one, one.id);
        const flow = RED.nodes.workspace(one.z)?.label ?? RED.nodes.subflow(one.z)?.name;
        return one.z === z ? label : `${label} (${flow})`;
      }

      function mayOpen(one) {
        return one.link === 'msg' || String(one.link) === link;
      }
    };
    fields.on('change', show);
    show();
  },

  /**
   * A list of headers in a dialog.
   * @param {JQuery} list an `ol`
   * @param {(key: string, values?: object) => string} text
   * @param {{ name: string, value?: string, secret?: boolean, slot?: number }[]} rows
   * @param {{ get(slot: number): string, set(slot: number, value: string): void, slots: number }} [secrets]
   *   where secret values are kept; without it there are none
   */
  headerList(list, text, rows, secrets) {
    list.css({ minHeight: '120px', minWidth: '400px' }).editableList({
      removable: true,
      sortable: true,
      addButton: text('option.addHeader'),
      addItem(container, _index, row) {
        container.css({ display: 'flex', alignItems: 'center', gap: '6px' });
        const name = $('<input type="text" class="esp-at-name" style="flex: 1">')
          .attr('placeholder', text('label.headerName'))
          .val(row.name ?? '')
          .on('change keyup', () => {
            name.toggleClass('input-error', !espAt.isHeaderName(String(name.val())));
          });
        const value = $('<input type="text" class="esp-at-value" style="flex: 2">')
          .attr('placeholder', text('label.headerValue'))
          .val(row.value ?? '');
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
        // The editor has no secret that was stored, only the mark that there is one.
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

  /** What Node-RED gives the editor in the place of a secret that is stored. */
  stored: '__PWRD__',

  /** The rows of {@link headerList}; secret values go to where they are kept. */
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
      // A stored secret stays in its slot: nobody could move it.
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
};
