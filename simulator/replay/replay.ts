import { DeviceComparison, RACE_MS } from './device-comparison';
import type { Act, Line, Recording, Observation } from './recording';
import { receiveBufferAt } from './receive-buffer';
import { ServerComparison } from './server-comparison';
import { SimulatedBench } from './simulated-bench';
import { Tolerance, type ToleranceKind } from './tolerance';

/** A difference between a recording and its replay. */
export interface StepDifference {
  /** Number of the line in the file, or of the last act for output that was not recorded. */
  readonly line: number;
  readonly what: string;
  /** Bytes in latin1. */
  readonly expected: string;
  readonly got: string;
  /** The device's output just before. */
  readonly before: string;
}

/** The result of one step of a recording. */
export interface StepResult {
  readonly title: string;
  readonly differences: StepDifference[];
}

/** A difference shows this much of the device's output before it. */
const RECENT_OUTPUT_BYTES = 160;

/** Capacity of the UART's receive FIFO. The device may read a longer write in several pieces, with a `busy p...` for each. */
const FIFO_BYTES = 128;

/** Replays a recording on the simulated device. Returns the differences of each step. */
export async function replay(recording: Recording): Promise<readonly StepResult[]> {
  const player = new Player(recording);
  await player.play();
  return player.steps;
}

class Player {
  readonly steps: StepResult[] = [];
  readonly #lines: readonly Line[];
  readonly #rate: number;
  readonly #bench: SimulatedBench;
  readonly #device: DeviceComparison;
  readonly #server: ServerComparison;
  readonly #tolerance = new Tolerance();
  /** Time of each line in the replay; for a line that did not happen, the time it was due. Undefined until then. */
  readonly #happened: (number | undefined)[] = [];
  /** The step that each line belongs to. */
  readonly #stepOf: number[] = [];
  #lastAct = 0;
  #busyVaries = false;
  #isFloodCut = false;
  #recentOutput = '';

