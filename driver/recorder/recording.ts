import { createRequire } from 'node:module';
import type { DeviceOptions, PortMemory } from '../device/options';
import type { PortRates, RecordingLine } from './lines';
import { maskedDevice } from './secrets';
import type { FirmwareClass } from '../commands/capabilities';

/** Options of a device in a recording. */
export type RecordedDevice = Partial<ReturnType<typeof recordedDevice>>;

/** The driver's part of a recording's first line. */
export interface RecordedDriver {
  /** Version of this package, and of Node.js. */
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  /** AT version (`AT+GMR`); absent until the device is identified. */
  readonly firmware?: string;
  /** Of the port at the start of the recording. */
  readonly port: PortRates;
  readonly options: RecordedDevice;
  /**
   * Start of the recording. `fresh`: the device was new · `snapshot`: a snapshot · `middle`: the driver's state is
   * unknown, because there was no room for what came before.
   */
  readonly from: 'fresh' | 'snapshot' | 'middle';
}

/**
 * The first line of a recording of the driver. Its keys, except `driver`, are those of `RawHeading` in
 * simulator/replay/recording.ts.
 */
export interface RecordingHeading {
  readonly recording: 1;
  readonly class: FirmwareClass;
  readonly section: 'driver';
  readonly title: string;
  readonly joined: boolean;
  readonly rate: number;
  readonly port: number;
  readonly tls: null;
  readonly driver: RecordedDriver;
}

/** Returns the recording's text: JSON Lines in ASCII. Times count from the first line behind the heading. */
export function recordingText(heading: RecordingHeading, lines: Iterable<RecordingLine>): string {
  const texts = [asciiJson(heading)];
  let start: number | undefined;
  let latest = 0;
  for (const { at, ...line } of lines) {
    start ??= at;
    latest = Math.max(latest, Math.floor(at - start));
    texts.push(asciiJson({ at: latest, ...line }));
  }
  return `${texts.join('\n')}\n`;
}

/** Copies the known options of a device for its recording, without secrets. The driver changes `memory` later. */
export function recordedDevice(options: DeviceOptions) {
  const { sntp, negotiatedRate, memory, flowControl, store, rtsReset, sendLimit } = options;
  const given = { negotiatedRate, flowControl, store, rtsReset };
  return {
    ...given,
    sntp: sntp && { timezone: sntp.timezone, servers: [...sntp.servers] },
    sendLimit: sendLimit && { messages: sendLimit.messages, bytes: sendLimit.bytes },
    memory: memory && recordedMemory(memory),
    ...maskedDevice(options),
  };
}

/** Copies the known properties. */
export function recordedMemory({ baudRate, pendingPrompt }: PortMemory): PortMemory {
  return { baudRate, pendingPrompt };
}

export function packageVersion(): string {
  const found: unknown = createRequire(__filename)('@esp-at-websocket/node-red/package.json');
  return typeof found === 'object' && found && 'version' in found ? String(found.version) : '';
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
