import { deviceNode, endNodes, helpers, userNode } from '../../harness/nodes/flows';

/** A ws-open node as a case deploys it. */
export interface OpenNode {
  readonly id: string;
  readonly link: '0' | '1';
  /** The path on the server. */
  readonly path: string;
  readonly keepOpen: boolean;
  readonly disabled?: boolean;
  readonly name?: string;
}

/** The part of a flow that a case changes. */
export interface FlowModel {
  readonly device: Readonly<Record<string, unknown>>;
  /** The configuration node. `replaced`: by another one with the same settings. */
  readonly configNode: 'present' | 'disabled' | 'deleted' | 'replaced';
  readonly opens: readonly OpenNode[];
  /** The name of the nodes that use links but open none. */
  readonly usersName?: string;
}

export const hasConfigNode = ({ configNode }: FlowModel): boolean =>
  configNode === 'present' || configNode === 'replaced';

export const uriOf = (path: string): string => `ws://server${path}`;

/** The nodes beside the ws-open nodes: ws-send and ws-close for the link of a message, ws-status for all. */
export const users = ['send', 'close', 'status'] as const;

/** A flow as Node-RED deploys it. */
export function nodesOf({ device, configNode, opens, usersName }: FlowModel): object[] {
  const deviceId = configNode === 'replaced' ? 'other' : 'device';
  const user = (type: (typeof users)[number], link: string, output: string) =>
    userNode(type, `ws-${type}`, { device: deviceId, link, name: usersName, wires: [[output]] });
  const configuration = deviceNode({
    id: deviceId,
    port: '/dev/memory',
    ...device,
    ...(configNode === 'disabled' && { d: true }),
  });
  return [
    { id: 'tab', type: 'tab' },
    ...(configNode === 'deleted' ? [] : [configuration]),
    ...opens.map(({ id, link, path, keepOpen, disabled, name }) =>
      userNode(id, 'ws-open', {
        device: deviceId,
        link,
        uri: uriOf(path),
        keepOpen,
        name,
        output: 'string',
        wires: [['in'], ['state']],
        ...(disabled && { d: true }),
      }),
    ),
    user('send', 'msg', 'sent'),
    user('close', 'msg', 'closed'),
    user('status', 'all', 'news'),
    userNode('board', 'ws-status', { device: deviceId, link: 'device', wires: [['told']] }),
    ...endNodes(...users, 'board', 'open', 'added', 'rival'),
    ...helpers('in', 'state', 'sent', 'closed', 'news', 'told'),
  ];
}
