/** A configuration node as the dialog stores it, with what a test sets differently. */
export const deviceNode = (settings: object = {}) => ({
  id: 'device',
  type: 'esp-at-device',
  name: 'board',
  port: 'sim:',
  ...settings,
});

/** One node with a helper node on each output, and a Catch node: `out0`, `out1`, `caught`. */
export function flowOf(type: string, outputs: number, settings: object = {}): object[] {
  const outs = Array.from({ length: outputs }, (_, index) => `out${index}`);
  return [
    { id: 'tab', type: 'tab' },
    deviceNode(),
    {
      id: 'node',
      type,
      z: 'tab',
      device: 'device',
      link: '0',
      wires: outs.map((id) => [id]),
      ...settings,
    },
    ...outs.map((id) => ({ id, type: 'helper', z: 'tab', wires: [] })),
    { id: 'catch', type: 'catch', z: 'tab', wires: [['caught']] },
    { id: 'caught', type: 'helper', z: 'tab', wires: [] },
    { id: 'complete', type: 'complete', z: 'tab', scope: ['node'], wires: [['completed']] },
    { id: 'completed', type: 'helper', z: 'tab', wires: [] },
  ];
}
