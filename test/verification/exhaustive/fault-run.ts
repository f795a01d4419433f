import { digestOf, futureOf, type RunDigest } from './digest';
import type { Violation } from './audit';
import type { FaultKind } from './faults';
import { sendWindows, unitAt, unitsSaid, unitsWritten, type Recording } from './recording';
import type { Script } from './scripts';
import { ExhaustiveHarness } from './exhaustive-harness';
import { undetectableReason, type Undetectable } from './undetectable';

/** The longest time from a fault until messages pass both ways again. */
const RECOVERY_LIMIT_MS = 15_000;
/** The same after a hang: the driver waits as long as a command may take. */
const HANG_RECOVERY_LIMIT_MS = 90_000;

/** The result of one script with one fault. */
export interface Outcome {
  /** Whether the fault struck. */
  readonly struck: boolean;
  readonly violations: readonly string[];
  /** Why no host could detect the violations; undefined: there are none, or a host could. */
  readonly undetectable: Undetectable | undefined;
  /** Sends whose outcome was unknown. */
  readonly unknown: number;
  /** Milliseconds from the fault until messages passed both ways again. */
  readonly recovery: number;
  /** Every write and every event in the order of time. */
  readonly trace: readonly string[];
  readonly digest: RunDigest;
  /** The run taken apart, with the places behind its last fault. */
  readonly recording: () => Recording;
  /** A hash of all that both ends did after the last fault. */
  readonly future: () => string;
}

/** One fault of a run, with the place where it applies. */
export interface ArmedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** The run in which the place was found: without this fault, and with those before it. */
  readonly recording: Recording;
}

/** Runs a script without a fault. @throws Error when that violates an invariant */
export async function record(script: Script): Promise<Recording> {
  const harness = new ExhaustiveHarness(script);
  await script.setUp?.(harness);
  const from = marksOf(harness);
  await script.run(harness);
  const to = marksOf(harness);
  await harness.recover(0);
  const recording = recordingOf(harness, from, to);
  const violations = await harness.end();
  if (violations.length > 0)
    throw new Error(`${script.name}: ${violations.map(({ text }) => text).join('; ')}`);
  return recording;
}

type Marks = Recording['from'];

function marksOf({ port, commands }: ExhaustiveHarness): Marks {
  return {
    'to-device': port.offset('to-device'),
    'to-host': port.offset('to-host'),
    commands,
  };
}

/** Takes a run apart. @param from where faults may apply; @param to where they may no longer */
function recordingOf({ port, firmware }: ExhaustiveHarness, from: Marks, to: Marks): Recording {
  const written = port.pieces('to-device');
  const said = unitsSaid(port.pieces('to-host'), firmware === 'D');
  return {
    units: { 'to-device': unitsWritten(written), 'to-host': said },
    pieces: port.pieces('to-host').map(({ start }) => start),
    sends: sendWindows(written, said, to),
    from,
    to,
  };
}

/** Runs a script with faults, in the order in which they apply, and checks every invariant. */
export async function attempt(script: Script, ...faults: readonly ArmedFault[]): Promise<Outcome> {
  const harness = new ExhaustiveHarness(script);
  await script.setUp?.(harness);
  for (const { kind, at } of faults) kind.arm(harness, at);
  await script.run(harness);
  const end = await harness.recover(0);
  const { strikes, triggeredAt } = harness.port;
  const marks = marksOf(harness);
  const findings = await harness.end();
  const blocksMs = sum(faults.map(({ kind }) => kind.blocksMs ?? 0));
  const recovery = triggeredAt === undefined ? 0 : Math.max(0, end - triggeredAt - blocksMs);
  if (blocksMs > 0) findings.push(...tracesOf(harness));
  if (recovery > sum(faults.map(({ kind }) => recoveryLimit(kind)))) {
    findings.push({ about: 'device', text: `messages passed again only after ${recovery} ms` });
  }
  const unknown = harness.log.out.filter(({ outcome }) => outcome === 'unknown').length;
  if (unknown > 0 && !faults.some(mayBeUnknown)) {
    findings.push({ about: 'device', text: 'an outcome is unknown though no send was at work' });
  }
  const reason = reasonOf(harness, faults);
  const excused = reason !== undefined && findings.some(({ about }) => about === 'message');
  return {
    struck: strikes.length >= faults.length,
    violations: (excused ? findings.filter(isInexcusable) : findings).map(({ text }) => text),
    undetectable: excused ? reason : undefined,
    unknown,
    recovery,
    trace: traceOf(harness),
    digest: digestOf(harness),
    recording: () => {
      const { offsets = marks, commands = marks.commands } = strikes.at(-1) ?? {};
      return recordingOf(harness, { ...offsets, commands }, marks);
    },
    future: () => futureOf(harness),
  };
}

