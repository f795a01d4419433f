import type { Cancel, Clock } from '../clock';
import { EspAtError } from '../errors';
import type { Answer, Command, Run } from './command';
import { Exchange, type Verdict } from './exchange';
import type { DataFormat, DataFrame, Frame, LinkId } from './frame';
import { Framer } from './framer';
import { Recovery, type RecoveryStep } from './recovery';
import { parseReport, type Report } from './reports';
import { SendQueue } from './send-queue';
import { Stillness } from './stillness';

/** Milliseconds of stillness after which a device that owes an answer is probed with a CR LF. */
const PROBE_AFTER = 4000;
/** The same once it said it was busy although nothing should have kept it so. */
const PROBE_WHEN_BUSY = 1500;
/** Milliseconds between probes of a device that answers them: it is at work. */
const PROBE_AGAIN = 10_000;
/** Milliseconds of stillness in which an idle or working device answers a probe. */
const PROBE_ANSWER = 1500;
/** Milliseconds of stillness until a prompt, which needs no network; and until it is probed for. */
const PROMPT = 4000;
const PROBE_FOR_PROMPT = 1500;
/** Milliseconds in which the answer to a probe follows a result that overtook it. */
const PROBE_LATE = 500;
/** Milliseconds that even a line which is never still may delay an answer. */
const LONGEST_FLOOD = 300_000;
/** How often a command is said again that is harmless to repeat, or that cannot have left. */
const ATTEMPTS = 3;

/** Bits on the line for a byte: start, eight data bits, stop. */
const BITS_A_BYTE = 10;

/** The line below the session. */
export interface SessionLine {
  write(bytes: Uint8Array): void;
  /** Bytes written that are still to go out. */
  readonly pending: number;
  /** Bits a second, where known. */
  readonly rate: number | undefined;
}

/** What the session tells its device. None of these may throw. */
export interface SessionHandlers {
  report(report: Report): void;
  data(frame: DataFrame): void;
  /** A line nobody knows. */
  unknown(text: string): void;
  /** Whether a line nobody knows may be what is left of damaged data. */
  suspects(text: string): boolean;
  /** The device echoes although it was told not to: it has restarted unnoticed. */
  echoed(): void;
  /** Something received may have been lost or damaged; which link's, nobody knows. */
  gap(): void;
  outOfStep(reason: string): void;
  recovery(step: RecoveryStep): void;
  recovered(): void;
  /** A data prompt of this link was filled up with line ends: its peer got a damaged message. */
  filled(link: LinkId): void;
  /** No mild means helps any more; the session takes nothing until {@link Session.reset}. */
  dead(): void;
}

/** One message to be sent: one command, or one for each of its fragments. */
export interface Send {
  readonly link: LinkId;
  readonly parts: readonly Command[];
  /** Settles it: without an error when the device has confirmed every part. Called once. */
  readonly settle: (error?: EspAtError) => void;
}

interface QueuedSend extends Send {
  next: number;
  bytes: number;
}

/** A command at work, and who waits for it. */
interface Active {
  readonly exchange: Exchange;
  readonly attempt: number;
  readonly send?: QueuedSend;
  readonly done?: (answer: Answer) => void;
  readonly failed?: (error: EspAtError) => void;
}

/** A run of commands that nothing else may come between. */
interface Sequence {
  begin(): void;
  abort(error: EspAtError): void;
}

/**
 * One command at a time over one line. Answers belong to the command at work, prompts to the one that
 * expects them, everything else is a report. When an answer is lost or damaged the session gets back in
 * step before anything else is asked, so that a late answer never reaches the next command.
 */
export class Session {
  readonly #line: SessionLine;
  readonly #clock: Clock;
  readonly #handlers: SessionHandlers;
  readonly #framer: Framer;
  readonly #still: Stillness;
  readonly #sequences: Sequence[] = [];
  readonly #sends = new SendQueue<QueuedSend>();
  #active: Active | undefined;
  #sequence: Sequence | undefined;
  #recovery: Recovery | undefined;
  /** What was at work when the step was lost and is to be said again once it is found. */
  #again: Active | undefined;
  /** The next command of a sequence that goes on while the step is being found. */
  #parked: Active | undefined;
  /** Whether what is received may be the inside of a damaged message. */
  #distrusted = false;
  /** Payload bytes that a prompt nobody sees may be waiting for. */
  #unfilled = 0;
  #unfilledLink: LinkId | undefined;
  #turn = 0;
  #closed: EspAtError | undefined;
  #lastReset: EspAtError | undefined;
  #stuck = false;
  #startedAt = 0;
  #nextProbe = 0;
  #probedAt = 0;
  #timer: Cancel | undefined;
  #timerDue = 0;
  /** While true, unknown lines mean nothing: the device may be booting, or echoing. */
  lenient = true;
  /** Whether `AT+RST` may be tried to get back in step; not when a restart changes the line's rate. */
  mayRestart = true;

