/* global espAt */

Object.assign(espAt, {
  /**
   * Names below the link the other nodes that open it, or notes that no node does.
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
});
