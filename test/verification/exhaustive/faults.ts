import type { Outcome as CommandOutcome } from '../../../simulator/device/hooks';
import type { RecordedRun, Unit } from './recorded-run';
import type { ExhaustiveHarness } from './exhaustive-harness';
import type { Direction, PortFault } from './fault-port';

/** One kind of single fault. */
export interface FaultKind {
  /** The name on the command line. */
  readonly name: string;
  /** Every place in a recorded run at which it can apply: byte offsets, or numbers of command lines. */
  places(recording: RecordedRun): readonly number[];
  /** Lets it apply at a place. */
  arm(harness: ExhaustiveHarness, at: number): void;
  /** Milliseconds for which it blocks the host's event loop. */
  readonly blocksMs?: number;
  /** Its change of a byte. */
  readonly change?: Change;
}

/** The change of a byte, and the byte's direction. */
export interface Change {
  readonly direction: Direction;
  readonly replace: (byte: number) => Buffer;
}

const directions: readonly Direction[] = ['to-device', 'to-host'];

const changes: readonly (readonly [string, (byte: number) => Buffer])[] = [
  ['lost', () => Buffer.alloc(0)],
  ['doubled', (byte) => Buffer.of(byte, byte)],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map(
    (bit) => [`flipped-${bit}`, (byte: number) => Buffer.of(byte ^ (1 << bit))] as const,
  ),
  ...([0xff, 0x0d, 0x0a, 0x30, 0x3e] as const).map(
    (value) =>
      [
        `inserted-${value.toString(16).padStart(2, '0')}`,
        (byte: number) => Buffer.of(value, byte),
      ] as const,
  ),
];

/** URCs and diagnostics that a device may send at the start of any line. */
const urcs: Readonly<Record<string, string>> = {
  wifi: 'WIFI GOT IP\r\n',
  time: '+TIME_UPDATED\r\n',
  busy: 'busy p...\r\n',
  diagnostic: 'ERR CODE:0x010b0000\r\n',
  softap: '+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n',
  'unknown-line': 'phy init\r\n',
  'other-link-lost': '+WS_DISCONNECTED:2\r\n',
  'other-link-closed': '+WS_CLOSED:2\r\n',
  'other-link-open': '+WS_CONNECTED:2\r\n',
  lost: '+WS_DISCONNECTED:0\r\n',
  closed: '+WS_CLOSED:0\r\n',
  open: '+WS_CONNECTED:0\r\n',
  ready: 'ready\r\n',
};

const outcomes: Readonly<Record<string, CommandOutcome>> = {
  busy: { kind: 'busy', executed: false },
  'busy-executed': { kind: 'busy', executed: true },
  'answer-lost': { kind: 'answer lost' },
  'executed-then-error': { kind: 'answer false' },
  late: { kind: 'late', delay: 7000 },
  hang: { kind: 'hang' },
  crash: { kind: 'restart' },
  error: { kind: 'error' },
};

const byteFaults: readonly FaultKind[] = directions.flatMap((direction) =>
  changes.map(([name, replace]): FaultKind => ({
    name: `${name}:${direction}`,
    places: (recording) => bytes(recording, direction),
    arm: (harness, at) => harness.port.arm({ direction, at, replace }),
    change: { direction, replace },
  })),
);

const cuts: readonly FaultKind[] = directions.flatMap((direction) => [
  onLine(`cut:${direction}`, direction, () => ({ pauseMs: 0 })),
  onLine(`pause:${direction}`, direction, () => ({ pauseMs: 25 })),
]);

const restarts: readonly FaultKind[] = directions.map((direction) =>
  onLine(`restart:${direction}`, direction, ({ simulator }) => ({
    happen: () => simulator.restart(),
    loses: direction === 'to-host',
  })),
);

/**
 * Durations of host stalls. 0.7 s and 1.8 s exceed the wait for the first probe at a negotiated and at the port rate; 4.2 s
 * exceeds the timeout of a prompt.
 */