function reasonOf(
  { port }: ExhaustiveHarness,
  faults: readonly ArmedFault[],
): Undetectable | undefined {
  const pieces = port.pieces('to-host');
  const reasons = faults.map(({ kind, at, recording }) => {
    const behind = pieces.filter(({ start }) => start > at);
    const text = behind.map(({ bytes }) => bytes.toString('latin1')).join('');
    return undetectableReason(kind, at, recording, text);
  });
  return (
    reasons.find((reason) => reason !== undefined) ?? (makeUp(faults) ? 'payload byte' : undefined)
  );
}

/** Whether all faults changed bytes of one payload, or of one message's data, and its length is as it was. */
function makeUp(faults: readonly ArmedFault[]): boolean {
  const [first] = faults;
  const direction = first?.kind.change?.direction;
  if (!first || !direction) return false;
  const unit = unitAt(first.recording.units[direction], first.at);
  if (unit?.role !== 'payload' && unit?.role !== 'data') return false;
  const drifts = faults.map(({ kind: { change }, at }) => {
    const isIn = change?.direction === direction && at >= unit.start && at < unit.end;
    return isIn ? change.instead(0).length - 1 : NaN;
  });
  return sum(drifts) === 0;
}

function recoveryLimit({ name }: FaultKind): number {
  return name === 'outcome-hang' ? HANG_RECOVERY_LIMIT_MS : RECOVERY_LIMIT_MS;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A host that stood still has lost nothing, and neither has its device. */
function tracesOf({ events, log }: ExhaustiveHarness): Violation[] {
  const about = 'device' as const;
  const outOfSync = events.filter(({ event }) => event.event === 'outofsync');
  // A link that the server closed may be away when the host goes on.
  const failed = log.out.filter(
    ({ outcome, code }) => outcome !== 'sent' && code !== 'LINK_NOT_OPEN',
  );
  return [
    ...outOfSync.map(({ event }) => ({ about, text: `a host stall: ${event.detail ?? ''}` })),
    ...failed.map(({ name, code }) => ({ about, text: `a host stall: ${name} failed, ${code}` })),
  ];
}

const isInexcusable = ({ about }: Violation): boolean => about !== 'message';

/** Whether the fault strikes between the first byte of a send and its result. */
function mayBeUnknown({ kind, at, recording: { sends } }: ArmedFault): boolean {
  // What a server does arrives later, through the network.
  if (kind.name.startsWith('server-')) return sends.some(({ to }) => at < to['to-host']);
  if (kind.name.startsWith('outcome-')) return sends.some(({ command }) => command === at);
  const direction = kind.name.endsWith(':to-device') ? 'to-device' : 'to-host';
  return sends.some(({ from, to }) => at >= from[direction] && at < to[direction]);
}

function traceOf({ port, linkEvents, events }: ExhaustiveHarness): string[] {
  const spoken = (['to-device', 'to-host'] as const).flatMap((direction) =>
    port.pieces(direction).map(({ at, start, bytes }) => {
      const text = JSON.stringify(bytes.toString('latin1'));
      return { at, text: `${direction === 'to-device' ? 'H' : 'D'}@${start} ${text}` };
    }),
  );
  const eventLines = [
    ...linkEvents.map(({ at, event: { link, event, state, error } }) => ({
      at,
      text: `  link ${link}: ${event}, ${state} ${error?.code ?? ''}`,
    })),
    ...events.map(({ at, event: { event, detail, error } }) => ({
      at,
      text: `  device: ${event} ${detail ?? ''} ${error?.code ?? ''}`,
    })),
    ...port.strikes.map(({ at }) => ({ at, text: '*** here ***' })),
  ];
  return [...spoken, ...eventLines]
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `${(at / 1000).toFixed(4).padStart(10)} ${text}`);
}
