import { digestOf, futureOf, type RunDigest } from './digest';
import type { Violation } from '../faults/invariants/findings';
import type { FaultEpisode } from '../faults/fault-episode';
import type { FaultKind } from './faults';
import {
  sendWindows,
  unitAt,
  unitsFromDevice,
  unitsFromHost,
  type RecordedRun,
} from './recorded-run';
import type { Script } from './scripts';
import { ExhaustiveHarness } from './exhaustive-harness';
import type { Undetectable } from '../faults/invariants/undetectable';
import { seemsComplete, undetectableReason } from './undetectable';

/** The longest time from a fault until messages pass both ways again. */
const RECOVERY_LIMIT_MS = 15_000;
/** The same after a hang: the driver waits as long as a command may take. */
const HANG_RECOVERY_LIMIT_MS = 90_000;

/** The result of one script with its faults. */
export interface RunResult {
  /** Whether every fault applied. */
  readonly applied: boolean;
  readonly violations: readonly string[];
  /** The reason why no host can detect the violations; undefined: there are none, or a host can. */
  readonly undetectable: Undetectable | undefined;
  /** Count of sends whose outcome was unknown. */
  readonly unknown: number;
  /** Milliseconds from the fault until messages passed both ways again. */
  readonly recoveryMs: number;
  /** Every write and every event, in the order of time. */
  readonly trace: readonly string[];
  readonly digest: RunDigest;
  /** The run in units, with the places behind its last fault. */
  readonly recording: () => RecordedRun;
  /** See {@link futureOf}. */
  readonly future: () => string;
}

/** A fault of a run, with its place. */
export interface ArmedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** The run with the faults before this one, in which the search found the place. */
  readonly recording: RecordedRun;
}

/** Runs a script without a fault. @throws Error when that violates an invariant */
export async function record(script: Script): Promise<RecordedRun> {
  const harness = new ExhaustiveHarness(script);
  await script.setUp?.(harness);
  const from = marksOf(harness);
  await script.run(harness);
  const to = marksOf(harness);
  await harness.recover();
  const recording = recordingOf(harness, from, to);
  const violations = await harness.end();
  if (violations.length > 0)
    throw new Error(`${script.name}: ${violations.map(({ text }) => text).join('; ')}`);
  return recording;
}

type Marks = RecordedRun['from'];

function marksOf({ port, commands }: ExhaustiveHarness): Marks {
  return {
    'to-device': port.offset('to-device'),
    'to-host': port.offset('to-host'),
    commands,
  };
}

/** Splits a run into units. Faults may apply from `from` up to `to`. */
function recordingOf({ port, firmware }: ExhaustiveHarness, from: Marks, to: Marks): RecordedRun {
  const written = port.pieces('to-device');
  const fromDevice = unitsFromDevice(port.pieces('to-host'), firmware === 'D');
  return {
    units: { 'to-device': unitsFromHost(written), 'to-host': fromDevice },
    pieces: port.pieces('to-host').map(({ start }) => start),
    sends: sendWindows(written, fromDevice, to),
    from,
    to,
  };
}

/** Runs a script with faults, in the order in which they apply, and checks every invariant. */
export async function attempt(
  script: Script,
  ...faults: readonly ArmedFault[]
): Promise<RunResult> {
  const harness = new ExhaustiveHarness(script);
  await script.setUp?.(harness);
  for (const { kind, at } of faults) kind.arm(harness, at);
  await script.run(harness);
  const end = await harness.recover();
  const { hits, triggeredAt } = harness.port;
  const marks = marksOf(harness);
  const blocksMs = sum(faults.map(({ kind }) => kind.blocksMs ?? 0));
  const findings = await harness.end(episodeOf(faults, harness, end, blocksMs));
  const recoveryMs = triggeredAt === undefined ? 0 : Math.max(0, end - triggeredAt - blocksMs);
  if (blocksMs > 0) findings.push(...stallViolations(harness));
  if (recoveryMs > sum(faults.map(({ kind }) => recoveryLimit(kind)))) {
    findings.push({ about: 'device', text: `messages passed again only after ${recoveryMs} ms` });
  }
  const unknown = harness.log.out.filter(({ outcome }) => outcome === 'unknown').length;
  if (unknown > 0 && !faults.some(mayBeUnknown)) {
    findings.push({ about: 'device', text: 'an outcome is unknown though no send was under way' });
  }
  const reason = reasonOf(harness, faults);
  const excused = reason !== undefined && findings.some(({ about }) => about === 'message');
  return {
    applied: hits.length >= faults.length,
    violations: (excused ? findings.filter(isInexcusable) : findings).map(({ text }) => text),
    undetectable: excused ? reason : undefined,
    unknown,
    recoveryMs,
    trace: traceOf(harness),
    digest: digestOf(harness),
    recording: () => {
      const { offsets = marks, commands = marks.commands } = hits.at(-1) ?? {};
      return recordingOf(harness, { ...offsets, commands }, marks);
    },
    future: () => futureOf(harness),
  };
}

