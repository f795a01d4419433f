import type {
  CallLine,
  PortEventLine,
  PortCallLine,
  RecordingLine,
  DriverEventLine,
} from '../driver/recorder/lines';
import type { RecordingHeading } from '../driver/recorder/recording';
import { jsonLines } from '../simulator/replay/recording';

/** A recording of the driver. */
export interface DriverRecording {
  readonly heading: RecordingHeading;
  readonly lines: readonly RecordingLine[];
}

/** A decision of the driver: a write, a request to the port, or an event for its user. */
export type Decision = { readonly host: string } | PortCallLine | DriverEventLine;

/** An act of the device, the port or the user. */
export type DriverAct =
  { readonly device: string } | PortEventLine | CallLine | { readonly abort: number };

/** Whether a text is a recording of the driver, rather than of a device with its server. */
export function isDriverRecording(text: string): boolean {
  const heading = jsonLines(text).next().value?.value;
  return typeof heading === 'object' && heading !== null && 'driver' in heading;
}

/**
 * Reads a recording of the driver.
 * @throws Error with the number of the invalid line
 */
export function parseDriverRecording(text: string): DriverRecording {
  const [first, ...rest] = jsonLines(text);
  const heading = (first?.value ?? {}) as Partial<RecordingHeading>;
  if (!isFormat1(heading)) throw new Error('line 1: not a recording of the driver of format 1');
  const lines = rest.map(({ number, value }) => {
    if (isLine(value)) return value;
    throw new Error(`line ${number}: not a line of a recording of the driver`);
  });
  return { heading, lines };
}

/** @throws Error for a recording that starts in the middle */
export function checkStart({ heading }: DriverRecording): void {
  if (heading.driver.from === 'middle')
    throw new Error('the recording has no snapshot to start from');
}

function isFormat1(heading: Partial<RecordingHeading>): heading is RecordingHeading {
  return heading.recording === 1 && heading.driver !== undefined;
}

const lineKeys = [
  ...['host', 'device', 'call', 'abort', 'port', 'snapshot', 'random', 'late', 'omitted'],
  ...['state', 'event', 'linkEvent', 'messages', 'settled'],
];

function isLine(raw: unknown): raw is RecordingLine {
  if (typeof raw !== 'object' || raw === null || !('at' in raw)) return false;
  return typeof raw.at === 'number' && lineKeys.some((key) => key in raw);
}

const portRequests: readonly string[] = [
  ...['opening', 'closing', 'reset', 'setRate', 'readCts', 'setFlowControl'],
];

export function isDecision(line: RecordingLine): line is RecordingLine & Decision {
  if ('port' in line) return portRequests.includes(line.port);
  return ['host', 'state', 'event', 'linkEvent', 'messages', 'settled'].some((key) => key in line);
}

export function isAct(line: RecordingLine): line is RecordingLine & DriverAct {
  if ('port' in line) return !portRequests.includes(line.port);
  return 'device' in line || 'call' in line || 'abort' in line;
}
