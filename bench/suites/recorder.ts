import { monitorEventLoopDelay } from 'node:perf_hooks';
import { TrafficReader } from '../../nodes/shared/live/live-traffic';
import { BareDriver } from '../support/bare-driver';
import { Cost } from '../support/cost';
import { cut, reports } from '../support/stream';
import { Turnaround } from '../support/board/turnaround';
import { median, rounded, scaled, varied, type Effort, type Row } from '../suite';

const MESSAGES = 40_000;
const WARM_UP = 10_000;
const WAITING = 50;
/** Bytes that the port brings at a time. */
const CHUNK = 4096;
/** Rounds, each with the recorder off and on; the median counts. */
const ROUNDS = 7;
/** Bytes of the recorder: none, and those of a device without the option. */
const recorders = { off: 0, on: 256 * 1024 } as const;
type Mode = keyof typeof recorders;

/** Messages a second that the live view is watched at, and milliseconds of each round. */
const WATCHED_MESSAGES = 10_000;
const WATCH_MS = 3000;
/** Milliseconds between two questions of the live view. */
const POLL_MS = 500;

/** What the recorder adds to the cost of a message, and what the live view adds to the delay of the event loop. */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const direction of ['send', 'receive'] as const)
    for (const payload of varied(effort, [16, 1024]))
      yield {
        suite: 'recorder',
        direction,
        payload,
        ...(await compare(direction, payload, effort)),
      };
  yield* await watched(effort);
}

async function compare(direction: 'send' | 'receive', payload: number, effort: Effort) {
  const drivers = {
    off: await BareDriver.open({ recorderBytes: recorders.off }),
    on: await BareDriver.open({ recorderBytes: recorders.on }),
  };
  const measure = direction === 'send' ? sending : receiving;
  const costs: Record<Mode, number[]> = { off: [], on: [] };
  const turns: Record<Mode, number[]> = { off: [], on: [] };
  const modes = ['off', 'on'] as const;
  for (const mode of modes) await measure(drivers[mode], payload, scaled(WARM_UP, effort));
  for (let round = 0; round < (effort.smoke ? 1 : ROUNDS); round++) {
    for (const mode of modes) {
      const row = await measure(drivers[mode], payload, scaled(MESSAGES, effort));
      costs[mode].push(row.cpuMicrosecondsPerMessage);
      if (row.turnaroundMedianMilliseconds !== undefined)
        turns[mode].push(row.turnaroundMedianMilliseconds);
    }
  }
  for (const mode of modes) await drivers[mode].end();
  return {
    cpuMicrosecondsPerMessageOff: rounded(median(costs.off)),
    cpuMicrosecondsPerMessageOn: rounded(median(costs.on)),
    ...(direction === 'send' && {
      turnaroundMedianMillisecondsOff: median(turns.off),
      turnaroundMedianMillisecondsOn: median(turns.on),
    }),
  };
}

interface Measured {
  readonly cpuMicrosecondsPerMessage: number;
  readonly turnaroundMedianMilliseconds?: number;
}

async function sending(driver: BareDriver, payload: number, messages: number): Promise<Measured> {
  const turns = new Turnaround();
  driver.tap.onWrite = () => turns.written();
  const cost = new Cost();
  await driver.send(messages, 1, 'x'.repeat(payload), WAITING, () => turns.begin());
  return { ...cost.row(messages), ...turns.row() };
}

async function receiving(driver: BareDriver, payload: number, messages: number): Promise<Measured> {
  const pieces = cut(reports(64, 1, payload), CHUNK);
  const cost = new Cost();
  let received = 0;
  for (; received < messages; received += 64) for (const piece of pieces) driver.deliver(piece);
  return cost.row(received);
}

async function watched(effort: Effort): Promise<Row[]> {
  const views = ['closed', 'open'] as const;
  const rounds = { closed: [] as Watched[], open: [] as Watched[] };
  for (let round = 0; round < (effort.smoke ? 1 : ROUNDS); round++)
    for (const view of views) rounds[view].push(await watch(view === 'open', effort));
  return views.map((view) => {
    const of = (figure: keyof Watched) => median(rounds[view].map((each) => each[figure]));
    return {
      suite: 'recorder',
      view,
      messagesPerSecond: rounded(of('messagesPerSecond')),
      delay99PercentMilliseconds: rounded(of('delay99PercentMilliseconds')),
      longestAnswerMilliseconds: rounded(of('longestAnswerMilliseconds')),
    };
  });
}

interface Watched {
  readonly messagesPerSecond: number;
  readonly delay99PercentMilliseconds: number;
  readonly longestAnswerMilliseconds: number;
}

/** Receives messages at an even rate, while a live view asks, or without one. */
async function watch(isOpen: boolean, effort: Effort): Promise<Watched> {
  const driver = await BareDriver.open();
  const message = reports(1, 1, 16);
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
    for (const due = ((now - start) * WATCHED_MESSAGES) / 1000; delivered < due; delivered++)
      driver.deliver(message);
    if (isOpen && now - asked >= POLL_MS) {
      asked = now;
      const { run, next } = position;
      const traffic = reader.read(driver.device, run, next, now);
      // What Express does with it.
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
