/** A configuration node as the dialog stores it, with other settings. */
export const deviceNode = (settings: object = {}) => ({
  id: 'device',
  type: 'esp-at-device',
  name: 'board',
  port: 'sim:',
  ...settings,
});

/** A node of this package that uses the device, by default its link 0. */
export const userNode = (id: string, type: string, settings: object = {}) => ({
  id,
  type,
  z: 'tab',
  device: 'device',
  link: '0',
  wires: [],
  ...settings,
});

/** Helper nodes, which collect the messages that reach them. */
export const helpers = (...ids: readonly string[]) =>
  ids.map((id) => ({ id, type: 'helper', z: 'tab', wires: [] }));

/** A Catch node with its helper node `caught`. */
export const catchNodes = () => [
  { id: 'catch', type: 'catch', z: 'tab', wires: [['caught']] },
  ...helpers('caught'),
];

/** The same, and a Complete node of these nodes with its helper node `completed`. */
export const endNodes = (...scope: readonly string[]) => [
  ...catchNodes(),
  { id: 'complete', type: 'complete', z: 'tab', scope, wires: [['completed']] },
  ...helpers('completed'),
];

/** One node with a helper node on each output, and a Catch node: `out0`, `out1`, `caught`. */
export function flowOf(
  type: string,
  outputs: number,
  settings: object = {},
  device: object = {},
): object[] {
  const outs = Array.from({ length: outputs }, (_, index) => `out${index}`);
  return [
    { id: 'tab', type: 'tab' },
    deviceNode(device),
    userNode('node', type, { wires: outs.map((id) => [id]), ...settings }),
    ...helpers(...outs),
    ...endNodes('node'),
  ];
}

/**
 * A ws-open, a ws-send and a ws-close for `msg.linkId` and a ws-status for all links, on one device. Their messages reach the helper nodes `in`, `state`, `sent`,
 * `closed` and `news`; inputs that succeed `completed`, those that fail `caught`.
 */
export function wholeFlow(settings: Readonly<Record<string, object>> = {}): object[] {
  const node = (id: string, link: string, wires: string[][]) =>
    userNode(id, `ws-${id}`, { link, wires, ...settings[id] });
  return [
    { id: 'tab', type: 'tab' },
    deviceNode(settings.device),
    node('open', 'msg', [['in'], ['state']]),
    node('send', 'msg', [['sent']]),
    node('close', 'msg', [['closed']]),
    node('status', 'all', [['news']]),
    ...endNodes('open', 'send', 'close', 'status'),
    ...helpers('in', 'state', 'sent', 'closed', 'news'),
  ];
}

/** A flow without one of its nodes. */
export const without = (flow: readonly object[], id: string) =>
  flow.filter((node) => !('id' in node && node.id === id));

/** Adds positions on the canvas: Node-RED takes nodes without one for configuration nodes. */
export function placed(flow: readonly object[]): object[] {
  return flow.map((entry) => ('wires' in entry ? { x: 100, y: 100, ...entry } : entry));
}
