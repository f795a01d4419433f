/* global espAt */

Object.assign(espAt, {
  /** The devices of the editor that are enabled. */
  devices() {
    const devices = [];
    RED.nodes.eachConfig((node) => {
      if (node.type === 'esp-at-device' && !node.d) devices.push(node);
    });
    return devices;
  },

  /** The ws-open nodes of a device. */
  openers: (device) =>
    RED.nodes.filterNodes({ type: 'ws-open' }).filter((one) => !one.d && one.device === device),

  /**
   * Gives a new node the only device, and a link: to ws-open a free one, to other nodes that of the newest ws-open in their
   * flow, or of the only one in any flow.
   */
  added() {
    const [device, another] = espAt.devices();
    if (this.device || !device || another) return;
    this.device = device.id;
    const openers = espAt.openers(device.id);
    if (this.type === 'ws-open') {
      const isFree = (link) => openers.every((one) => String(one.link) !== link);
      this.link = ['0', '1', '2'].find(isFree) ?? '0';
      return;
    }
    const newest = openers.filter(({ z }) => z === this.z).at(-1);
    const opener = newest ?? (openers.length === 1 ? openers[0] : undefined);
    // ws-status has no option `msg`.
    if (opener && !(opener.link === 'msg' && this.type === 'ws-status'))
      this.link = String(opener.link);
  },

  /**
   * When a user adds the first device, gives it to the nodes that have none, as one step of undo. Does not redraw:
   * the editor does after `nodes:add`. Leaves alone an import and a node in an open dialog: both are the user's.
   * @param {(key: string, values?: object) => string} text of the device
   * @param {object} device
   */
  deviceAdded(text, device) {
    const last = RED.history.peek();
    const isFromDialog =
      last?.t === 'add' && last.nodes?.length === 1 && last.nodes[0] === device.id;
    if (!isFromDialog || espAt.devices().length !== 1) return;
    const open = new Set(RED.editor.getEditStack().map(({ id }) => id));
    const events = [];
    RED.nodes.eachNode((node) => {
      const waits =
        node._def?.defaults?.device?.type === device.type && !RED.nodes.node(node.device);
      if (!waits || open.has(node.id) || RED.nodes.workspace(node.z)?.locked) return;
      events.push({ t: 'edit', node, changes: { device: node.device }, changed: node.changed });
      node.device = device.id;
      node.changed = true;
      node.dirty = true;
      RED.nodes.updateConfigNodeUsers(node);
      RED.editor.validateNode(node);
      RED.events.emit('nodes:change', node);
    });
    if (events.length === 0) return;
    RED.history.push({ t: 'multi', events, dirty: RED.nodes.dirty() });
    const names = events.map(({ node }) => RED.utils.getNodeLabel(node, node.id)).join(', ');
    RED.notify(RED.utils.sanitize(text('tip.given', { names })), 'success');
  },

  /** Chooses a simulated device in the open dialog when it has no device: one of those it offers, else a new one. */
  chooseSimulated() {
    const device = $('#node-input-device');
    if (RED.nodes.node(device.val())) return;
    const offered = [...device.find('option')].map(({ value }) => RED.nodes.node(value));
    const { id } = offered.find((one) => /^\s*sim:/.test(one?.port)) ?? espAt.newSimulated();
    if (device.find(`option[value="${id}"]`).length === 0)
      $('<option>', { value: id, text: RED.nodes.node(id).name }).prependTo(device);
    device.val(id).trigger('change');
  },

  /** Adds a simulated device, as the dialog of a new device does. */
  newSimulated() {
    const type = 'esp-at-device';
    const _def = RED.nodes.getType(type);
    const defaults = Object.entries(_def.defaults).map(([field, { value }]) => [field, value]);
    const settings = JSON.parse(JSON.stringify(Object.fromEntries(defaults)));
    const name = espAt.texts(type)('ports.simulated');
    const own = { id: RED.nodes.id(), type, _def, label: _def.label, users: [], changed: true };
    const device = { ...settings, ...own, name };
    RED.history.push({ t: 'add', nodes: [device.id], changes: {}, dirty: RED.nodes.dirty() });
    RED.nodes.add(device);
    RED.editor.validateNode(device);
    RED.nodes.dirty(true);
    return device;
  },

  /** A link with its name in the settings of a device: `0 · sensor`. */
  linkName(device, link) {
    const name = RED.nodes.node(device)?.links?.[link]?.name;
    return name ? `${link} · ${name}` : String(link);
  },

  /**
   * Keeps what a dialog says about the chosen device up to date: the names of its links, and the nodes that open them.
   * @param {(key: string, values?: object) => string} text
   * @param {{ id: string, type: string, z: string }} node the node whose dialog is open
   * @param {(firmware: string | undefined) => void} [onFirmware] gets the class of the device's firmware
   */
  followDevice(text, node, onFirmware) {
    const device = $('#node-input-device');
    const link = $('#node-input-link');
    const [only, another] = espAt.devices();
    // A node may be older than its device.
    if (!RED.nodes.node(node.device) && only && !another) device.val(only.id).trigger('change');
    const showNames = () => {
      for (const number of [0, 1, 2]) {
        link.find(`option[value="${number}"]`).text(espAt.linkName(device.val(), number));
      }
    };
    const showFirmware = () => {
      const chosen = device.val();
      espAt.firmware(chosen, (firmware) => {
        if (device.val() === chosen) onFirmware?.(firmware);
      });
    };
    device.on('change', showNames).on('change', showFirmware);
    device.add(link).on('change', () => espAt.noteOpeners(text, node));
    showNames();
    showFirmware();
    espAt.noteOpeners(text, node);
  },

  /** Passes on the class of a device's firmware, A to D; undefined until the device has reported it. */
  firmware(device, onFirmware) {
    const port = RED.nodes.node(device)?.port;
    if (!port) return onFirmware(undefined);
    espAt.firmwareAt(port, device, onFirmware);
  },

  /** The same for the port in an open dialog. A simulated device has its class in its address. */
  firmwareAt(port, device, onFirmware) {
    const simulated = /^sim:[^?]*(?:\?(.*))?$/.exec(port.trim());
    if (simulated) {
      const firmware = new URLSearchParams(simulated[1] ?? '').get('firmware') ?? 'D';
      return onFirmware(firmware.toUpperCase());
    }
    $.getJSON(`esp-at-websocket/firmware/${encodeURIComponent(device)}`)
      .done(({ firmware }) => onFirmware(firmware))
      .fail(() => onFirmware(undefined));
  },

  /** Says below the link what it is; or names the other nodes that open it, or notes that no node does. */
  noteOpeners(text, { id, type, z }) {
    const device = String($('#node-input-device').val());
    const link = String($('#node-input-link').val());
    const known = /^[012]$/.test(link) && RED.nodes.node(device);
    const openers = espAt.openers(device).filter((one) => one.id !== id);
    const same = openers.filter((one) => String(one.link) === link);
    const names = same.map(nameOf).join(', ');
    const opens = type === 'ws-open';
    const isUsual = !known || (opens ? names === '' : openers.some(mayOpen));
    const [usual, unusual] = opens ? ['link', 'alsoOpened'] : ['sameLink', 'notOpened'];
    $('.esp-at-note')
      .toggle(/^[012]$/.test(link))
      .text(text(`tip.${isUsual ? usual : unusual}`, { link, names }));

    function nameOf(one) {
      const label = RED.utils.getNodeLabel(one, one.id);
      const flow = RED.nodes.workspace(one.z)?.label ?? RED.nodes.subflow(one.z)?.name;
      return one.z === z ? label : `${label} (${flow})`;
    }

    function mayOpen(one) {
      return one.link === 'msg' || String(one.link) === link;
    }
  },
});
