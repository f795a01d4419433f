import type { LinkId } from '../../../driver/at/types';
import type { WifiNetwork } from '../../../driver/commands/wifi';
import type { Capabilities, DeviceEvent, DeviceStatus } from '../../../driver/device/options';
import type {
  CloseOptions,
  LinkEvent,
  LinkState,
  Message,
  OpenOptions,
  SendOptions,
} from '../../../driver/link/options';

/** What the nodes need of a link of the driver. */
export interface LinkApi {
  readonly id: LinkId;
  readonly state: LinkState;
  readonly uri: string;
  readonly owner: string | undefined;
  open(options: OpenOptions): Promise<void>;
  send(payload: Uint8Array | string, options?: SendOptions): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
}

/** What the nodes need of the driver's device; tests put another one in its place. */
export interface DeviceApi {
  readonly status: DeviceStatus;
  readonly capabilities: Capabilities | undefined;
  readonly queue: {
    readonly messages: number;
    readonly bytes: number;
    readonly limit: { readonly messages: number; readonly bytes: number };
  };
  start(): void;
  stop(): Promise<void>;
  link(id: unknown): LinkApi;
  query(): Promise<LinkEvent[]>;
  command(text: string): Promise<string[]>;
  scan(): Promise<WifiNetwork[]>;
  on(event: 'status', listener: (status: DeviceStatus) => void): unknown;
  on(event: 'event', listener: (event: DeviceEvent) => void): unknown;
  on(event: 'link', listener: (event: LinkEvent) => void): unknown;
  on(event: 'message', listener: (message: Message) => void): unknown;
  on(event: 'queue', listener: (level: number) => void): unknown;
  off(event: 'status', listener: (status: DeviceStatus) => void): unknown;
  off(event: 'event', listener: (event: DeviceEvent) => void): unknown;
  off(event: 'link', listener: (event: LinkEvent) => void): unknown;
  off(event: 'message', listener: (message: Message) => void): unknown;
  off(event: 'queue', listener: (level: number) => void): unknown;
}
