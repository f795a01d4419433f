import { digestOf, type RunDigest } from './digest';
import type { Violation } from './audit';
import type { FaultKind } from './faults';
import { sendWindows, unitsSaid, unitsWritten, type Recording } from './recording';
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
}

/** Runs a script without a fault. @throws Error when that violates an invariant */
export async function record(script: Script): Promise<Recording> {
  const harness = new ExhaustiveHarness(script);
  await script.setUp?.(harness);
  const { port } = harness;
  const mark = () => ({
    'to-device': port.offset('to-device'),
    'to-host': port.offset('to-host'),
    commands: harness.commands,
  });
  const from = mark();
  await script.run(harness);
  const to = mark();
  await harness.recover(0);
  const written = port.pieces('to-device');
  const said = unitsSaid(port.pieces('to-host'), script.firmware === 'D');
  const violations = await harness.end();
  if (violations.length > 0)
    throw new Error(`${script.name}: ${violations.map(({ text }) => text).join('; ')}`);
  return {
    units: { 'to-device': unitsWritten(written), 'to-host': said },
    pieces: port.pieces('to-host').map(({ start }) => start),
    sends: sendWindows(written, said, to),
    from,
    to,
  };
}

/** Runs a script with one fault, and checks every invariant. */
export async function attempt(
  script: Script,
  kind: FaultKind,
  at: number,
  recording: Recording,
): Promise<Outcome> {
  const harness = new ExhaustiveHarness(script);
  await script.setUp?.(harness);
  kind.arm(harness, at);
  await script.run(harness);
  const end = await harness.recover(0);
  const findings = await harness.end();
  const { triggeredAt } = harness.port;
  const { blocksMs = 0 } = kind;
  const recovery = triggeredAt === undefined ? 0 : Math.max(0, end - triggeredAt - blocksMs);
  if (blocksMs > 0) findings.push(...tracesOf(harness));
  if (recovery > (kind.name === 'outcome-hang' ? HANG_RECOVERY_LIMIT_MS : RECOVERY_LIMIT_MS)) {
    findings.push({ about: 'device', text: `messages passed again only after ${recovery} ms` });
  }
  const unknown = harness.log.out.filter(({ outcome }) => outcome === 'unknown').length;
  if (unknown > 0 && !mayBeUnknown(kind, at, recording)) {
    findings.push({ about: 'device', text: 'an outcome is unknown though no send was at work' });
  }
  const behind = harness.port.pieces('to-host').filter(({ start }) => start > at);
  const text = behind.map(({ bytes }) => bytes.toString('latin1')).join('');
  const reason = undetectableReason(kind, at, recording, text);
  const excused = reason !== undefined && findings.some(({ about }) => about === 'message');
  return {
    struck: triggeredAt !== undefined,
    violations: (excused ? findings.filter(isInexcusable) : findings).map(({ text }) => text),
    undetectable: excused ? reason : undefined,
    unknown,
    recovery,
    trace: traceOf(harness),
    digest: digestOf(harness),
  };
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
function mayBeUnknown(kind: FaultKind, at: number, { sends }: Recording): boolean {
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
    ...(port.triggeredAt === undefined ? [] : [{ at: port.triggeredAt, text: '*** here ***' }]),
  ];
  return [...spoken, ...eventLines]
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `${(at / 1000).toFixed(4).padStart(10)} ${text}`);
}
