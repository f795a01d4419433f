import type { LinkId } from '../../../driver/at/types';
import type { WifiNetwork } from '../../../driver/commands/wifi';
import type { Capabilities, DeviceEvent, DeviceState } from '../../../driver/device/options';
import type {
  CloseOptions,
  LinkEvent,
  LinkState,
  Message,
  OpenOptions,
  SendOptions,
  Wait,
} from '../../../driver/link/options';

/** The part of the driver's link that the nodes use. */
export interface LinkApi {
  readonly id: LinkId;
  readonly state: LinkState;
  readonly uri: string;
  readonly owner: string | undefined;
  open(options: OpenOptions, wait?: Wait): Promise<void>;
  send(payload: Uint8Array | string, options?: SendOptions): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
}

/** The part of the driver's device that the nodes use. Tests put a fake device in its place. */
export interface DeviceApi {
  readonly status: DeviceState;
  readonly capabilities: Capabilities | undefined;
  start(): void;
  stop(): Promise<void>;
  link(id: unknown): LinkApi;
  checkLinks(): Promise<LinkEvent[]>;
  scanNetworks(): Promise<WifiNetwork[]>;
  on(event: 'status', listener: (status: DeviceState) => void): unknown;
  on(event: 'event', listener: (event: DeviceEvent) => void): unknown;
  on(event: 'link', listener: (event: LinkEvent) => void): unknown;
  on(event: 'message', listener: (message: Message) => void): unknown;
  on(event: 'queue', listener: (level: number) => void): unknown;
  off(event: 'status', listener: (status: DeviceState) => void): unknown;
  off(event: 'event', listener: (event: DeviceEvent) => void): unknown;
  off(event: 'link', listener: (event: LinkEvent) => void): unknown;
  off(event: 'message', listener: (message: Message) => void): unknown;
  off(event: 'queue', listener: (level: number) => void): unknown;
}

/** A node's listeners, by event of the device. */
export interface DeviceListeners {
  readonly status?: (status: DeviceState) => void;
  readonly event?: (event: DeviceEvent) => void;
  readonly link?: (event: LinkEvent) => void;
  readonly message?: (message: Message) => void;
  /** How full the send queue is, 0 to 1. */
  readonly queue?: (level: number) => void;
}

/** Adds listeners to a device; the function it returns removes them. */
export function listen(device: DeviceApi, listeners: DeviceListeners): () => void {
  const { status, event, link, message, queue } = listeners;
  if (status) device.on('status', status);
  if (event) device.on('event', event);
  if (link) device.on('link', link);
  if (message) device.on('message', message);
  if (queue) device.on('queue', queue);
  return () => {
    if (status) device.off('status', status);
    if (event) device.off('event', event);
    if (link) device.off('link', link);
    if (message) device.off('message', message);
    if (queue) device.off('queue', queue);
  };
}
