/** A ws-open node as the search deploys it. */
export interface OpenNode {
  readonly id: string;
  readonly link: '0' | '1';
  /** The path on the server. */
  readonly path: string;
  readonly keepOpen: boolean;
  readonly disabled?: boolean;
  readonly name?: string;
}

/** The part of a flow that the search changes. */
export interface FlowModel {
  readonly device: Readonly<Record<string, unknown>>;
  /** Absent: the flow has the configuration node. `replaced`: it has another one with the same settings. */
  readonly board?: 'disabled' | 'deleted' | 'replaced';
  readonly opens: readonly OpenNode[];
  /** The name of the nodes that use links but open none. */
  readonly usersName?: string;
}

export const hasBoard = ({ board }: FlowModel): boolean =>
  board === undefined || board === 'replaced';

export const uriOf = (path: string): string => `ws://server${path}`;

/** The nodes beside the ws-open nodes, each for all links. */
export const users = ['send', 'close', 'status'] as const;
const boxes = ['in', 'state', 'sent', 'closed', 'news', 'caught', 'completed'] as const;

/** A flow as Node-RED deploys it. */
export function nodesOf({ device, board, opens, usersName }: FlowModel): object[] {
  const boardId = board === 'replaced' ? 'other' : 'device';
  const user = (type: (typeof users)[number], link: string, output: string) => ({
    id: type,
    type: `ws-${type}`,
    z: 'tab',
    device: boardId,
    link,
    wires: [[output]],
    ...(usersName !== undefined && { name: usersName }),
  });
  const boardNode = {
    id: boardId,
    type: 'esp-at-device',
    name: 'board',
    port: '/dev/memory',
    ...device,
    ...(board === 'disabled' && { d: true }),
  };
  return [
    { id: 'tab', type: 'tab' },
    ...(board === 'deleted' ? [] : [boardNode]),
    ...opens.map(({ id, link, path, keepOpen, disabled, name }) => ({
      id,
      type: 'ws-open',
      z: 'tab',
      device: boardId,
      link,
      uri: uriOf(path),
      keepOpen,
      output: 'string',
      wires: [['in'], ['state']],
      ...(name !== undefined && { name }),
      ...(disabled && { d: true }),
    })),
    user('send', 'msg', 'sent'),
    user('close', 'msg', 'closed'),
    user('status', 'all', 'news'),
    { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['caught']] },
    {
      id: 'complete',
      type: 'complete',
      z: 'tab',
      wires: [['completed']],
      scope: [...users, 'open', 'added', 'rival'],
    },
    ...boxes.map((id) => ({ id, type: 'helper', z: 'tab', wires: [] })),
  ];
}
