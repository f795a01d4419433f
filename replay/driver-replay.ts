import type { RecordingLine } from '../driver/recorder/lines';
import { DecisionComparison } from './decision-comparison';
import type { Difference } from './difference';
import { DrivenDevice } from './driven-device';
import { isAct, type DriverRecording } from './recording-file';

/**
 * How late a timer of the recorded machine may have fired. An act may therefore precede a timer that was due before it.
 * The replay tries one value after the other until the driver decides as recorded.
 */
const LATE_MS = [10, 100, 1000] as const;

/** The replay delays timers for a blocked event loop up to this long; not for longer blocks. */
const MAX_REPLAYED_BLOCK_MS = 60_000;

interface DriverReplay {
  /** The first difference; the replay ends there. */
  readonly difference: Difference | undefined;
  /** The recording of the replay. */
  readonly lines: readonly RecordingLine[];
}

/** Replays the acts of a recording on a driver in virtual time, and compares the driver's decisions. */
export async function replayDriver(recording: DriverRecording): Promise<DriverReplay> {
  const [usual, ...more] = LATE_MS;
  const first = await new DriverPlayer(recording, usual).play();
  let last = first;
  for (const late of more)
    if (last.difference) last = await new DriverPlayer(recording, late).play();
  return last.difference ? first : last;
}

class DriverPlayer {
  readonly #lines: readonly RecordingLine[];
  readonly #lateMs: number;
  readonly #driven: DrivenDevice;
  readonly #comparison: DecisionComparison;
  readonly #seen: RecordingLine[] = [];
  /** Index of the line that is played. */
  #index = 0;
  /** The recorded number of the current call. */
  #call = 0;

  constructor(recording: DriverRecording, lateMs: number) {
    this.#lines = recording.lines;
    this.#lateMs = lateMs;
    this.#driven = new DrivenDevice(recording, (now) => this.#delayAt(now));
    this.#comparison = new DecisionComparison(recording.lines);
  }

  async play(): Promise<DriverReplay> {
    const driven = this.#driven;
    await driven.prepare();
    this.#comparison.begin(driven.clock.now());
    for (let index = 0; index < this.#lines.length && !this.#comparison.difference;) {
      this.#index = index;
      const line = this.#lines[index];
      if (line && 'late' in line) await this.#runLateTimers(index);
      const end = this.#endOfTurn(index);
      if (end === index) index++;
      else {
        await this.#playTurn(index, end);
        index = end;
      }
    }
    await this.#settle(this.#lines.length);
    this.#comparison.end();
    driven.end();
    return { difference: this.#comparison.difference, lines: this.#seen };
  }

  /** Index behind the acts of one event-loop turn: a listener or a flow may call the driver in the turn of an act. */
  #endOfTurn(start: number): number {
    const first = this.#lines[start];
    if (!first || !isAct(first)) return start;
    let end = start + 1;
    for (let index = end; index < this.#lines.length; index++) {
      const line = this.#lines[index];
      if (line?.at !== first.at || !('call' in line || 'messages' in line)) break;
      if ('call' in line) end = index + 1;
    }
    return end;
  }

  async #playTurn(start: number, end: number): Promise<void> {
    await this.#settle(start);
    if (this.#comparison.difference) return;
    const moment = this.#comparison.timeOf(start);
    const isOver = () => this.#take();
    await this.#driven.clock.until(
      isOver,
      Math.max(0, moment - this.#lateMs - this.#driven.clock.now()),
    );
    this.#driven.clock.skipTo(moment);
    for (const act of this.#lines.slice(start, end).filter(isAct)) {
      if ('call' in act) this.#call = act.call;
      this.#driven.perform(act);
      this.#take();
    }
    this.#comparison.acted(end - 1, this.#driven.clock.now());
    await this.#driven.clock.until(isOver, 0);
  }

  /** Milliseconds by which the next late timer of the recording is late, if it was due now. */
  #delayAt(now: number): number {
    for (let index = this.#index; index < this.#lines.length; index++) {
      const line = this.#lines[index];
      const end = this.#comparison.timeOf(index);
      if (!line || end > now + MAX_REPLAYED_BLOCK_MS) return 0;
      if ('late' in line && end > now && now >= end - line.late - this.#lateMs) return end - now;
    }
    return 0;
  }

  async #runLateTimers(index: number): Promise<void> {
    await this.#settle(index);
    const left = this.#comparison.timeOf(index) - this.#driven.clock.now();
    await this.#driven.clock.until(() => this.#take(), Math.max(0, left));
  }

  /** Waits for the decisions before a line, until their deadline. */
  async #settle(index: number): Promise<void> {
    const comparison = this.#comparison;
    const isSettled = () => this.#take() || comparison.hasAllBefore(index);
    while (!isSettled()) {
      const limit = comparison.deadline(index) - this.#driven.clock.now();
      if (limit <= 0) {
        comparison.missing(index);
        return;
      }
      await this.#driven.clock.until(isSettled, limit);
    }
  }

  /** Compares the driver's new decisions. Returns whether there is a difference. */
  #take(): boolean {
    const now = this.#driven.clock.now();
    for (const line of this.#driven.newLines()) {
      this.#seen.push(line);
      if ('call' in line) this.#comparison.renumber(line.call, this.#call);
      else this.#comparison.decided(line, now);
    }
    return this.#comparison.difference !== undefined;
  }
}
