import type { Direction, Piece } from './port-monitor';

/** What a byte is part of, as its writer meant it. */
export type Role = 'line' | 'payload' | 'filler' | 'header' | 'data' | 'tail' | 'prompt';

/** A line, a payload, a header … with its place in the stream of its direction. */
export interface Unit {
  readonly role: Role;
  readonly start: number;
  readonly end: number;
  /** One character a byte. */
  readonly text: string;
}

/** From the first byte of an `AT+WSSEND` to the last of its result: offsets by direction. */
export interface Window {
  readonly from: Readonly<Record<Direction, number>>;
  readonly to: Readonly<Record<Direction, number>>;
  /** Number of its command line among all. */
  readonly command: number;
}

/** A run without a fault, taken apart: up to its fault every other run is the same. */
export interface Recording {
  readonly units: Readonly<Record<Direction, readonly Unit[]>>;
  /** Starts of what the device said at once. */
  readonly pieces: readonly number[];
  readonly sends: readonly Window[];
  /** What belongs to the script proper, by direction, and its command lines. */
  readonly from: Readonly<Record<Direction | 'commands', number>>;
  readonly to: Readonly<Record<Direction | 'commands', number>>;
}

const dataHeader = {
  short: /^\+WS_DATA:[0-2],(\d+),/,
  long: /^\+WS_DATA:[0-2],\d+,[01],\d+,(\d+),/,
} as const;

/** Takes apart what the device said. @param long whether its data comes in the long format */
export function unitsSaid(pieces: readonly Piece[], long: boolean): Unit[] {
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

/** Takes apart what the host wrote: every write is one thing. */
export function unitsWritten(pieces: readonly Piece[]): Unit[] {
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

/** Where each `AT+WSSEND` was at work. */
export function sendWindows(
  pieces: readonly Piece[],
  said: readonly Unit[],
  end: Readonly<Record<Direction, number>>,
): Window[] {
  const windows: Window[] = [];
  const written = unitsWritten(pieces);
  let command = -1;
  for (const [index, { role, start, text }] of written.entries()) {
    // Line ends alone are a command line as well, and an empty one.
    if (role !== 'payload') command++;
    if (role !== 'line' || !text.startsWith('AT+WSSEND=')) continue;
    const other = pieces[index]?.other ?? 0;
    const result = said.find((unit) => unit.start >= other && unit.text === 'SEND OK\r\n');
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
