import type { Node, NodeAPI } from 'node-red';
import type { LinkId } from '../../../driver/at/types';
import { NodeError } from '../errors/node-error';
import { DeviceHost } from './device-host';
import type { InputOrder } from './input-order';
import type { DeviceCredentials } from '../settings/device-settings';
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
