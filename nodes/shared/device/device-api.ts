import type { EventEmitter } from 'node:events';
import type { LinkId } from '../../../driver/at/types';
import type { WifiNetwork } from '../../../driver/commands/wifi';
import type { DeviceEvents } from '../../../driver/device/events';
import type {
  DeviceState,
  LinkStatus,
  PortMemory,
  SendQueueLevel,
} from '../../../driver/device/options';
import type { LinkEvents, LinkStateName } from '../../../driver/link/events';
import type { CloseOptions, OpenOptions, SendOptions } from '../../../driver/link/options';
import type { Framing } from '../../../driver/link/receive/options';
import type { Reply, RequestOptions, RequestPayload } from '../../../driver/link/request/options';
import type { PlacedLine } from '../../../driver/recorder/record-list';
import type { PortOpener } from '../../../driver/port/port';
import type { DeviceStatistics } from '../../../driver/statistics/statistics';
import type { WaitOptions } from '../../../driver/wait';
import type { LinkStateNumber } from '../../../driver/commands/wsopen';
import type { Capabilities } from '../../../driver/commands/capabilities';

/** The part of the driver's link that the nodes use. */
export interface LinkApi extends Pick<EventEmitter<LinkEvents>, 'on' | 'off'> {
  readonly id: LinkId;
  readonly state: LinkStateName;
  readonly stateNumber: LinkStateNumber;
  readonly uri: string;
  readonly owner: string | undefined;
  /** Whether the driver keeps it open, opens it, or opens it again later. */
  readonly shouldBeOpen: boolean;
  /** How the driver joins pieces on the connection. An `open()` that takes the connection over does not change it. */
  readonly framing: Framing | undefined;
  open(options: OpenOptions, wait?: WaitOptions): Promise<void>;
  send(payload: Uint8Array | string, options?: SendOptions): Promise<void>;
  request(payload: RequestPayload, options: RequestOptions): Promise<Reply>;
  close(options?: CloseOptions): Promise<void>;
}

/** The part of the driver's recorder that the live view reads. */
export interface TrafficSource {
  /** Position behind the newest record. */
  readonly end: number;
  /** Position of the oldest record; 0 while all are there. */
  readonly start: number;
  /** Position from which on at most so many bytes were recorded. */
  tail(bytes: number): number;
  /** All records. */
  lines(): readonly PlacedLine[];
}

/** The part of the driver's device that the nodes use. Tests put a fake device in its place. */
export interface DeviceApi extends Pick<EventEmitter<DeviceEvents>, 'on' | 'off'> {
  readonly state: DeviceState;
  readonly capabilities: Capabilities | undefined;
  readonly links: readonly LinkApi[];
  readonly sendQueue: SendQueueLevel;
  /** Undefined where the settings want none. */
  readonly recorder: TrafficSource | undefined;
  start(): void;
  stop(): Promise<void>;
  disconnect(): Promise<void>;
  restart(): Promise<void>;
  usePort(port: PortOpener, memory: PortMemory): void;
  statistics(): DeviceStatistics;
  link(id: unknown): LinkApi;
  checkLinks(): Promise<LinkStatus[]>;
  scanNetworks(): Promise<WifiNetwork[]>;
  command(text: string): Promise<string[]>;
  recording(title?: string): string;
}
