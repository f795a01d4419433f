import type { NodeStatus } from 'node-red';
import type { LinkId } from '../../../driver/at/types';
import type { DeploymentHarness } from './deployment-harness';
import { hasConfigNode, uriOf, users, type FlowModel, type OpenNode } from './flow';

const links = [0, 1, 2] as const;

/** The state of each link by the deployed flow. */
export interface Expectation {
  readonly flow: FlowModel;
  /** The path of each open link. Links without one are closed, or their server never accepts. */
  readonly open: ReadonlyMap<LinkId, string>;
  /** Whether the device may keep connections that the driver does not know. */
  readonly mayLeaveOpen?: boolean;
}

/** Whether the server never accepts this path. */
export const neverAccepts = (path: string): boolean => path === '/silent' || path === '/401';

/** @param opensLink whether a node opens its link, by its settings or because it got a message */
export function expectationOf(
  flow: FlowModel,
  opensLink: (node: OpenNode) => boolean,
): Expectation {
  const open = new Map<LinkId, string>();
  for (const node of flow.opens) {
    if (!hasConfigNode(flow) || node.disabled || !opensLink(node) || neverAccepts(node.path))
      continue;
    open.set(node.link === '0' ? 0 : 1, node.path);
  }
  return { flow, open };
}

/** The differences of driver and server from the flow. */
export function disagreements(
  harness: DeploymentHarness,
  { flow, open, mayLeaveOpen = false }: Expectation,
): string[] {
  const { device, connections } = harness;
  const found: string[] = [];
  const { name, error } = device.state;
  if (name !== (hasConfigNode(flow) ? 'ready' : 'stopped'))
    found.push(`the device is ${name} ${error?.code ?? ''}`);
  for (const id of links) {
    const path = open.get(id);
    const link = device.links[id];
    if (path === undefined) {
      if (link.stateNumber === 2)
        found.push(`link ${id} is open to ${link.uri}, the flow has it closed`);
      continue;
    }
    if (link.stateNumber !== 2 || link.uri !== uriOf(path))
      found.push(`link ${id} is in state ${link.stateNumber} to ${link.uri}, the flow has ${path}`);
    const own = connections.filter(({ request }) => request.target === path);
    if (own.length !== 1) found.push(`the server has ${own.length} connections to ${path}`);
  }
  const paths = [...open.values()];
  for (const { request } of connections)
    if (!mayLeaveOpen && !paths.includes(request.target))
      found.push(`the server has one to ${request.target}`);
  return found;
}

/** The statuses of nodes that contradict the links of the flow. */
export function statusProblems(
  statusOf: (id: string) => NodeStatus | undefined,
  { flow, open }: Expectation,
): string[] {
  const problems: string[] = [];
  const isGreen = (status: NodeStatus | undefined) => status?.fill === 'green';
  for (const { id, link, path, disabled } of flow.opens) {
    if (disabled) continue;
    const isOpen = open.get(link === '0' ? 0 : 1) === path;
    const status = statusOf(id);
    if (isGreen(status) !== isOpen) problems.push(`${id} shows ${JSON.stringify(status)}`);
  }
  for (const id of users) {
    const status = statusOf(id);
    const shown = /^(\d): server$/.exec(status?.text ?? '')?.[1];
    const isTrue = shown !== undefined && [...open.keys()].some((link) => String(link) === shown);
    if (isGreen(status) && !isTrue) problems.push(`${id} shows ${JSON.stringify(status)}`);
  }
  return problems;
}