const hostStalls = [
  { durationMs: 700, inputLateMs: 0 },
  { durationMs: 1800, inputLateMs: 0 },
  { durationMs: 1800, inputLateMs: 2 },
  { durationMs: 4200, inputLateMs: 0 },
  { durationMs: 30_000, inputLateMs: 0 },
] as const;

/** Apart from {@link faultKinds}, so that digests of those stay comparable. */
export const hostStallKinds: readonly FaultKind[] = directions.flatMap((direction) =>
  hostStalls.map(({ durationMs, inputLateMs }): FaultKind => {
    const late = inputLateMs > 0 ? '-late' : '';
    return {
      ...onLine(`host-stall-${durationMs}${late}:${direction}`, direction, ({ host }) => ({
        happen: () => host.block(durationMs, inputLateMs),
      })),
      blocksMs: durationMs,
    };
  }),
);

const urcFaults: readonly FaultKind[] = Object.entries(urcs).map(([name, text]) =>
  atLineStarts(`urc-${name}`, (harness) => harness.port.deliver(Buffer.from(text))),
);

const dataUrc: FaultKind = atLineStarts('urc-data', (harness) => {
  const long = harness.firmware === 'D';
  // Data comes only from a link that the device has connected.
  if (!harness.connection(0) || harness.device.links[0].stateNumber !== 2) return;
  const text = harness.logServed(0, '>\r\nOK\r\n', 1).toString('latin1');
  const fields = long ? [0, 1, 1, text.length, text.length] : [0, text.length];
  harness.port.deliver(Buffer.from(`+WS_DATA:${fields.join()},${text}\r\n`));
});

const servers: readonly FaultKind[] = [
  atPieces('server-sends', (harness) => harness.serve(0, 'in between')),
  atPieces('server-closes', (harness) => harness.connection(0)?.close(1001, 'off')),
  atPieces('server-resets', (harness) => harness.connection(0)?.reset()),
];

const commandFaults: readonly FaultKind[] = Object.entries(outcomes).map(([name, outcome]) => ({
  name: `outcome-${name}`,
  places: ({ from, to }) => range(from.commands, to.commands),
  arm: (harness, index) => void harness.commandFaults.push({ index, outcome }),
}));

export const faultKinds: readonly FaultKind[] = [
  ...byteFaults,
  ...cuts,
  ...restarts,
  ...urcFaults,
  dataUrc,
  ...servers,
  ...commandFaults,
];

/** @throws Error for a name that no kind has */
export function faultKind(name: string): FaultKind {
  const all = [...faultKinds, ...hostStallKinds];
  const found = all.find((kind) => kind.name === name);
  if (found) return found;
  const names = all.map((kind) => kind.name).join(', ');
  throw new Error(`there is no fault "${name}"; there are: ${names}`);
}

function onLine(
  name: string,
  direction: Direction,
  event: (harness: ExhaustiveHarness) => Omit<PortFault, 'direction' | 'at'>,
): FaultKind {
  return {
    name,
    places: (recording) => bytes(recording, direction),
    arm: (harness, at) => harness.port.arm({ direction, at, ...event(harness) }),
  };
}

/** A fault at every start of a line of the device, and on both sides of a prompt. */
function atLineStarts(name: string, happen: (harness: ExhaustiveHarness) => void): FaultKind {
  const starts = ({ role }: Unit) => role === 'line' || role === 'header' || role === 'prompt';
  return {
    name,
    places: ({ units, from, to }) =>
      units['to-host']
        .filter(starts)
        .map(({ start }) => start)
        .filter((start) => start >= from['to-host'] && start < to['to-host']),
    arm: (harness, at) =>
      harness.port.arm({ direction: 'to-host', at, happen: () => happen(harness) }),
  };
}

/** A fault before every write of the device. */
function atPieces(name: string, happen: (harness: ExhaustiveHarness) => void): FaultKind {
  return {
    name,
    places: ({ pieces, from, to }) =>
      pieces.filter((start) => start >= from['to-host'] && start < to['to-host']),
    arm: (harness, at) =>
      harness.port.arm({ direction: 'to-host', at, happen: () => happen(harness) }),
  };
}

function bytes({ from, to }: RecordedRun, direction: Direction): number[] {
  return range(from[direction], to[direction]);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
