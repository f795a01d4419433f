import type { Node, NodeAPI } from 'node-red';
import type { LinkId } from '../../../driver/at/types';
import { NodeError } from '../errors/node-error';
import { DeviceHost } from './device-host';
import type { InputOrder } from './input-order';
import type { DeviceCredentials } from '../settings/device-settings';
import { environment } from '../settings/settings';
import type { HeaderSetting } from '../message/headers';
import type { LinkConfig } from '../../../driver/commands/wscfg';

/** The running `esp-at-device` node, as the other nodes see it. */
export interface DeviceNode extends Node<DeviceCredentials> {
  host: DeviceHost;
  /** The settings for `AT+WSCFG`, by link. */
  linkConfigs: Readonly<Record<LinkId, LinkConfig>>;
  /** The inputs of all nodes, by link. */
  inputs: Readonly<Record<LinkId, InputOrder>>;
  /** The headers of every link. */
  headers: readonly HeaderSetting[];
}

/** The device node with an ID; undefined without an ID, or if the node is disabled or missing. */
export function findDevice(RED: NodeAPI, id: string | undefined): DeviceNode | undefined {
  if (id === undefined || id === '') return undefined;
  const node: Node | null | undefined = RED.nodes.getNode(id);
  return isDeviceNode(node) ? node : undefined;
}

/** The device nodes of this process that are not closed. Node-RED lists no node inside an instance of a subflow. */
const unclosed = new Set<DeviceNode>();

/** Makes {@link deviceNodes} return a new node until it closes. */
export function listDevice(node: DeviceNode): void {
  unclosed.add(node);
  node.on('close', () => unclosed.delete(node));
}

/** The device nodes of a Node-RED, those inside subflow instances too. */
export function deviceNodes(RED: NodeAPI): DeviceNode[] {
  return [...unclosed].filter((node) => findDevice(RED, node.id) === node);
}

/** For a node inside a subflow instance: the ID of its model, which is all that the editor knows. */
export function modelOf(node: Node): string | undefined {
  return '_alias' in node && typeof node._alias === 'string' ? node._alias : undefined;
}

/**
 * The name of a device, or else the address of its port. A device inside a subflow has the same name in every instance: the
 * name of the instance follows, or else the address. Where another device has the same label, the address follows. It is the
 * address in the settings, also after `usePort()`.
 */
export function labelOf(RED: NodeAPI, node: Node, name: string, address: string): string {
  const label =
    modelOf(node) === undefined ? name || address : instanceLabelOf(RED, node, name, address);
  const isInUse = [...unclosed].some(({ host }) => host.label === label);
  const hasAddress = label === address || label.endsWith(`(${address})`);
  return isInUse && !hasAddress ? `${label}, ${address}` : label;
}

function instanceLabelOf(RED: NodeAPI, node: Node, name: string, address: string): string {
  const instance = environment(RED, node, 'NR_SUBFLOW_NAME') || address;
  return name && name !== instance ? `${name} (${instance})` : instance;
}

/** @throws NodeError `NO_DEVICE` */
export function requireDevice(device: DeviceNode | undefined): DeviceNode {
  if (device) return device;
  throw new NodeError('NO_DEVICE');
}

function isDeviceNode(node: Node | null | undefined): node is DeviceNode {
  return (
    typeof node === 'object' && node !== null && 'host' in node && node.host instanceof DeviceHost
  );
}
