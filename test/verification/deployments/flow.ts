/** A ws-open node as the search deploys it. */
export interface OpenNode {
  readonly id: string;
  readonly link: '0' | '1';
  /** The path on the server. */
  readonly path: string;
  readonly keepOpen: boolean;
  readonly disabled?: boolean;
  /** Anything else that the dialog may change. */
  readonly name?: string;
}

/** The part of a flow that the search changes. */
export interface FlowModel {
  readonly device: Readonly<Record<string, unknown>>;
  readonly opens: readonly OpenNode[];
}

export const uriOf = (path: string): string => `ws://server${path}`;

/** The nodes beside the ws-open nodes, each for all links. */
export const users = ['send', 'close', 'status'] as const;
const boxes = ['in', 'state', 'sent', 'closed', 'news', 'caught', 'completed'] as const;

/** A flow as Node-RED deploys it. */
export function nodesOf({ device, opens }: FlowModel): object[] {
  const user = (type: (typeof users)[number], link: string, output: string) => ({
    ...{ id: type, type: `ws-${type}`, z: 'tab', device: 'device', link, wires: [[output]] },
  });
  return [
    { id: 'tab', type: 'tab' },
    { id: 'device', type: 'esp-at-device', name: 'board', port: '/dev/memory', ...device },
    ...opens.map(({ id, link, path, keepOpen, disabled, name }) => ({
      ...{ id, type: 'ws-open', z: 'tab', device: 'device', link, uri: uriOf(path), keepOpen },
      ...{ output: 'string', wires: [['in'], ['state']] },
      ...(name !== undefined && { name }),
      ...(disabled && { d: true }),
    })),
    user('send', 'msg', 'sent'),
    user('close', 'msg', 'closed'),
    user('status', 'all', 'news'),
    { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['caught']] },
    {
      ...{ id: 'complete', type: 'complete', z: 'tab', wires: [['completed']] },
      scope: [...users, 'open', 'added'],
    },
    ...boxes.map((id) => ({ id, type: 'helper', z: 'tab', wires: [] })),
  ];
}
