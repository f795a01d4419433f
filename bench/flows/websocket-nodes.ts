/**
 * The flow of serial-nodes.ts, built from the nodes of this package.
 * @param uri of the link, which ws-open keeps open
 */
export function websocketFlow(path: string, uri: string): object[] {
  return [
    { id: 'tab', type: 'tab' },
    { id: 'device', type: 'esp-at-device', port: path, rate: '115200' },
    {
      id: 'open',
      type: 'ws-open',
      z: 'tab',
      device: 'device',
      link: '0',
      uri,
      keepOpen: true,
      wires: [['received'], []],
    },
    { id: 'send', type: 'ws-send', z: 'tab', device: 'device', link: '0', wires: [['sent']] },
    { id: 'received', type: 'bench-sink', z: 'tab', wires: [] },
    { id: 'sent', type: 'bench-sink', z: 'tab', wires: [] },
  ].map((node) => ('wires' in node ? { x: 100, y: 100, ...node } : node));
}
