import { monitorEventLoopDelay } from 'node:perf_hooks';
import { TrafficReader } from '../../nodes/shared/live/live-traffic';
import { BareDriver } from '../support/bare-driver';
import { startBoard } from '../support/board/board';
import { Turnaround } from '../support/board/turnaround';
import { Cost } from '../support/cost';
import { startFlow, stopFlow } from '../support/node-red/flow-rig';
import { buildRig, type Rig } from '../support/rig';
import { cut, dataUrcs } from '../support/stream';
import { median, quantile, rounded, scaled, varied, type Effort, type Row } from '../suite';
import { measureFlow, type Work } from './node-red';

/** Rounds are short, so that other programs slow both modes alike. */
const MESSAGES_PER_ROUND = { send: 4000, receive: 64_000 } as const;
const WARM_UP_ROUNDS = 4;
const QUEUED_MESSAGES = 50;
/** The port delivers the stream in chunks of this size. */
const CHUNK_BYTES = 4096;
/** Rounds with the recorder off and on, in alternating order. The median of their differences counts. */
const ROUNDS = 61;
const WATCH_ROUNDS = 7;
/** Bits a second of the simulated port behind the pty: the highest that the driver finds by itself. */
const PTY_RATE = 3_000_000;
/** Messages of a round through the pty. */
const PTY_MESSAGES = 150;
/** `recorderBytes` by mode. `on` is the default of a device. */
const recorderBytes = { off: 0, on: 256 * 1024 } as const;
type Mode = keyof typeof recorderBytes;

const WATCHED_MESSAGES_PER_SECOND = 10_000;
const WATCH_MS = 3000;
/** The live view asks at this interval. */
const POLL_MS = 500;

/**
 * Measures the cost that the recorder adds to a message, in the driver alone and as a part of the cost in Node-RED, the time
 * that it adds through a pty, and the delay that the live view adds to the event loop.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  const works = (['send', 'receive'] as const).flatMap((direction) =>
    varied(effort, [16, 1024]).map((payload): Work => ({ direction, payload })),
  );
  const whole = await inNodeRed(works, effort);
  for (const work of works) {
    const found = await compare(work, effort);
    yield { suite: 'recorder', ...work, ...found, ...partOf(whole.get(work) ?? NaN, found) };
  }
  yield* await throughPty(effort);
  yield* await watchViews(effort);
}

/** Microseconds of processor time of a message in Node-RED, with the recorder. */
async function inNodeRed(works: readonly Work[], effort: Effort): Promise<Map<Work, number>> {
  const board = startBoard();
  const flow = await startFlow(board, 'nodes', 'C');
  const found = new Map<Work, number>();
  for (const work of works)
    found.set(work, (await measureFlow(board, flow, work, effort)).cpuMicroseconds);
  await stopFlow(flow);
  await board.end();
  return found;
}

function partOf(whole: number, { addedMicroseconds }: { readonly addedMicroseconds: number }) {
  return {
    nodeRedMicrosecondsPerMessage: rounded(whole),
    addedPercentInNodeRed: rounded((100 * addedMicroseconds) / (whole - addedMicroseconds)),
  };
}

async function compare({ direction, payload }: Work, effort: Effort) {
  const drivers = {
    off: await BareDriver.open({ recorderBytes: recorderBytes.off }),
    on: await BareDriver.open({ recorderBytes: recorderBytes.on }),
  };
  const measure = direction === 'send' ? sending : receiving;
  const messages = scaled(MESSAGES_PER_ROUND[direction], effort);
  const rows = await alternate(effort, (mode) => measure(drivers[mode], payload, messages));
  await drivers.off.end();
  await drivers.on.end();
  const costs = (mode: Mode) => rows[mode].map((row) => row.cpuMicrosecondsPerMessage);
  const turns = (mode: Mode) =>
    median(rows[mode].map((row) => row.turnaroundMedianMilliseconds ?? NaN));
  const added = costs('on').map((on, round) => on - (costs('off')[round] ?? NaN));
  return {
    cpuMicrosecondsPerMessageOff: rounded(median(costs('off'))),
    cpuMicrosecondsPerMessageOn: rounded(median(costs('on'))),
    addedMicroseconds: rounded(median(added)),
    ...(direction === 'send' && {
      turnaroundMedianMillisecondsOff: turns('off'),
      turnaroundMedianMillisecondsOn: turns('on'),
    }),
  };
}