  constructor(line: SessionLine, clock: Clock, handlers: SessionHandlers) {
    this.#line = line;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#framer = new Framer((frame) => this.#take(frame));
    this.#still = new Stillness(clock.now());
  }

  /** How many promises and calls wait for this session. */
  get load(): number {
    const sends = this.#sends.waiting(0) + this.#sends.waiting(1) + this.#sends.waiting(2);
    return sends + this.#sequences.length + (this.#active ? 1 : 0) + (this.#sequence ? 1 : 0);
  }

  /** Takes what came from the device. */
  receive(chunk: Buffer): void {
    const now = this.#clock.now();
    this.#still.heard(now);
    this.#recovery?.heard(now);
    this.#framer.push(chunk);
  }

  /** How `+WS_DATA` of a link looks from here on. */
  setFormat(link: LinkId, format: DataFormat): void {
    this.#framer.setFormat(link, format);
  }

  /** One command, as soon as what is at work allows it; before any message that waits. */
  run(command: Command): Promise<Answer> {
    return this.exclusive((run) => run(command));
  }

  /** Several commands that no other comes between. */
  exclusive<T>(body: (run: Run) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise<T>((resolve, reject) => {
      const sequence: Sequence = {
        begin: () => {
          body((command) => this.#exchange(command))
            .then(resolve, reject)
            .finally(() => {
              if (this.#sequence === sequence) this.#sequence = undefined;
              this.#next();
            });
        },
        abort: reject,
      };
      this.#sequences.push(sequence);
      this.#next();
    });
  }

  /** Queues a message. It settles exactly once. Returns how to withdraw it while it waits. */
  send(send: Send): () => boolean {
    const closed = this.#closed;
    if (closed) {
      send.settle(notSent(closed));
      return () => false;
    }
    const queued: QueuedSend = { ...send, next: 0, bytes: size(send.parts[0]) };
    this.#sends.push(queued);
    this.#next();
    return () => queued.next === 0 && this.#sendAtWork() !== queued && this.#sends.remove(queued);
  }

  /** Messages of a link that wait or are at work. */
  sending(link: LinkId): number {
    return this.#sends.waiting(link);
  }

  /** Rejects everything of one link that has not been begun. */
  dropSends(link: LinkId, error: EspAtError): void {
    const atWork = this.#sendAtWork();
    for (const send of this.#sends.drain(link)) {
      if (send === atWork) this.#sends.push(send);
      else send.settle(send.next === 0 ? notSent(error) : unknown(link, error.message));
    }
  }

  /**
   * Gets in step with a device of which nothing is known. True when it answers.
   * @param fill bytes that a data prompt of an earlier life may be waiting for
   * @throws EspAtError whatever the session was {@link reset} with meanwhile
   */
  async align(fill: number): Promise<boolean> {
    if (this.#closed) throw this.#closed;
    const recovery = new Recovery(this.#wire(), fill, this.#turn++, () => undefined);
    this.#recovery = recovery;
    this.#framer.expectPrompt = fill > 0;
    const inStep = await recovery.run({ attempts: fill > 0 ? 3 : 1, mayRestart: false });
    if (this.#recovery !== recovery) throw this.#lastReset ?? new EspAtError('PORT_CLOSED');
    this.#recovery = undefined;
    this.#framer.expectPrompt = false;
    if (inStep) {
      this.#distrusted = false;
      this.#stuck = false;
      this.#unfilled = 0;
    }
    return inStep;
  }

  /**
   * The device has forgotten everything, or is gone: all that is in flight or waits fails now, each with
   * what is known of it. The session is fresh afterwards.
   */
  reset(error: EspAtError): void {
    this.#lastReset = error;
    this.#recovery?.abandon();
    this.#recovery = undefined;
    this.#framer.reset();
    this.#distrusted = false;
    this.#stuck = false;
    this.#unfilled = 0;
    this.#timer?.();
    this.#timer = undefined;
    const begun = [this.#active, this.#again, this.#parked].filter(
      (active) => active !== undefined,
    );
    this.#active = this.#again = this.#parked = undefined;
    this.#sequence = undefined;
    const sends = this.#sends.drain();
    const sequences = this.#sequences.splice(0);
    for (const active of begun) this.#fail(active, error);
    for (const send of sends) {
      if (begun.some((active) => active.send === send)) continue;
      send.settle(send.next === 0 ? notSent(error) : unknown(send.link, error.message));
    }
    for (const sequence of sequences) sequence.abort(error);
  }

  /** {@link reset} for good: whatever is asked later is rejected with the same error. */
  close(error: EspAtError): void {
    this.#closed = error;
    this.reset(error);
  }

  // --- what comes in -------------------------------------------------------------------------------

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'data':
        if (!this.#distrusted) this.#handlers.data(frame);
        return;
      case 'line':
        return this.#takeLine(frame.text);
      case 'prompt':
        return this.#takePrompt();
      case 'garbage':
        if (!this.lenient) this.#distrust(`received bytes were damaged (${frame.reason})`);
        return;
    }
  }

  #takeLine(text: string): void {
    if (this.#recovery) {
      if (!this.#recovery.line(text)) this.#takeForeign(text, false);
      return;
    }
    const active = this.#active;
    if (!active) return this.#takeIdle(text);
    this.#judge(active, active.exchange.line(text), text);
  }

  #takePrompt(): void {
    const active = this.#active;
    if (this.#recovery || !active) {
      this.#recovery?.line('>');
      return;
    }
    this.#judge(active, active.exchange.prompt(), '>');
  }

  #judge(active: Active, verdict: Verdict, text: string): void {
    switch (verdict) {
      case 'taken':
        if (text === 'busy p...') this.#heardBusy(active.exchange);
        return;
      case 'foreign':
        return this.#takeForeign(text, true);
      case 'write':
        return this.#writePayload(active);
      case 'success':
        return this.#succeed(active);
      case 'failure':
        this.#active = undefined;
        this.#fail(active, refusal(active));
        return this.#next();
      case 'echo':
        if (!this.lenient) this.#handlers.echoed();
        return;
      case 'confused':
        return this.#lose(active, `${text} is no answer to ${active.exchange.command.name}`);
    }
  }

  /** A line while no command is at work. */
  #takeIdle(text: string): void {
    if (text === 'OK' || text === 'SEND OK' || text === 'SEND FAIL') {
      if (!this.lenient) this.#recover(`an unexpected ${text} came`);
      return;
    }
    // Noise on the line was answered; the device is idle again.
    if (text === 'ERROR' || text === 'busy p...') return;
    this.#takeForeign(text, true);
  }

  #takeForeign(text: string, mayBeData: boolean): void {
    const report = parseReport(text);
    if (report) {
      if (!this.#distrusted || report.kind === 'ready') this.#handlers.report(report);
      return;
    }
    if (isResult(text)) return;
    this.#handlers.unknown(text);
    if (mayBeData && !this.lenient && this.#handlers.suspects(text)) {
      this.#distrust('a damaged line came');
    }
  }

  // --- what goes out -------------------------------------------------------------------------------

  #next(): void {
    if (this.#active || this.#sequence || this.#recovery || this.#stuck || this.#closed) return;
    const sequence = this.#sequences.shift();
    if (sequence) {
      this.#sequence = sequence;
      sequence.begin();
      return;
    }
    const send = this.#sends.peek();
    const part = send?.parts[send.next];
    if (send && part) this.#start({ exchange: new Exchange(part), attempt: 1, send });
  }

  #exchange(command: Command): Promise<Answer> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((done, failed) => {
      this.#start({ exchange: new Exchange(command), attempt: 1, done, failed });
    });
  }

  #start(active: Active): void {
    const { command } = active.exchange;
    if (this.#recovery && !this.#parked) {
      this.#parked = active;
      return;
    }
    if (this.#active || this.#recovery || this.#stuck) {
      this.#fail(active, lost(active));
      return;
    }
    this.#active = active;
    this.#framer.expectPrompt = command.payload !== undefined;
    const line = Buffer.from(`${command.line}\r\n`, 'latin1');
    this.#watch(line.length);
    this.#write(line);
  }

  #writePayload(active: Active): void {
    const { payload } = active.exchange.command;
    if (!payload) return;
    this.#unfilled = payload.length;
    this.#unfilledLink = active.send?.link;
    this.#watch(payload.length);
    this.#write(payload);
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#line.write(bytes);
    } catch {
      // The port is gone; whoever owns it is being told, and will reset this session.
    }
  }

  #succeed(active: Active): void {
    this.#active = undefined;
    this.#unfilled = 0;
    const { send, exchange } = active;
    if (!send) {
      active.done?.(exchange.lines);
      return;
    }
    this.#sends.served(send.link, size(exchange.command));
    send.next++;
    const following = send.parts[send.next];
    if (following) send.bytes = size(following);
    else this.#sends.shift(send.link);
    // The wire first: the next command leaves in the same turn in which this answer is complete.
    this.#next();
    if (!following) send.settle();
  }

  #fail(active: Active, error: EspAtError): void {
    const { send, exchange } = active;
    if (!send) {
      active.failed?.(error);
      return;
    }
    this.#sends.remove(send);
    const left = exchange.payloadWritten || send.next > 0;
    send.settle(left ? unknown(send.link, error.message) : notSent(error));
  }

  // --- time ----------------------------------------------------------------------------------------

  #watch(bytes: number): void {
    const now = this.#clock.now();
    this.#startedAt = now;
    this.#still.restart(now + this.#duration(bytes));
    const exchange = this.#active?.exchange;
    const prompting = exchange?.command.payload !== undefined && !exchange.payloadWritten;
    this.#nextProbe = prompting ? PROBE_FOR_PROMPT : PROBE_AFTER;
    this.#lookIn(this.#nextProbe, now);
  }

  /** Sees to it that the timer falls due in so many milliseconds, or sooner. */
  #lookIn(delay: number, now: number): void {
    const due = now + Math.max(1, delay);
    if (this.#timer && this.#timerDue <= due) return;
    this.#timer?.();
    this.#timerDue = due;
    this.#timer = this.#clock.after(due - now, () => this.#check());
  }

  /** One timer for all commands: it looks at whatever is at work when it falls due. */
  #check(): void {
    this.#timer = undefined;
    const active = this.#active;
    if (!active || this.#recovery) return;
    const now = this.#clock.now();
    const still = this.#line.pending > 0 ? 0 : this.#still.until(now);
    const wait = this.#patience(active, still, now);
    if (this.#active === active) this.#lookIn(wait, now);
  }

  /** What the stillness means for the command at work; returns when to look again, in milliseconds. */
  #patience(active: Active, still: number, now: number): number {
    const { exchange } = active;
    const deadline =
      exchange.command.payload && !exchange.payloadWritten ? PROMPT : exchange.command.deadline;
    if (exchange.won) {
      if (still - this.#probedAt < PROBE_LATE) return PROBE_LATE;
      // Nobody answered the probe: its CR LF went out as payload, or ended our own command line.
      if (exchange.payloadWritten) this.#lose(active, 'the message went out damaged');
      else this.#succeed(active);
    } else if (still >= deadline || now - this.#startedAt > deadline + LONGEST_FLOOD) {
      this.#lose(active, `${exchange.command.name} was not answered`);
    } else if (exchange.probing) {
      const left = PROBE_ANSWER - (still - this.#probedAt);
      if (left > 0) return left;
      this.#lose(active, `${exchange.command.name} was not answered, nor a probe`);
    } else if (still >= this.#nextProbe) {
      this.#probe(exchange, still);
      return PROBE_ANSWER;
    }
    return Math.min(deadline, this.#nextProbe) - still;
  }

  #probe(exchange: Exchange, still: number): void {
    this.#probedAt = still;
    this.#nextProbe = still + PROBE_AGAIN;
    exchange.probed();
    this.#write(Buffer.from('\r\n'));
  }

  #heardBusy(exchange: Exchange): void {
    if (!exchange.busy) return;
    const now = this.#clock.now();
    this.#nextProbe = Math.min(this.#nextProbe, this.#still.until(now) + PROBE_WHEN_BUSY);
    this.#lookIn(PROBE_WHEN_BUSY, now);
  }

  #duration(bytes: number): number {
    const { rate } = this.#line;
    return rate ? (bytes * BITS_A_BYTE * 1000) / rate : 0;
  }

  // --- out of step ---------------------------------------------------------------------------------

  /** Received bytes were damaged: until back in step, anything may be the inside of a message. */
  #distrust(reason: string): void {
    if (this.#distrusted) return;
    this.#distrusted = true;
    this.#handlers.gap();
    const active = this.#active;
    if (!active) return this.#recover(reason);
    active.exchange.taint();
    // Its prompt can no longer be told from the inside of a message; the payload must not be risked.
    if (active.exchange.command.payload && !active.exchange.payloadWritten)
      this.#lose(active, reason);
  }

  /** The answer to the command at work will not be known. */
  #lose(active: Active, reason: string): void {
    this.#active = undefined;
    const { exchange, send } = active;
    const { command } = exchange;
    if (command.payload && this.#unfilled < command.payload.length) {
      this.#unfilled = command.payload.length;
      this.#unfilledLink = send?.link;
    }
    const untouched = send !== undefined && send.next === 0 && !exchange.payloadWritten;
    const again = (command.repeatable || untouched) && active.attempt < ATTEMPTS;
    if (!again) this.#fail(active, lost(active));
    this.#recover(reason, again ? active : undefined);
  }

  #recover(reason: string, again?: Active): void {
    this.#handlers.outOfStep(reason);
    const recovery = new Recovery(this.#wire(), this.#unfilled, this.#turn++, (step) =>
      this.#handlers.recovery(step),
    );
    this.#recovery = recovery;
    this.#again = again;
    this.#framer.expectPrompt = this.#unfilled > 0;
    void recovery.run({ attempts: 3, mayRestart: this.mayRestart }).then((inStep) => {
      if (this.#recovery !== recovery) return;
      this.#recovery = undefined;
      this.#framer.expectPrompt = false;
      if (inStep) this.#inStep(recovery.filled ? this.#unfilledLink : undefined);
      else this.#giveUp();
    });
  }

  #inStep(filled: LinkId | undefined): void {
    this.#distrusted = false;
    this.#unfilled = 0;
    this.#unfilledLink = undefined;
    const again = this.#again;
    const parked = this.#parked;
    this.#again = this.#parked = undefined;
    if (filled !== undefined) this.#handlers.filled(filled);
    this.#handlers.recovered();
    // What line ends were put in for must not follow as if nothing had happened: its link is closed first.
    if (again?.send && filled === again.send.link) this.#fail(again, lost(again));
    else if (again) this.#start(renewed(again));
    if (parked) this.#start(parked);
    this.#next();
  }

  #giveUp(): void {
    this.#stuck = true;
    const waiting = [this.#again, this.#parked].filter((active) => active !== undefined);
    this.#again = this.#parked = undefined;
    for (const active of waiting) this.#fail(active, lost(active));
    this.#handlers.dead();
  }

  #sendAtWork(): QueuedSend | undefined {
    return this.#active?.send ?? this.#again?.send;
  }

  #wire() {
    return {
      clock: this.#clock,
      write: (bytes: Uint8Array) => this.#write(bytes),
      duration: (bytes: number) => this.#duration(bytes),
    };
  }
}

