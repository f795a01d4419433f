import type { FaultKind } from './faults';
import { unitAt, type Recording, type Unit } from './recording';

/** Changes that no host can detect, because serial data carries no checksum. */
export const undetectables = {
  'payload byte': 'a byte inside a payload became another of the same length',
  parameter: 'a parameter of a command reached the device as another that is as good',
  'data digit': '+WS_DATA reached the host with another link, opcode or fin',
  'data length':
    'in the short format, +WS_DATA reached the host with another length that fits as well',
  'after SEND OK': 'the network lost what TCP had taken; SEND OK means no more than that',
  'false ready': 'nothing tells a ready that is not true from one that is',
  'made up for': 'data that a restart cut off was made up for by as many bytes that followed',
  'payload as commands':
    'the device restarted as a payload was on its way, and read the rest of it as lines',
  'report digit': 'a report, or the state of a link, reached the host as another that is as good',
} as const;

export type Undetectable = keyof typeof undetectables;

/**
 * Whether a fault turns what was meant into something else that is valid too.
 * @param behind what came to the host behind the piece that the fault struck
 */
export function undetectableReason(
  kind: FaultKind,
  at: number,
  recording: Recording,
  behind: string,
): Undetectable | undefined {
  const { change } = kind;
  if (kind.name === 'server-closes' || kind.name === 'server-resets') return 'after SEND OK';
  if (kind.name === 'report-ready') return 'false ready';
  if (kind.name === 'restart:to-device')
    return unitAt(recording.units['to-device'], at)?.role === 'payload'
      ? 'payload as commands'
      : undefined;
  const unit = unitAt(recording.units[change?.direction ?? 'to-host'], at);
  if (kind.name === 'restart:to-host' && unit?.role === 'data')
    return behind.startsWith('\r\n', unit.end - at) ? 'made up for' : undefined;
  if (!change || !unit) return undefined;
  const index = at - unit.start;
  const byte = unit.text.charCodeAt(index);
  const came =
    unit.text.slice(0, index) +
    change.instead(byte).toString('latin1') +
    unit.text.slice(index + 1);
  if (change.direction === 'to-device') return written(unit, came);
  return said(unit, came) ?? (fitsOtherwise(unit, came, recording) ? 'data length' : undefined);
}

function written({ role, text }: Unit, came: string): Undetectable | undefined {
  if (role === 'payload') return came.length === text.length ? 'payload byte' : undefined;
  if (role !== 'line') return undefined;
  const command = /^(AT\+\w+=)/.exec(text)?.[1];
  if (command === undefined || !came.startsWith(command) || !came.endsWith('\r\n'))
    return undefined;
  // A wrong length shows: the device takes too many bytes, or says busy to those that are too much.
  return lengthIn(came) === lengthIn(text) ? 'parameter' : undefined;
}

function lengthIn(line: string): string | undefined {
  return /^AT\+(?:WSSEND=[^,]*,|WSHEAD=)(\d+)/.exec(line)?.[1];
}

function said({ role, text }: Unit, came: string): Undetectable | undefined {
  switch (role) {
    case 'data':
      return came.length === text.length ? 'payload byte' : undefined;
    case 'header':
      return isOtherHeader(text, came) ? 'data digit' : undefined;
    case 'line':
      return isOtherReport(text, came) ? 'report digit' : undefined;
    default:
      return undefined;
  }
}

function isOtherHeader(text: string, came: string): boolean {
  const read = /^\+WS_DATA:([0-2])(?:,(\d+),([01]),(\d+))?,(\d+),$/;
  const meant = read.exec(text)?.slice(1);
  const fields = read.exec(came)?.slice(1);
  // Both lengths are checked: by the CR LF behind the data, and one by the other.
  return meant !== undefined && fields?.[3] === meant[3] && fields?.[4] === meant[4];
}

function isOtherReport(text: string, came: string): boolean {
  const report = /^\+WS_(?:CONNECTED|DISCONNECTED|CLOSED):[0-2]\r\n$/;
  const state = /^\+WSOPEN:[0-2],[0-4],".+"\r\n$/;
  return [report, state].some((form) => form.test(text) && form.test(came));
}

/** Whether a CR LF stands where the data would end by the length that came. */
function fitsOtherwise({ role, end }: Unit, came: string, { units }: Recording): boolean {
  const length = /^\+WS_DATA:[0-2],(\d+),$/.exec(came)?.[1];
  if (role !== 'header' || length === undefined) return false;
  const behind = units['to-host'].filter(({ start }) => start >= end).map(({ text }) => text);
  return behind.join('').startsWith('\r\n', Number(length));
}
