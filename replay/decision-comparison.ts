import type { RecordingLine } from '../driver/recorder/lines';
import { toleranceMs } from '../simulator/replay/tolerance';
import { lineNumber, type Difference } from './difference';
import { isDecision, type Decision } from './recording-file';

/** A host with a blocked event loop decided up to this much later than the replay does. */
const MAX_HOST_STALL_MS = 2000;

/** Counts of received messages and their bytes, by link. */
type Received = readonly (readonly [messages: number, bytes: number])[];

const none: Received = [
  [0, 0],
  [0, 0],
  [0, 0],
];

/** A recorded decision, with the counts of messages before it. */
interface Expected {
  /** Index of the line. */
  readonly index: number;
  readonly text: string;
  readonly received: Received;
}

/** Compares the decisions of a replay with the recorded ones, in order. */
export class DecisionComparison {
  readonly #lines: readonly RecordingLine[];
  readonly #expected: readonly Expected[];
  /** Pending ends of calls, by call. They have no order: promises and events of one turn come in any order. */
  readonly #ends: Map<number, Expected>;
  readonly #total: Received;
  readonly #numbers = new Map<number, number>();
  #next = 0;
  #received: Received = none;
  #difference: Difference | undefined;
  /** The last line that the replay has reached, and when. */
  #last = { index: -1, moment: 0 };
  #lastActAt = 0;

  constructor(lines: readonly RecordingLine[]) {
    this.#lines = lines;
    const expected: Expected[] = [];
    const ends = new Map<number, Expected>();
    let received = none;
    const calls = new Set(lines.flatMap((line) => ('call' in line ? [line.call] : [])));
    for (const [index, line] of lines.entries()) {
      if (!isDecision(line)) continue;
      if ('messages' in line) received = addMessages(received, line);
      else if ('settled' in line && !calls.has(line.settled)) continue;
      else if ('settled' in line) ends.set(line.settled, { index, text: textOf(line), received });
      else expected.push({ index, text: textOf(line), received });
    }
    this.#expected = expected;
    this.#ends = ends;
    this.#total = received;
  }

  get difference(): Difference | undefined {
    return this.#difference;
  }

  /** Call when the recording begins. @param moment milliseconds of the replay's clock */
  begin(moment: number): void {
    this.#last = { index: -1, moment };
  }

  /** Call after each act. */
  acted(index: number, moment: number): void {
    this.#last = { index, moment };
    this.#lastActAt = this.#at(index);
  }

  /** Maps a call's number in the replay to its recorded number. */
  renumber(replayed: number, recorded: number): void {
    this.#numbers.set(replayed, recorded);
  }

  /** Call with each line of the replay. */
  decided(line: RecordingLine, moment: number): void {
    if (!isDecision(line) || this.#difference) return;
    if ('messages' in line) {
      this.#received = addMessages(this.#received, line);
      return;
    }
    if ('settled' in line) return this.#ended(line, moment);
    const text = textOf(line);
    const expected = this.#expected[this.#next];
    if (!expected) return this.#extra(text, moment);
    if (text !== expected.text) return this.#differs('other', expected, text);
    if (String(this.#received) !== String(expected.received))
      return this.#differs('other', expected, `${text}, after messages ${String(this.#received)}`);
    if (!this.#isInTime(expected, moment, text)) return;
    this.#next++;
    if (expected.index > this.#last.index) this.#last = { index: expected.index, moment };
  }

  #ended(line: Extract<Decision, { readonly settled: number }>, moment: number): void {
    const call = this.#numbers.get(line.settled);
    if (call === undefined) return;
    const expected = this.#ends.get(call);
    const text = textOf({ ...line, settled: call });
    if (!expected) return this.#extra(text, moment);
    if (text !== expected.text) return this.#differs('other', expected, text);
    if (this.#isInTime(expected, moment, text)) this.#ends.delete(call);
  }

  /** Reports a decision that the recording lacks, unless the recording may end before it. */
  #extra(text: string, moment: number): void {
    const at = this.#at(this.#last.index) + moment - this.#last.moment;
    const tolerance = toleranceMs(Math.max(0, at - this.#lastActAt));
    const index = this.#lines.length - 1;
    if (this.#at(index) <= at + tolerance + MAX_HOST_STALL_MS) return;
    const due = this.#lines.findIndex((line) => line.at >= at);
    this.#difference = { line: lineNumber(due), what: 'extra', expected: '', got: text };
  }

  #isInTime(expected: Expected, moment: number, text: string): boolean {
    const off = Math.round(moment - this.timeOf(expected.index));
    const tolerance = this.#tolerance(expected.index);
    const isInTime = off <= tolerance && off >= -tolerance - MAX_HOST_STALL_MS;
    const shift = off > 0 ? `${off} ms later` : `${-off} ms earlier`;
    if (!isInTime) this.#differs('time', expected, `${text}, ${shift}`);
    return isInTime;
  }

  /** Whether the driver has made all decisions before a line. */
  hasAllBefore(index: number): boolean {
    return this.#missingBefore(index) === undefined;
  }

  /** The latest time of the next decision before a line. */
  deadline(index: number): number {
    const missing = this.#missingBefore(index);
    return missing ? this.timeOf(missing.index) + this.#tolerance(missing.index) : 0;
  }

  /** Call when the next decision before a line is late. */
  missing(index: number): void {
    const missing = this.#missingBefore(index);
    if (missing) this.#differs('missing', missing, '');
  }

  #missingBefore(index: number): Expected | undefined {
    const expected = this.#expected[this.#next];
    if (expected && expected.index < index) return expected;
    return [...this.#ends.values()].find((end) => end.index < index);
  }

  /** Call at the end: compares the counts of messages. */
  end(): void {
    const received = String(this.#received);
    if (this.#difference || received === String(this.#total)) return;
    this.#difference = {
      line: this.#lines.length + 1,
      what: 'other',
      expected: `messages ${String(this.#total)}`,
      got: `messages ${received}`,
    };
  }

  /** When a line is due in the replay: as long after the last line as in the recording. */
  timeOf(index: number): number {
    return this.#last.moment + this.#at(index) - this.#at(this.#last.index);
  }

  #tolerance(index: number): number {
    return toleranceMs(Math.max(0, this.#at(index) - this.#lastActAt));
  }

  #at(index: number): number {
    return this.#lines[index]?.at ?? this.#lines[0]?.at ?? 0;
  }

  #differs(what: Difference['what'], { index, text }: Expected, got: string): void {
    this.#difference = { line: lineNumber(index), what, expected: text, got };
  }
}

function addMessages(
  received: Received,
  line: Extract<Decision, { readonly messages: number }>,
): Received {
  return received.map(([messages, bytes], link) =>
    link === line.link ? [messages + line.messages, bytes + line.bytes] : [messages, bytes],
  );
}

/** The text that the comparison uses for a decision. */
function textOf(line: Decision & { readonly at?: number }): string {
  return JSON.stringify({ ...line, at: undefined });
}
