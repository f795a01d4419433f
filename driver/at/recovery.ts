import { isResult } from './request';
import type { TimedPort } from './timed-port';
import { IdleTimer } from './timeouts';

/** Milliseconds of stillness that an idle device never needs for an answer. */
const ANSWER = 1200;
/** The same where silence soon has a meaning: the device may be at another rate. */
const HASTY_ANSWER = 500;
/** Milliseconds of stillness after which stuffed bytes have been taken without completing a payload. */
const STUFFED = 150;
const HASTY_STUFFED = 75;
/** Milliseconds for a command that is still at work: WSCLOSE of a reconnecting link takes 14 s. */
const AT_WORK = 25_000;
/** Milliseconds of stillness after which a device that said it was at work is asked again. */
const STILL_AT_WORK = 1500;
/** Lines kept that came while nothing was waited for. */
const MISSED = 16;
/** Milliseconds from `AT+RST` to `ready`, generously. */
const BOOT = 8000;

/** Milliseconds in which the rest of an answer follows its beginning. */
const LULL = 30;
/** Milliseconds that a line which is never still may draw out the wait for that rest; a question proves more. */
const LONGEST_LULL = 300;
/** Milliseconds that a flood from a server may delay an answer: 17 s were measured. */
const LONGEST_FLOOD = 30_000;
/** The same while a prompt is being filled: what is stuffed in vain does no harm, and there are many pieces. */
const LONGEST_STUFFED = 3000;

const CRLF = Buffer.from('\r\n');

/**
 * Bytes that a data prompt can be waiting for at most (`AT+WSSEND` of class D). Whoever has announced fewer
 * cannot count on it: the length may have been damaged on its way.
 */
export const LARGEST_PAYLOAD = 16_384;

/** The steps, mildest first; each is reported as it is taken. */
export type RecoveryStep = 'crlf' | 'fill' | 'restart';

/** How it ended: with `restarted` the device has said `ready` and knows nothing any more. */
export type RecoveryOutcome = 'in step' | 'restarted' | 'lost';

/** Questions whose answer only they can have; asked in turn, so that a late answer fits no later question. */
const questions = [
  { line: 'AT+SYSLOG?\r\n', answer: '+SYSLOG:' },
  { line: 'AT+SYSSTORE?\r\n', answer: '+SYSSTORE:' },
  { line: 'AT+CWMODE?\r\n', answer: '+CWMODE:' },
] as const;

interface Expectation {
  readonly wanted: (line: string) => boolean;
  readonly settle: (line: string | undefined) => void;
}

/**
 * Finds out where the device is and leads both sides back in step: a CR LF alone ends whatever line was
 * damaged; a question with an answer of its own proves that all earlier answers have passed; a data
 * prompt that swallows everything is filled up.
 */
export class Recovery {
  readonly #wire: TimedPort;
  readonly #fill: number;
  readonly #taken: (step: RecoveryStep) => void;
  readonly #timer: IdleTimer;
  #expectation: Expectation | undefined;
  /** What came between one wait and the next. */
  #missed: string[] = [];
  #question: number;
  #abandoned = false;
  #filled = false;
  #prompted = false;
  #flooded = false;
  #hangs = false;
  #hasty = false;

  /**
   * @param fill how many bytes a data prompt may be waiting for at most; 0: no prompt can be open
   * @param turn which question is asked first
   */
  constructor(wire: TimedPort, fill: number, turn: number, taken: (step: RecoveryStep) => void) {
    this.#wire = wire;
    this.#fill = fill;
    this.#question = turn;
    this.#taken = taken;
    this.#timer = new IdleTimer(wire.clock);
  }

  /** Whether a waiting data prompt was filled up: what it was for has gone out damaged. */
  get filled(): boolean {
    return this.#filled;
  }

  /** The stillness clock hears every chunk, whatever is in it. */
  heard(now: number, duration: number): void {
    this.#timer.heard(now, duration);
  }

