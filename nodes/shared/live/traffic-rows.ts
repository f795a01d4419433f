import type { RecordingLine } from '../../../driver/recorder/lines';
import { DeviceReader, type DeviceUnit } from './device-reader';

/** One row of the list of AT traffic. */
export interface TrafficRow {
  /** Milliseconds of the device's clock. */
  readonly at: number;
  readonly from: 'host' | 'device' | 'driver';
  /** `skipped`: bytes that the view or the recorder did not get · `state`, `link`, `event`, `call`, `port`: of the driver. */
  readonly kind:
    | DeviceUnit['kind']
    | ('command' | 'payload' | 'probe')
    | ('state' | 'link' | 'event' | 'call' | 'failure' | 'port' | 'skipped');
  readonly text: string;
  /** Bytes, one character each. */
  readonly payload?: string;
}

/** Converts the lines of a recording to rows of traffic; leaves out those that a view does not show. */
export class TrafficRows {
  readonly #device = new DeviceReader();

  read(lines: readonly RecordingLine[], isClassD: boolean): TrafficRow[] {
    return lines.flatMap((line) => this.#rows(line, isClassD));
  }

  /** Returns rows that say how many bytes are missing before the next lines. */
  skipped(at: number, bytes: number): TrafficRow[] {
    return [...this.#unfinished(), { at, from: 'driver', kind: 'skipped', text: String(bytes) }];
  }

  #rows(line: RecordingLine, isClassD: boolean): TrafficRow[] {
    const { at } = line;
    if ('device' in line)
      return this.#device
        .push(line.device, at, isClassD)
        .map((unit) => ({ from: 'device', ...unit }));
    if ('host' in line) return [hostRow(at, line.host)];
    const row = driverRow(line);
    return row ? [{ at, from: 'driver', ...row }] : [];
  }

  #unfinished(): TrafficRow[] {
    return this.#device.flush().map((unit) => ({ from: 'device', ...unit }));
  }
}

/** A payload that looks like a command line shows as a command: what came before it is not known here. */
function hostRow(at: number, host: string): TrafficRow {
  const text = host.trim();
  if (/^(?:[\r\n]+|AT\r\n)$/.test(host)) return { at, from: 'host', kind: 'probe', text };
  if (/^AT[+A-Z]/.test(host) && host.endsWith('\r\n'))
    return { at, from: 'host', kind: 'command', text };
  return { at, from: 'host', kind: 'payload', text: '', payload: host };
}

function driverRow(line: RecordingLine): Pick<TrafficRow, 'kind' | 'text'> | undefined {
  const joined = (...parts: readonly (string | number | undefined)[]) =>
    parts.filter((part) => part !== undefined).join(' ');
  if ('linkEvent' in line) {
    const { linkEvent, link, detail, error } = line;
    const isChange = linkEvent === 'statechange';
    return { kind: 'link', text: joined(link, isChange ? undefined : linkEvent, detail, error) };
  }
  if ('event' in line) return { kind: 'event', text: joined(line.event, line.detail, line.error) };
  if ('state' in line) return { kind: 'state', text: joined(line.state, line.error) };
  if ('settled' in line)
    return line.error && { kind: 'failure', text: joined(line.error, line.outcome) };
  if ('call' in line) {
    if (line.to === 'send') return undefined;
    if (line.to === 'usePort') return { kind: 'call', text: joined(line.to, line.rates.rate) };
    return { kind: 'call', text: joined(line.to, 'link' in line ? line.link : line.text) };
  }
  if ('omitted' in line) return { kind: 'skipped', text: String(line.omitted) };
  if ('port' in line && line.port !== 'pending')
    return { kind: 'port', text: joined(line.port, 'error' in line ? line.error : undefined) };
  return undefined;
}