function size(command: Command | undefined): number {
  return command ? command.line.length + (command.payload?.length ?? 0) : 0;
}

function isResult(text: string): boolean {
  return text === 'OK' || text === 'ERROR' || text === 'SEND OK' || text === 'SEND FAIL';
}

/** The same command once more, with nothing heard of it yet. */
function renewed(active: Active): Active {
  return {
    ...active,
    exchange: new Exchange(active.exchange.command),
    attempt: active.attempt + 1,
  };
}

function lost({ exchange }: Active): EspAtError {
  return new EspAtError('OUT_OF_STEP', { command: exchange.command.name });
}

function refusal({ exchange, send }: Active): EspAtError {
  const said = [...exchange.lines, exchange.reason].filter((line) => line !== '').join(', ');
  if (send) {
    return new EspAtError(exchange.payloadWritten ? 'COMMAND_FAILED' : 'SEND_FAILED', {
      command: exchange.command.name,
      link: send.link,
      reason: said,
    });
  }
  return new EspAtError('COMMAND_FAILED', {
    command: exchange.command.name,
    reason: said === '' ? '' : `: ${said}`,
  });
}

function notSent(error: EspAtError): EspAtError {
  return new EspAtError(error.code, error.details, { outcome: 'not-sent', cause: error });
}

function unknown(link: LinkId, reason: string): EspAtError {
  return new EspAtError('SEND_UNKNOWN', { link, reason }, { outcome: 'unknown' });
}
