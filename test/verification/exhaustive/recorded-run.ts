import type { Direction, Piece } from './fault-port';

/** The meaning of bytes for their writer. */
type Role = 'line' | 'payload' | 'filler' | 'header' | 'data' | 'tail' | 'prompt';

/** A line, a payload, a header … with its offsets in its direction. */
export interface Unit {
  readonly role: Role;
  readonly start: number;
  readonly end: number;
  /** Its bytes in latin1. */
  readonly text: string;
}

/** The offsets of an `AT+WSSEND`, from its first byte to the last of its final result code. */
interface SendWindow {
  readonly from: Readonly<Record<Direction, number>>;
  readonly to: Readonly<Record<Direction, number>>;
  /** Number of its command line in the run. */
  readonly command: number;
}

/** A run in units. Up to its next fault, every other run with the same faults is equal. */
export interface RecordedRun {
  readonly units: Readonly<Record<Direction, readonly Unit[]>>;
  /** Offsets of the device's writes. */
  readonly pieces: readonly number[];
  readonly sends: readonly SendWindow[];
  /** The part of the run in which faults may apply, by direction, and by number of the command line. */
  readonly from: Readonly<Record<Direction | 'commands', number>>;
  readonly to: Readonly<Record<Direction | 'commands', number>>;
}

const dataHeader = {
  short: /^\+WS_DATA:[0-2],(\d+),/,
  long: /^\+WS_DATA:[0-2],\d+,[01],\d+,(\d+),/,
} as const;

/** Splits the device's output. @param long whether the format of its data is the long one */
export function unitsFromDevice(pieces: readonly Piece[], long: boolean): Unit[] {
  const text = textOf(pieces);
  const header = dataHeader[long ? 'long' : 'short'];
  const units: Unit[] = [];
  const add = (role: Role, end: number) => {
    const start = units.at(-1)?.end ?? 0;
    units.push({ role, start, end, text: text.slice(start, end) });
    return end;
  };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at, at + 2048);
    const found = header.exec(rest);
    if (found) {
      at = add('header', at + found[0].length);
      at = add('data', at + Number(found[1]));
      at = add('tail', at + 2);
    } else if (rest.startsWith('>')) {
      at = add('prompt', at + 1);
    } else {
      const end = rest.indexOf('\r\n');
      at = add('line', end < 0 ? text.length : at + end + 2);
    }
  }
  return units;
}

/** Splits the host's output: every write is one unit. */
export function unitsFromHost(pieces: readonly Piece[]): Unit[] {
  let expected = -1;
  return pieces.map(({ start, bytes }) => {
    const text = bytes.toString('latin1');
    const unit = { start, end: start + bytes.length, text };
    if (bytes.length === expected) {
      expected = -1;
      return { ...unit, role: 'payload' };
    }
    if (/^(\r\n)+$/.test(text)) return { ...unit, role: 'filler' };
    expected = Number(/^AT\+(?:WSSEND=\d,|WSHEAD=)(\d+)/.exec(text)?.[1] ?? -1);
    return { ...unit, role: 'line' };
  });
}

/** The window of each `AT+WSSEND`. */
export function sendWindows(
  pieces: readonly Piece[],
  fromDevice: readonly Unit[],
  end: Readonly<Record<Direction, number>>,
): SendWindow[] {
  const windows: SendWindow[] = [];
  const written = unitsFromHost(pieces);
  let command = -1;
  for (const [index, { role, start, text }] of written.entries()) {
    // Line ends alone are an empty command line.
    if (role !== 'payload') command++;
    if (role !== 'line' || !text.startsWith('AT+WSSEND=')) continue;
    const other = pieces[index]?.other ?? 0;
    const result = fromDevice.find((unit) => unit.start >= other && unit.text === 'SEND OK\r\n');
    const next = written.slice(index + 1).find((unit) => unit.role === 'line');
    windows.push({
      from: { 'to-device': start, 'to-host': other },
      to: {
        'to-device': next?.start ?? end['to-device'],
        'to-host': result?.end ?? end['to-host'],
      },
      command,
    });
  }
  return windows;
}

/** The unit that an offset falls into. */
export function unitAt(units: readonly Unit[], offset: number): Unit | undefined {
  return units.find(({ start, end }) => start <= offset && offset < end);
}

function textOf(pieces: readonly Piece[]): string {
  return Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('latin1');
}
