/* global bundle */
/* exported espAt */

const { migrate } = bundle('shared/settings/migrate.ts');
const { headerSecretCredentials, SECRET_SLOTS } = bundle('shared/message/secret-headers.ts');
const { STORED } = bundle('shared/admin/request-text.ts');

/** Shared by the dialogs. The build puts this file into each editor file that includes it. */
const espAt = {
  /**
   * The texts of one node type's catalog.
   * @param {string} type
   * @returns {(key: string, values?: object) => string}
   */
  texts: (type) => (key, values) => RED._(`@esp-at-websocket/node-red/${type}:${key}`, values),

  /**
   * Shows the statuses of a node type in the editor's language. Node-RED sends the editor a text in the server's
   * language, which the words then replace.
   * @param {string} type
   * @param {(key: string, values?: object) => string} text
   * @param {{ statusText: Function }} module `shared/status/status-words`
   */
  showStatuses(type, text, { statusText }) {
    let isListening = false;
    const listen = () => {
      if (isListening) return;
      isListening = true;
      // Subscribes after the editor, which then gets the text first. This holds for retained messages, too.
      setTimeout(() => {
        RED.comms.subscribe('esp-at/status/#', (topic, words) => {
          const node = RED.nodes.node(topic.slice('esp-at/status/'.length));
          if (node?.type !== type || !node.status || !(words.text || words.key)) return;
          node.status = { ...node.status, text: statusText(text, words) };
          node.dirtyStatus = true;
          node.dirty = true;
          RED.view.redrawStatus(node);
        });
      });
    };
    if (RED.nodes.getWorkspaceOrder().length > 0) listen();
    else RED.events.on('flows:loaded', listen);
  },

  /**
   * A setting of a node: the value in its dialog if that is open, else the one of the node.
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
   * All settings of a node, as `current` gives them.
   * @param {{ id: string, _def: { defaults: object } }} node
   */
  settings(node) {
    const fields = Object.keys(node._def.defaults);
    return {
      ...Object.fromEntries(fields.map((field) => [field, espAt.current(node, field)])),
      hasAuthorization: !!node.credentials?.has_authorization,
    };
  },

  /**
   * Brings the settings of a node that an older version stored up to date, and its open dialog with them.
   * @param {object} node the node whose dialog opens
   */
  migrate(node) {
    const stored = Object.keys(node._def.defaults)
      .map((field) => [field, node[field]])
      .filter(([, value]) => value !== undefined);
    for (const [field, value] of Object.entries(migrate(node.type, Object.fromEntries(stored)))) {
      if (node[field] === value) continue;
      node[field] = value;
      const input = $(`#node-input-${field}, #node-config-input-${field}`);
      if (input.is(':checkbox')) input.prop('checked', value);
      else input.val(value);
    }
  },

  /**
   * A validator: the check that the runtime makes, with the sentence that it reports.
   * @param {(key: string, values?: object) => string} text
   * @param {{ checks: object, sentence: Function }} module of `shared/checks`
   * @param {string} field
   * @param {(settings: object) => string | undefined} [sourceOf] where the value comes from, if no setting says it
   */
  checked(text, { checks, sentence }, field, sourceOf = (settings) => settings[`${field}Type`]) {
    // Two parameters tell Node-RED that a text may be returned.
    return function (value, options) {
      if (value === espAt.stored) return true;
      const settings = espAt.settings(this);
      const refusal = checks[field](value, settings);
      if (refusal) return sentence(text, refusal.code, refusal.details);
      const type = sourceOf(settings);
      if (!/^(msg|flow|global|jsonata)$/.test(type)) return true;
      // A key of a context may name its store.
      const path = type === 'jsonata' ? value : value.replace(/^#:\(.*?\)::/, '');
      return RED.utils.validateTypedProperty(path, type, options);
    };
  },

  /**
   * Makes the inputs with `data-types` typed inputs, and names their visible parts for screen readers.
   * @param {(key: string, values?: object) => string} text
   */
  typedInputs(text) {
    $('.esp-at-form [data-types]').each(function () {
      const types = this.dataset.types.split(' ').map((type) =>
        // Node-RED's own refuses an empty number, which stands for the default.
        type === 'num'
          ? { value: 'num', label: text('option.number'), icon: 'red/images/typedInput/09.svg' }
          : type,
      );
      // The text of the label alone: a screen reader would read the icon, which is a character.
      const label = $(`label[for="${this.id}"] span`).attr('id', `${this.id}-label`);
      $(this).typedInput({ types, typeField: `#${this.id}Type` });
      const parts = $(this).next('.red-ui-typedInput-container');
      parts.find('.red-ui-typedInput-input').attr('aria-labelledby', label.attr('id'));
      const button = parts.find('.red-ui-typedInput-type-select');
      // The words of the label, then its own.
      button.attr({ id: `${this.id}-source`, 'aria-label': text('label.source') });
      button.attr('aria-labelledby', `${this.id}-label ${this.id}-source`);
    });
  },

  /**
   * Puts the panes of a dialog, `esp-at-pane-<name>`, behind tabs.
   * @param {(key: string, values?: object) => string} text
   * @param {string[]} names
   */
  tabs(text, names) {
    const tabs = RED.tabs.create({
      id: 'esp-at-tabs',
      onchange(tab) {
        $('#esp-at-panes').children().hide();
        $(`#${tab.id}`).show();
      },
    });
    for (const name of names) {
      const tab = { id: `esp-at-pane-${name}`, label: text(`tab.${name}`) };
      tabs.addTab(tab);
      // Node-RED shows the label again as the tooltip, and reads it only then.
      tab.label = text(`tabTip.${name}`);
    }
    setTimeout(() => tabs.resize(), 0);
  },

  /** The credentials that hold the values of secret headers, as `registerType` takes them. */
  secretCredentials: headerSecretCredentials,

  /** The same credentials in an open dialog, by slot. @param {string} prefix of inputs */
  secrets: (prefix) => ({
    slots: SECRET_SLOTS.length,
    get: (slot) => $(`#${prefix}headerSecret${slot}`).val(),
    set: (slot, value) => $(`#${prefix}headerSecret${slot}`).val(value),
  }),

  /** What Node-RED gives the editor in place of a stored secret. */
  stored: STORED,

  /**
   * Node-RED's `paletteLabel`. Node-RED calls it first for the entry in the palette, which shows the type and `more`; then
   * for the quick-add list, which finds the node by the words that a newcomer looks for; and for the title of a dialog, which
   * shows the type alone.
   * @param {string} type
   * @param {() => string} [more] a second line in the palette
   */
  paletteLabel(type, more = () => '') {
    const entry = () => $(`[data-palette-type="${type}"]`);
    const words = () => `${type} ${more()} (ESP32 AT WebSocket)`.replace('  ', ' ');
    RED.events.on('registry:node-type-added', (added) => {
      // The palette has added the entry. It searches this attribute.
      if (added === type) entry().attr('data-palette-label', words());
    });
    return () => {
      if (RED.editor.getEditStack().length > 0) return type;
      if (entry().length > 0) return words();
      // The palette breaks lines at spaces, and would put spaces around a plain hyphen.
      const lines = [type.replace('-', '\u2011'), more().replaceAll(' ', '\u00a0')];
      return lines.filter((each) => each !== '').join(' ');
    };
  },

  /**
   * The label of a node on the canvas: its name, or its type and link.
   * @param {string} type
   * @param {(key: string, values?: object) => string} text
   */
  label(type, text) {
    return function () {
      if (this.name) return this.name;
      if (this.link === 'msg') return type;
      if (/^[012]$/.test(this.link)) {
        return `${type} ${text('label.nodeLink')} ${espAt.linkName(this.device, this.link)}`;
      }
      return `${type} ${text(`option.link${this.link === 'all' ? 'All' : 'Device'}`)}`;
    };
  },

  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },

  /** Shows the rows of class `esp-at-<value>` only while a select has that value. */
  showFor(field, values) {
    const select = $(`#node-input-${field}`);
    const show = () => {
      for (const value of values) $(`.esp-at-${value}`).toggle(select.val() === value);
    };
    select.on('change', show);
    show();
  },
};
