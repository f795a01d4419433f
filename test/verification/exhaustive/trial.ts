import { digestOf, type RunDigest } from './digest';
import { audit, type Finding } from './ledger';
import type { FaultKind } from './faults';
import { sendWindows, unitsSaid, unitsWritten, type Recording } from './recording';
import type { Script } from './scripts';
import { SmallWorld } from './small-world';
import { unknowable, type Unknowable } from './unknowable';

/** Milliseconds after which messages have to pass both ways again. */
const SOON = 15_000;
/** The same where a device is at work for ever: it has to be given the time that work may take. */
const AFTER_HANG = 90_000;

/** What came of one script with one fault. */
export interface Outcome {
  /** Whether the fault struck at all. */
  readonly struck: boolean;
  readonly violations: readonly string[];
  /** Why what the books found amiss could not have been known; undefined when nothing was, or no such reason is. */
  readonly excuse: Unknowable | undefined;
  /** Sends whose outcome was unknown. */
  readonly unknown: number;
  /** Milliseconds from the fault until messages passed both ways again. */
  readonly recovery: number;
  /** All that was written and said, as it was meant, and what the driver told. */
  readonly story: readonly string[];
  readonly digest: RunDigest;
}

/** Runs a script without a fault. @throws Error when even that leaves something to be desired */
export async function record(script: Script): Promise<Recording> {
  const world = new SmallWorld(script.firmware, script.paced);
  await script.before?.(world);
  const { line } = world;
  const mark = () => ({
    'to-device': line.offset('to-device'),
    'to-host': line.offset('to-host'),
    commands: world.commands,
  });
  const from = mark();
  await script.act(world);
  const to = mark();
  await world.proveUsable(0);
  const written = line.pieces('to-device');
  const said = unitsSaid(line.pieces('to-host'), script.firmware === 'D');
  await world.end();
  const amiss = [...world.findings, ...audit(world.ledger, world.server.connections)];
  if (amiss.length > 0)
    throw new Error(`${script.name}: ${amiss.map(({ text }) => text).join('; ')}`);
  return {
    units: { 'to-device': unitsWritten(written), 'to-host': said },
    pieces: line.pieces('to-host').map(({ start }) => start),
    sends: sendWindows(written, said, to),
    ...{ from, to },
  };
}

/** Lives a script with one fault, and checks the books. */
export async function attempt(
  script: Script,
  kind: FaultKind,
  at: number,
  recording: Recording,
): Promise<Outcome> {
  const world = new SmallWorld(script.firmware, script.paced);
  await script.before?.(world);
  kind.arm(world, at);
  await script.act(world);
  const end = await world.proveUsable(0);
  await world.end();
  const findings = [...world.findings, ...audit(world.ledger, world.server.connections)];
  const { struck } = world.line;
  const { blocksMs = 0 } = kind;
  const recovery = struck === undefined ? 0 : Math.max(0, end - struck - blocksMs);
  if (blocksMs > 0) findings.push(...tracesOf(world));
  if (recovery > (kind.name === 'fate-hang' ? AFTER_HANG : SOON)) {
    findings.push({ about: 'device', text: `messages passed again only after ${recovery} ms` });
  }
  const unknown = world.ledger.sent.filter(({ outcome }) => outcome === 'unknown').length;
  if (unknown > 0 && !mayBeUnknown(kind, at, recording)) {
    findings.push({ about: 'device', text: 'an outcome is unknown though no send was at work' });
  }
  const behind = world.line.pieces('to-host').filter(({ start }) => start > at);
  const text = behind.map(({ bytes }) => bytes.toString('latin1')).join('');
  const reason = unknowable(kind, at, recording, text);
  const excused = reason !== undefined && findings.some(({ about }) => about === 'message');
  return {
    struck: struck !== undefined,
    violations: (excused ? findings.filter(isInexcusable) : findings).map(({ text }) => text),
    excuse: excused ? reason : undefined,
    unknown,
    recovery,
    story: storyOf(world),
    digest: digestOf(world),
  };
}

/** A host that stood still has lost nothing, and neither has its device. */
function tracesOf({ events, ledger }: SmallWorld): Finding[] {
  const about = 'device' as const;
  const outOfSync = events.filter(({ event }) => event.event === 'out-of-step');
  const failed = ledger.sent.filter(({ outcome }) => outcome !== 'sent');
  return [
    ...outOfSync.map(({ event }) => ({ about, text: `a host stall: ${event.detail ?? ''}` })),
    ...failed.map(({ text, code }) => ({ about, text: `a host stall: ${text} failed, ${code}` })),
  ];
}

const isInexcusable = ({ about }: Finding): boolean => about !== 'message';

/** Whether the fault strikes between the first byte of a send and its result. */
function mayBeUnknown(kind: FaultKind, at: number, { sends }: Recording): boolean {
  // What a server does takes its way through the network.
  if (kind.name.startsWith('server-')) return sends.some(({ to }) => at < to['to-host']);
  if (kind.name.startsWith('fate-')) return sends.some(({ command }) => command === at);
  const direction = kind.name.endsWith(':to-device') ? 'to-device' : 'to-host';
  return sends.some(({ from, to }) => at >= from[direction] && at < to[direction]);
}

function storyOf({ line, ledger, events }: SmallWorld): string[] {
  const spoken = (['to-device', 'to-host'] as const).flatMap((direction) =>
    line.pieces(direction).map(({ at, start, bytes }) => {
      const text = JSON.stringify(bytes.toString('latin1'));
      return { at, text: `${direction === 'to-device' ? 'H' : 'D'}@${start} ${text}` };
    }),
  );
  const told = [
    ...ledger.events.map(({ at, event: { link, event, state, error } }) => ({
      at,
      text: `  link ${link}: ${event}, ${state} ${error?.code ?? ''}`,
    })),
    ...events.map(({ at, event: { event, detail, error } }) => ({
      at,
      text: `  device: ${event} ${detail ?? ''} ${error?.code ?? ''}`,
    })),
    ...(line.struck === undefined ? [] : [{ at: line.struck, text: '*** here ***' }]),
  ];
  return [...spoken, ...told]
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `${(at / 1000).toFixed(4).padStart(10)} ${text}`);
}