  constructor(recording: Recording) {
    const { heading, lines } = recording;
    this.#lines = lines;
    this.#rate = heading.rate;
    this.steps.push({ title: '(start)', differences: [] });
    for (const line of lines) {
      if (line.kind === 'step') this.steps.push({ title: line.text, differences: [] });
      this.#stepOf.push(this.steps.length - 1);
    }
    this.#device = new DeviceComparison(recording, {
      matched: (piece, at) => {
        this.#matched(piece.line, piece.at, at, piece.bytes);
      },
      differs: ({ line, what, expected, got }) =>
        this.#differs(line, what, expected.toString('latin1'), got.toString('latin1')),
      linkChanges: (line) => this.#linkChanges(line) || this.#server.hasEarlyRequest,
      isFloodCut: () => this.#isFloodCut,
      busyVaries: () => this.#busyVaries,
    });
    this.#server = new ServerComparison(lines, {
      matched: (line, at) => this.#matched(line, this.#lines[line]?.at ?? 0, at),
      differs: (line, what, expected, got) => this.#differs(line, what, expected, got),
    });
    this.#bench = new SimulatedBench(heading, {
      output: (bytes) => {
        this.#device.push(bytes, this.#bench.now);
        this.#recentOutput = (this.#recentOutput + bytes.toString('latin1')).slice(
          -RECENT_OUTPUT_BYTES,
        );
      },
      observed: (connection, observation) =>
        this.#server.push(connection, observation, this.#bench.now),
      tlsError: () => this.#server.pushTlsError(this.#bench.now),
    });
  }

  async play(): Promise<void> {
    try {
      for (const [index, line] of this.#lines.entries()) {
        await this.#playLine(line, index);
      }
      await this.#settle(this.#lines.length);
      this.#dropStale();
    } finally {
      this.#bench.end();
    }
  }

  async #playLine(line: Line, index: number): Promise<void> {
    switch (line.kind) {
      case 'step':
      case 'note':
      case 'restarted':
      case 'closed':
      case 'device':
      case 'seen':
      case 'tlsError':
        return;
      default:
        await this.#act(line, index);
    }
  }

  async #act(line: Line & Act, index: number): Promise<void> {
    await this.#settle(index);
    const previous = index - 1;
    const due = this.#timeOf(previous) + line.at - (this.#lines[previous]?.at ?? 0);
    await this.#bench.advance(Math.max(0, due - this.#bench.now));
    if (line.kind === 'host' && this.#followsServer(line, index))
      await this.#bench.deliverSegments();
    this.#device.match(index);
    this.#server.match(index);
    this.#dropStale();
    const { now } = this.#bench;
    this.#lastAct = index;
    this.#happened[index] = now;
    this.#tolerance.acted(line, now);
    this.#isFloodCut = cutsFlood(line);
    if (line.kind === 'host') {
      this.#device.hostWrote(line.bytes);
      this.#busyVaries = this.#rate > 0 && line.bytes.length > FIFO_BYTES;
    }
    if (line.kind === 'server') this.#onServer(line, index);
    else this.#bench.perform(line);
  }

  #onServer(act: Act & { kind: 'server' }, index: number): void {
    const connection = this.#server.find(act.connection);
    if (connection === undefined) {
      this.#differs(index, `connection ${act.connection} never came`, act.act.kind, '');
      return;
    }
    if (act.act.kind === 'pause') {
      this.#bench.setReceiveBuffer(connection, receiveBufferAt(this.#lines, index));
    }
    this.#bench.perform({ ...act, connection });
  }

  /** Whether a link opens or loses a connection within {@link RACE_MS} of a line. */
  #linkChanges(index: number): boolean {
    const { at = 0 } = this.#lines[index] ?? {};
    return this.#lines.some(
      (line) =>
        Math.abs(line.at - at) <= RACE_MS &&
        ((line.kind === 'seen' && line.observation.kind === 'request') ||
          (line.kind === 'device' && /\+WS_(?:DIS)?CONN/.test(line.bytes.toString('latin1')))),
    );
  }

  /** Whether the server acted at most 2 ms before. */
  #followsServer(line: Line, index: number): boolean {
    for (let before = index - 1; ; before--) {
      const earlier = this.#lines[before];
      if (!earlier || line.at - earlier.at > 2) return false;
      if (earlier.kind === 'server') return true;
    }
  }

  /** Waits until all lines before `end` have happened; abandons those that are late. */
  async #settle(end: number): Promise<void> {
    const done = () => {
      const device = this.#device.match(end);
      return this.#server.match(end) && device;
    };
    for (;;) {
      if (done()) return;
      const missing = [
        ...this.#device.missing(end).map(({ at, bytes }) => ({ at, what: toleranceOf(bytes) })),
        ...this.#server
          .missing(end)
          .map(({ at, observation }) => ({ at, what: toleranceOf(observation.kind) })),
      ];
      const latest = missing.map(({ at, what }) => this.#tolerance.latest(at, what));
      const deadline = Math.max(...latest);
      if (await this.#bench.until(done, Math.max(0, deadline - this.#bench.now))) return;
      this.#device.abandon(end);
      this.#server.abandon(end);
    }
  }

  #dropStale(): void {
    const { now } = this.#bench;
    this.#device.dropStale(({ at, bytes }) => this.#tolerance.stale(at, now, toleranceOf(bytes)));
    this.#server.dropStale((at, kind) => this.#tolerance.stale(at, now, toleranceOf(kind)));
  }

  /** When a line happened, or is due after the last line that did. */
  #timeOf(index: number): number {
    if (index < 0) return 0;
    const happened = this.#happened[index];
    if (happened !== undefined) return happened;
    const line = this.#lines[index];
    const moment = this.#timeOf(index - 1) + (line?.at ?? 0) - (this.#lines[index - 1]?.at ?? 0);
    this.#happened[index] = moment;
    return moment;
  }

  #matched(line: number, recorded: number, at: number, bytes?: Buffer): void {
    this.#happened[line] ??= at;
    const { observation } = (this.#lines[line] ?? {}) as { observation?: Observation };
    const what = toleranceOf(bytes ?? observation?.kind ?? '');
    const off = this.#tolerance.violation(recorded, at, what);
    if (off === undefined) return;
    const text = bytes?.toString('latin1').slice(0, 60) ?? this.#lines[line]?.kind ?? '';
    this.#differs(line, 'time', `${off.expected} ms after the act: ${text}`, `${off.got} ms`);
  }

  #differs(line: number | undefined, what: string, expected: string, got: string): void {
    const index = Math.min(line ?? this.#lastAct, this.#lines.length - 1);
    const { number = 0 } = this.#lines[index] ?? {};
    const step = this.steps[this.#stepOf[index] ?? 0];
    step?.differences.push({ line: number, what, expected, got, before: this.#recentOutput });
  }
}

/** The tolerance for the time of output, or of an observation. @param what the output, or the name of the observation */
function toleranceOf(what: Buffer | string): ToleranceKind {
  const text = typeof what === 'string' ? what : what.toString('latin1', 0, 20);
  return /^\+WS_(?:DIS)?CONNECTED|^request$/.test(text) ? 'reconnect' : 'other';
}

/** Whether an act cuts data under way. */
function cutsFlood(act: Act): boolean {
  if (act.kind === 'host') return /^AT\+(?:WSCLOSE|RST|REST)/i.test(act.bytes.toString('latin1'));
  if (act.kind === 'server') return act.act.kind === 'destroy' || act.act.kind === 'reset';
  return act.kind === 'reset' || act.kind === 'board' || act.kind === 'network';
}