/** The time of a message whose turns pass a pty with a device at {@link PTY_RATE} behind it. */
async function throughPty(effort: Effort): Promise<Row[]> {
  const rigs = {
    off: await buildRig('pty', { rate: PTY_RATE, recorderBytes: recorderBytes.off }),
    on: await buildRig('pty', { rate: PTY_RATE, recorderBytes: recorderBytes.on }),
  };
  for (const rig of [rigs.off, rigs.on]) {
    await rig.begin();
    await rig.connect(0, '/plain');
  }
  const rows: Row[] = [];
  for (const payload of varied(effort, [16, 1024])) {
    const { off, on } = await alternate(effort, (mode) => passPty(rigs[mode], payload, effort));
    const added = median(on.map((time, round) => time - (off[round] ?? NaN)));
    rows.push({
      suite: 'recorder',
      via: 'pty',
      rate: PTY_RATE,
      payload,
      microsecondsPerMessageOff: rounded(median(off)),
      microsecondsPerMessageOn: rounded(median(on)),
      addedMicroseconds: rounded(added),
      spreadMicroseconds: rounded(quantile(off, 0.75) - quantile(off, 0.25)),
    });
  }
  await rigs.off.end();
  await rigs.on.end();
  return rows;
}

/** Microseconds of a message. */
async function passPty(rig: Rig, payload: number, effort: Effort): Promise<number> {
  const count = Math.max(2, scaled(PTY_MESSAGES, effort));
  const text = 'x'.repeat(payload);
  const start = performance.now();
  await Promise.all(Array.from({ length: count }, () => rig.device.links[0].send(text)));
  return ((performance.now() - start) * 1000) / count;
}

/** Measures rounds with the recorder off and on, in alternating order, after some to warm up. */
async function alternate<T>(
  effort: Effort,
  measure: (mode: Mode) => Promise<T>,
): Promise<Record<Mode, T[]>> {
  const found: Record<Mode, T[]> = { off: [], on: [] };
  const warmUp = effort.smoke ? 0 : WARM_UP_ROUNDS;
  for (let round = 0; round < (effort.smoke ? 1 : ROUNDS) + warmUp; round++) {
    for (const mode of round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
      const measured = await measure(mode);
      if (round >= warmUp) found[mode].push(measured);
    }
  }
  return found;
}

interface Measured {
  readonly cpuMicrosecondsPerMessage: number;
  readonly turnaroundMedianMilliseconds?: number;
}

async function sending(driver: BareDriver, payload: number, messages: number): Promise<Measured> {
  const turns = new Turnaround();
  driver.tap.onWrite = () => turns.written();
  const cost = new Cost();
  await driver.send(messages, 1, 'x'.repeat(payload), QUEUED_MESSAGES, () => turns.begin());
  return { ...cost.row(messages), ...turns.row() };
}

async function receiving(driver: BareDriver, payload: number, messages: number): Promise<Measured> {
  const pieces = cut(dataUrcs(64, 1, payload), CHUNK_BYTES);
  const cost = new Cost();
  let received = 0;
  for (; received < messages; received += 64) for (const piece of pieces) driver.deliver(piece);
  return cost.row(received);
}

/** `idle`: without messages, so that only other programs and the timer delay the event loop. */
const views = ['idle', 'closed', 'open'] as const;
type View = (typeof views)[number];

async function watchViews(effort: Effort): Promise<Row[]> {
  const rounds: Record<View, WatchFigures[]> = { idle: [], closed: [], open: [] };
  for (let round = 0; round < (effort.smoke ? 1 : WATCH_ROUNDS); round++)
    for (const view of views) rounds[view].push(await watch(view, effort));
  return views.map((view) => {
    const of = (figure: keyof WatchFigures) => median(rounds[view].map((each) => each[figure]));
    return {
      suite: 'recorder',
      view,
      messagesPerSecond: rounded(of('messagesPerSecond')),
      delay99PercentMilliseconds: rounded(of('delay99PercentMilliseconds')),
      longestAnswerMilliseconds: rounded(of('longestAnswerMilliseconds')),
    };
  });
}

interface WatchFigures {
  readonly messagesPerSecond: number;
  readonly delay99PercentMilliseconds: number;
  readonly longestAnswerMilliseconds: number;
}

/** Receives messages at an even rate, with a live view that asks or without one. */
async function watch(view: View, effort: Effort): Promise<WatchFigures> {
  const driver = await BareDriver.open();
  const message = dataUrcs(1, 1, 16);
  const reader = new TrafficReader();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  const end = start + scaled(WATCH_MS, effort);
  let delivered = 0;
  let position = { run: 0, next: 0 };
  let asked = start;
  let longest = 0;
  delay.enable();
  for (let now = start; now < end; now = performance.now()) {
    const due = view === 'idle' ? 0 : ((now - start) * WATCHED_MESSAGES_PER_SECOND) / 1000;
    for (; delivered < due; delivered++) driver.deliver(message);
    if (view === 'open' && now - asked >= POLL_MS) {
      asked = now;
      const { run, next } = position;
      const traffic = reader.read(driver.device, run, next, now);
      // As Express does.
      JSON.stringify(traffic);
      if (traffic) position = traffic;
      longest = Math.max(longest, performance.now() - now);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  delay.disable();
  await driver.end();
  return {
    messagesPerSecond: (delivered * 1000) / (performance.now() - start),
    delay99PercentMilliseconds: delay.percentile(99) / 1e6,
    longestAnswerMilliseconds: longest,
  };
}