function episodeOf(
  faults: readonly ArmedFault[],
  { port: { hits } }: ExhaustiveHarness,
  recovered: number,
  blocked: number,
): FaultEpisode | undefined {
  const [first] = hits;
  const last = hits.at(-1);
  return (
    first &&
    last && {
      names: faults.map(({ kind }) => kind.name),
      hits: [],
      from: first.at,
      gone: last.at,
      recovered,
      usable: recovered,
      flooded: 0,
      blocked,
      reopened: undefined,
    }
  );
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
  return reasons.find((reason) => reason !== undefined) ?? cancelOut(faults);
}

/** The reason where all faults changed bytes of one payload, or of one message's data, whose length still fits. */
function cancelOut(faults: readonly ArmedFault[]): Undetectable | undefined {
  const [first] = faults;
  const direction = first?.kind.change?.direction;
  if (!first || !direction) return undefined;
  const unit = unitAt(first.recording.units[direction], first.at);
  if (unit?.role !== 'payload' && unit?.role !== 'data') return undefined;
  const drifts = faults.map(({ kind: { change }, at }) => {
    const isIn = change?.direction === direction && at >= unit.start && at < unit.end;
    return isIn ? change.replace(0).length - 1 : NaN;
  });
  const drift = sum(drifts);
  if (drift === 0) return 'payload byte';
  const data = Buffer.from(unit.text, 'latin1');
  return unit.role === 'data' && seemsComplete(data, drift) ? 'compensated' : undefined;
}

function recoveryLimit({ name }: FaultKind): number {
  return name === 'outcome-hang' ? HANG_RECOVERY_LIMIT_MS : RECOVERY_LIMIT_MS;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Violations after a host stall, in which neither host nor device loses anything. */
function stallViolations({ events, log }: ExhaustiveHarness): Violation[] {
  const about = 'device' as const;
  const outOfSync = events.filter(({ event }) => event.event === 'outofsync');
  // The server may have closed the link during the stall.
  const failed = log.out.filter(
    ({ outcome, code }) => outcome !== 'sent' && code !== 'LINK_NOT_OPEN',
  );
  return [
    ...outOfSync.map(({ event }) => ({ about, text: `a host stall: ${event.detail ?? ''}` })),
    ...failed.map(({ name, code }) => ({ about, text: `a host stall: ${name} failed, ${code}` })),
  ];
}

const isInexcusable = ({ about }: Violation): boolean => about !== 'message';

/** Whether the fault applies between the first byte of a send and its final result code. */
function mayBeUnknown({ kind, at, recording: { sends } }: ArmedFault): boolean {
  // The network delays the effect of a fault of the server.
  if (kind.name.startsWith('server-')) return sends.some(({ to }) => at < to['to-host']);
  if (kind.name.startsWith('outcome-')) return sends.some(({ command }) => command === at);
  const direction = kind.name.endsWith(':to-device') ? 'to-device' : 'to-host';
  return sends.some(({ from, to }) => at >= from[direction] && at < to[direction]);
}

function traceOf({ port, linkEvents, events }: ExhaustiveHarness): string[] {
  const writes = (['to-device', 'to-host'] as const).flatMap((direction) =>
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
    ...port.hits.map(({ at }) => ({ at, text: '*** here ***' })),
  ];
  return [...writes, ...eventLines]
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `${(at / 1000).toFixed(4).padStart(10)} ${text}`);
}