  /** Takes a line, `>` for a prompt; false when it was not what is being waited for. */
  line(text: string): boolean {
    if (text === '>') this.#prompted = true;
    // What a data prompt was waiting for is complete now, with our line ends in it.
    if (text === 'SEND OK' && this.#fill > 0) this.#filled = true;
    if (!this.#expectation && this.#missed.length < MISSED) this.#missed.push(text);
    if (!this.#expectation?.wanted(text)) return this.#isAnswer(text);
    this.#settle(text);
    return true;
  }

  /** An answer to a question that was asked before, too late to prove anything. */
  #isAnswer(text: string): boolean {
    if (isFinal(text)) return true;
    // While echo is on, the questions come back as well.
    return questions.some(({ line, answer }) => text.startsWith(answer) || `${text}\r\n` === line);
  }

  /** Ends it at once: {@link run} settles with `lost`. */
  abandon(): void {
    this.#abandoned = true;
    this.#settle(undefined);
  }

  /**
   * Leads both sides back in step, or finds that no mild means helps. Never rejects. A device that stays
   * at work for ever, or floods the line for ever, is restarted whether it `mayRestart` or not.
   */
  async run(options: {
    readonly attempts: number;
    readonly mayRestart: boolean;
    /** A data prompt is likely to wait: it is filled before anything is asked. */
    readonly prompted?: boolean;
    /** A device that answers nothing is not asked twice: it may be at another rate. */
    readonly hasty?: boolean;
  }): Promise<RecoveryOutcome> {
    this.#hasty = options.hasty === true;
    for (let attempt = 0; attempt < options.attempts && this.#goesOn; attempt++) {
      let reply: string | undefined;
      if (attempt > 0 || options.prompted !== true) {
        const before = this.#wire.pendingBytes;
        reply = await this.#endLine();
        if (this.#hangs) break;
        // A line that takes no byte need not be offered more.
        if (reply === undefined && this.#wire.pendingBytes >= before + CRLF.length) return 'lost';
        // Our CR LF may have completed the damaged line of a command that wants a payload.
        await this.#lull();
      }
      const waiting = reply === undefined || this.#prompted;
      // Also when it seemed to be filled before: received data may hold what looked like an answer.
      if (waiting && this.#fill > 0) reply = await this.#fillUp();
      if (reply !== undefined && (await this.#ask())) return 'in step';
      if (reply === undefined && this.#hasty && !this.#flooded) return 'lost';
    }
    if (this.#abandoned || !(options.mayRestart || this.#flooded || this.#hangs)) return 'lost';
    this.#taken('restart');
    // After the restart it may be at another rate, where its `ready` is not heard: the search there should be in time.
    const boot = this.#hasty ? HASTY_ANSWER : BOOT;
    const ready = await this.#say(Buffer.from('AT+RST\r\n'), (line) => line === 'ready', boot);
    return ready === undefined ? 'lost' : 'restarted';
  }

  /** Ends whatever line was damaged; a command that is still at work is waited for. */
  async #endLine(): Promise<string | undefined> {
    this.#taken('crlf');
    this.#hangs = false;
    const until = this.#wire.clock.now() + AT_WORK;
    for (;;) {
      const reply = await this.#say(CRLF, isFinal, this.#hasty ? HASTY_ANSWER : ANSWER);
      if (reply !== 'busy p...') return reply;
      const result = await this.#await(isResult, STILL_AT_WORK);
      if (result !== undefined) return result;
      if (this.#wire.clock.now() < until) continue;
      this.#hangs = true;
      return undefined;
    }
  }

  get #goesOn(): boolean {
    return !this.#abandoned && !this.#flooded;
  }

  /** Feeds a waiting prompt line ends, which mean nothing should they be taken for commands. */
  async #fillUp(): Promise<string | undefined> {
    this.#taken('fill');
    this.#prompted = false;
    for (let size = 8, total = CRLF.length; total < this.#fill + CRLF.length; size *= 8) {
      if (this.#abandoned) return undefined;
      const bytes = Math.min(size, this.#fill + CRLF.length - total + 1) & ~1;
      if (bytes === 0) return undefined;
      const reply = await this.#say(
        Buffer.from('\r\n'.repeat(bytes / 2)),
        isFinal,
        this.#hasty ? HASTY_STUFFED : STUFFED,
        LONGEST_STUFFED,
      );
      if (reply !== undefined) {
        this.#filled = true;
        await this.#lull();
        return reply;
      }
      total += bytes;
    }
    return undefined;
  }

  async #ask(): Promise<boolean> {
    const question = questions[this.#question++ % questions.length] ?? questions[0];
    let answered = false;
    const proof = (line: string) => {
      answered ||= line.startsWith(question.answer);
      return answered && line === 'OK';
    };
    return (await this.#say(Buffer.from(question.line), proof, ANSWER)) !== undefined;
  }

  #say(
    bytes: Uint8Array,
    wanted: (line: string) => boolean,
    stillness: number,
    longest = stillness + LONGEST_FLOOD,
  ): Promise<string | undefined> {
    this.#missed = [];
    // Listening comes first: a device in the same process may answer before the write returns.
    const reply = this.#await(wanted, stillness, this.#wire.transmissionMs(bytes.length), longest);
    if (!this.#abandoned) this.#wire.write(bytes);
    return reply;
  }

  #lull(): Promise<unknown> {
    return this.#await(() => false, LULL, 0, LONGEST_LULL);
  }

  /**
   * The first wanted line, or undefined after so many milliseconds of stillness; a line that is never still
   * may draw that out to `longest`.
   */
  #await(
    wanted: (line: string) => boolean,
    stillness: number,
    onTheWire = 0,
    longest = stillness + LONGEST_FLOOD,
  ): Promise<string | undefined> {
    if (this.#abandoned) return Promise.resolve(undefined);
    const missed = this.#missed.find(wanted);
    this.#missed = [];
    if (missed !== undefined) return Promise.resolve(missed);
    const from = this.#wire.clock.now() + onTheWire;
    this.#timer.restart(from);
    return new Promise((resolve) => {
      this.#expectation = { wanted, settle: resolve };
      this.#watch(stillness, from + longest, stillness);
    });
  }

  #watch(stillness: number, latest: number, left: number): void {
    this.#timer.watch(left, () => {
      const now = this.#wire.clock.now();
      const rest = stillness - this.#timer.idle;
      const isAnswer = stillness === ANSWER || stillness === HASTY_ANSWER;
      this.#flooded ||= rest > 0 && now >= latest && isAnswer;
      if (rest <= 0 || now >= latest) this.#settle(undefined);
      else this.#watch(stillness, latest, Math.min(rest, latest - now));
    });
  }

  #settle(line: string | undefined): void {
    this.#timer.stop();
    const expectation = this.#expectation;
    this.#expectation = undefined;
    expectation?.settle(line);
  }
}

/** Anything that shows the device has dealt with what it was sent; `>` is a prompt nobody asked for. */
function isFinal(line: string): boolean {
  return isResult(line) || line === 'busy p...' || line === '>';
}
