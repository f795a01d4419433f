import type { Undetectable } from '../faults/invariants/undetectable';
import type { FaultKind } from './faults';
import { unitAt, type RecordedRun, type Unit } from './recorded-run';

const LINE_END_BYTES = 2;

/**
 * The reason why no host can detect the fault: it turns bytes into others that are valid.
 * @param behind the output of the device behind the write in which the fault applied
 */
export function undetectableReason(
  kind: FaultKind,
  at: number,
  recording: RecordedRun,
  behind: string,
): Undetectable | undefined {
  const { change } = kind;
  if (kind.name === 'server-closes' || kind.name === 'server-resets') return 'after SEND OK';
  if (kind.name === 'urc-ready') return 'false ready';
  if (kind.name === 'restart:to-device')
    return unitAt(recording.units['to-device'], at)?.role === 'payload'
      ? 'payload as commands'
      : undefined;
  const unit = unitAt(recording.units[change?.direction ?? 'to-host'], at);
  if (kind.name === 'restart:to-host' && unit?.role === 'data')
    return behind.startsWith('\r\n', unit.end - at) ? 'compensated' : undefined;
  if (!change || !unit) return undefined;
  const index = at - unit.start;
  const byte = unit.text.charCodeAt(index);
  const received =
    unit.text.slice(0, index) +
    change.replace(byte).toString('latin1') +
    unit.text.slice(index + 1);
  if (change.direction === 'to-device') return fromHost(unit, received);
  return (
    fromDevice(unit, received) ??
    (fitsOtherwise(unit, received, recording) ? 'data length' : undefined)
  );
}

function fromHost({ role, text }: Unit, received: string): Undetectable | undefined {
  if (role === 'payload') return received.length === text.length ? 'payload byte' : undefined;
  if (role !== 'line') return undefined;
  const command = /^(AT\+\w+=)/.exec(text)?.[1];
  if (command === undefined || !received.startsWith(command) || !received.endsWith('\r\n'))
    return undefined;
  // A host detects a wrong length: the device takes too many bytes, or answers busy to the surplus.
  return lengthIn(received) === lengthIn(text) ? 'parameter' : undefined;
}

function lengthIn(line: string): string | undefined {
  return /^AT\+(?:WSSEND=[^,]*,|WSHEAD=)(\d+)/.exec(line)?.[1];
}

function fromDevice({ role, text }: Unit, received: string): Undetectable | undefined {
  switch (role) {
    case 'data':
      return received.length === text.length ? 'payload byte' : undefined;
    case 'header':
      return isOtherHeader(text, received) ? 'data digit' : undefined;
    case 'line':
      return isOtherUrc(text, received) ? 'URC digit' : undefined;
    default:
      return undefined;
  }
}

function isOtherHeader(text: string, received: string): boolean {
  const read = /^\+WS_DATA:([0-2])(?:,(\d+),([01]),(\d+))?,(\d+),$/;
  const meant = read.exec(text)?.slice(1);
  const fields = read.exec(received)?.slice(1);
  // Both lengths are checked: by the CR LF behind the data, and one by the other.
  return meant !== undefined && fields?.[3] === meant[3] && fields?.[4] === meant[4];
}

function isOtherUrc(text: string, received: string): boolean {
  const urc = /^\+WS_(?:CONNECTED|DISCONNECTED|CLOSED):[0-2]\r\n$/;
  const state = /^\+WSOPEN:[0-2],[0-4],".+"\r\n$/;
  return [urc, state].some((form) => form.test(text) && form.test(received));
}

/** Whether a CR LF follows data of the received length. */
function fitsOtherwise({ role, end }: Unit, received: string, { units }: RecordedRun): boolean {
  const length = /^\+WS_DATA:[0-2],(\d+),$/.exec(received)?.[1];
  if (role !== 'header' || length === undefined) return false;
  const behind = units['to-host'].filter(({ start }) => start >= end).map(({ text }) => text);
  return behind.join('').startsWith('\r\n', Number(length));
}

/**
 * Whether data with extra or missing bytes seems to end with its line end: where two bytes are missing, the next line end
 * takes the place of its own; where bytes are extra, a line end in the data does.
 */
export function seemsComplete(data: Buffer, drift: number): boolean {
  if (drift === -LINE_END_BYTES) return true;
  return drift > 0 && data.toString('latin1', Math.max(0, data.length - drift)).startsWith('\r\n');
}
