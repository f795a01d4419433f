import type { Clock } from '../clock';
import { EspAtError } from '../errors';
import type { Answer, Command, Run } from './command';
import { StallWatch } from './stall-watch';
import { Exchange, type Verdict } from './exchange';
import type { DataFormat, DataFrame, Frame, LinkId } from './frame';
import { Framer } from './framer';
import { Patience } from './patience';
import { LARGEST_PAYLOAD, Recovery, type RecoveryStep } from './recovery';
import { parseReport, type Report } from './reports';
import { isDoubtful, isResult, lost, notSent, refusal, renewed, size, unknown } from './request';
import type { QueuedSend, Request, Send } from './request';
import { SendQueue } from './send-queue';

/** How often a command is said again that is harmless to repeat, or that cannot have left. */
const ATTEMPTS = 3;
/** Bits on the line for a byte: start, eight data bits, stop. */
const BITS_A_BYTE = 10;

const CRLF = Buffer.from('\r\n');
const CR = CRLF.subarray(0, 1);
const LF = CRLF.subarray(1);

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
  readonly #stalls: StallWatch;
  readonly #patience: Patience;
  readonly #sequences: Sequence[] = [];
  readonly #sends = new SendQueue<QueuedSend>();
  #request: Request | undefined;
  #sequence: Sequence | undefined;
  #recovery: Recovery | undefined;
  /** What was at work when the step was lost and is to be said again once it is found. */
  #again: Request | undefined;
  /** The next command of a sequence that goes on while the step is being found. */
  #parked: Request | undefined;
  /** Whether what is received may be the inside of a damaged message. */
  #distrusted = false;
  /** Payload bytes that a prompt nobody sees may be waiting for, and whose they are. */
  #unfilled = 0;
  #unfilledLink: LinkId | undefined;
  /** Whose peer got a damaged message while the step was being lost. */
  #spoiled: LinkId | undefined;
  #turn = 0;
  #stuck = false;
  #closed: EspAtError | undefined;
  #lastReset: EspAtError | undefined;
  /** While true, unknown lines mean nothing: the device may be booting, or echoing. */
  lenient = true;
  /** Whether `AT+RST` may be tried to get back in step; not when a restart changes the line's rate. */
  mayRestart = true;

  constructor(line: SessionLine, clock: Clock, handlers: SessionHandlers) {
    this.#line = line;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#framer = new Framer((frame) => this.#take(frame));
    this.#stalls = new StallWatch(clock, this.#framer);
    this.#patience = new Patience(clock, {
      probe: () => this.#write(this.#request?.exchange.payloadWritten ? CR : CRLF),
      lose: (reason) => this.#request && this.#lose(this.#request, reason),
      spoil: (reason) => this.#request && this.#spoil(this.#request, reason),
      succeed: () => this.#request && this.#succeed(this.#request),
      writing: () => line.pending > 0,
    });
  }

  /** Takes what came from the device. */
  receive(chunk: Buffer): void {
    const now = this.#clock.now();
    this.#patience.heard(now);
    this.#recovery?.heard(now);
    this.#framer.push(chunk);
    this.#stalls.heard(now);
  }

  /** Whether a data prompt may be left waiting, should the two sides part now. */
  get prompted(): boolean {
    return this.#request?.exchange.command.payload !== undefined || this.#unfilled > 0;
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
          void body((command) => this.#askWithin(sequence, command))
            .then(resolve, reject)
            .then(() => {
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

  /** The link's connection has ended: rejects everything of it but what is at work, which ends with its part. */
  dropSends(link: LinkId, error: EspAtError): void {
    const atWork = this.#sendAtWork();
    for (const send of this.#sends.drain(link)) {
      if (send === atWork) {
        this.#sends.push(send);
        send.ended = error;
        send.unborn = send.next === 0 && this.#request?.exchange.mayHaveLeft !== true;
      } else {
        send.settle(send.next === 0 ? notSent(error) : unknown(link, error));
      }
    }
  }

  /**
   * Gets in step with a device of which nothing is known. True when it answers.
   * @param fill bytes that a data prompt of an earlier life may be waiting for, and most likely is; or 0
   * @throws EspAtError whatever the session was {@link reset} with meanwhile
   */
  async align(fill: number): Promise<boolean> {
    if (this.#closed) throw this.#closed;
    const recovery = this.#newRecovery(fill, () => undefined);
    const outcome = await recovery.run({
      attempts: fill > 0 ? 3 : 1,
      mayRestart: false,
      prompted: fill > 0,
    });
    if (this.#recovery !== recovery) throw this.#lastReset ?? new EspAtError('PORT_CLOSED');
    this.#endRecovery();
    // A device that has just started has nothing to be in step about.
    const inStep = outcome !== 'lost';
    if (inStep) {
      this.#distrusted = false;
      this.#stuck = false;
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
    this.#endRecovery();
    this.#patience.stop();
    this.#stalls.stop();
    this.#framer.reset();
    this.#distrusted = false;
    this.#stuck = false;
    this.#unfilled = 0;
    this.#spoiled = undefined;
    const begun = [this.#request, this.#again, this.#parked].filter((each) => each !== undefined);
    this.#request = this.#again = this.#parked = undefined;
    this.#sequence = undefined;
    const sends = this.#sends.drain();
    const sequences = this.#sequences.splice(0);
    for (const request of begun) this.#fail(request, error);
    for (const send of sends) {
      if (begun.some((request) => request.send === send)) continue;
      send.settle(send.next === 0 ? notSent(error) : unknown(send.link, error));
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
      if (!this.#recovery.line(text)) this.#takeForeign(text);
    } else if (this.#request) {
      this.#judge(this.#request, this.#request.exchange.line(text), text);
    } else if (text === 'OK' || text === 'SEND OK' || text === 'SEND FAIL') {
      if (!this.lenient) this.#recover(`an unexpected ${text} came`);
    } else if (text !== 'ERROR' && text !== 'busy p...') {
      // An ERROR with nothing at work answers noise on the line; the device is idle again.
      this.#takeForeign(text);
    }
  }

  #takePrompt(): void {
    if (this.#recovery) this.#recovery.line('>');
    else if (this.#request) this.#judge(this.#request, this.#request.exchange.prompt(), '>');
  }

  #judge(request: Request, verdict: Verdict, text: string): void {
    switch (verdict) {
      case 'taken':
        if (text === 'busy p...' && request.exchange.busy) this.#patience.busy();
        return;
      case 'foreign':
        return this.#takeForeign(text);
      case 'write':
        return this.#writePayload(request);
      case 'success':
        return this.#succeed(request);
      case 'verify':
        this.#patience.verify();
        return this.#write(LF);
      case 'failure':
        return this.#refuse(request);
      case 'echo':
        if (!this.lenient) this.#handlers.echoed();
        return;
      case 'confused':
        // More bytes than the device took: it has sent the message with others in it.
        if (text === 'SEND OK' && request.exchange.payloadWritten)
          return this.#spoil(request, 'the payload was damaged on its way');
        return this.#lose(request, `${text} is no answer to ${request.exchange.command.name}`);
    }
  }

  #takeForeign(text: string): void {
    const report = parseReport(text);
    if (report) {
      if (!this.#distrusted || report.kind === 'ready') this.#handlers.report(report);
      return;
    }
    if (isResult(text)) return;
    this.#handlers.unknown(text);
    if (!this.lenient && this.#handlers.suspects(text)) {
      this.#distrust('a damaged line came');
    }
  }

  // --- what goes out -------------------------------------------------------------------------------

  #next(): void {
    if (this.#request || this.#sequence || this.#recovery || this.#stuck || this.#closed) return;
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

  /** What a sequence asks that was ended by a reset while it was between two commands is asked of nobody. */
  #askWithin(sequence: Sequence, command: Command): Promise<Answer> {
    if (this.#sequence === sequence) return this.#ask(command);
    return Promise.reject(this.#lastReset ?? new EspAtError('PORT_CLOSED'));
  }

  #ask(command: Command): Promise<Answer> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((done, failed) => {
      const request = { exchange: new Exchange(command), attempt: 1, done, failed };
      if (this.#recovery && !this.#parked) this.#parked = request;
      else if (this.#request || this.#recovery || this.#stuck) failed(lost(request));
      else this.#start(request);
    });
  }

  #start(request: Request): void {
    const { command } = request.exchange;
    this.#request = request;
    this.#framer.expectPrompt = command.payload !== undefined;
    const line = Buffer.from(`${command.line}\r\n`, 'latin1');
    this.#patience.begin(request.exchange, this.#duration(line.length));
    this.#write(line);
  }

  #writePayload({ exchange, send }: Request): void {
    const { payload } = exchange.command;
    if (!payload) return;
    this.#unfilled = LARGEST_PAYLOAD;
    this.#unfilledLink = send?.link;
    this.#patience.begin(exchange, this.#duration(payload.length));
    this.#write(payload);
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#line.write(bytes);
    } catch {
      // The port is gone; whoever owns it is being told, and will reset this session.
    }
  }

  #release(): void {
    this.#request = undefined;
    this.#unfilled = 0;
    this.#patience.end();
  }

  #succeed(request: Request): void {
    this.#release();
    const { send, exchange } = request;
    if (!send) return request.done(exchange.lines);
    this.#sends.served(send.link, size(exchange.command));
    send.next++;
    const following = send.parts[send.next];
    if (following && send.ended) {
      this.#fail(request, send.ended);
      return this.#next();
    }
    if (following) send.bytes = size(following);
    else this.#sends.shift(send.link);
    // The wire first: the next command leaves in the same turn in which this answer is complete.
    this.#next();
    if (!following) send.settle();
  }

  #refuse(request: Request): void {
    if (isDoubtful(request))
      return this.#lose(request, `${request.exchange.command.name} was refused for no reason`);
    const error = refusal(request, this.#patience.waited);
    this.#release();
    if (request.send?.unborn) this.#settleUnborn(request.send, error);
    else this.#fail(request, error);
    this.#next();
  }

  #settleUnborn(send: QueuedSend, error: EspAtError): void {
    this.#sends.remove(send);
    send.settle(notSent(send.ended ?? error));
  }

  #fail(request: Request, error: EspAtError): void {
    const { send, exchange } = request;
    if (!send) return request.failed(error);
    this.#sends.remove(send);
    const left = exchange.mayHaveLeft || send.next > 0;
    send.settle(left ? unknown(send.link, error) : notSent(error));
  }

  #sendAtWork(): QueuedSend | undefined {
    return this.#request?.send ?? this.#again?.send;
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
    // Nothing that comes now proves anything: no prompt, since the payload must not be risked, and no result.
    if (this.#request) this.#lose(this.#request, reason);
    else if (!this.#recovery) this.#recover(reason);
    this.#handlers.gap();
  }

  /** The answer to the command at work will not be known. */
  #lose(request: Request, reason: string): void {
    const { exchange, send } = request;
    const { command } = exchange;
    const waiting = command.payload ? LARGEST_PAYLOAD : 0;
    this.#release();
    this.#unfilled = waiting;
    this.#unfilledLink = send?.link;
    const untouched = command.payload !== undefined && !exchange.payloadWritten && !send?.next;
    const again = (command.repeatable || untouched) && request.attempt < ATTEMPTS;
    this.#recover(reason, again ? request : undefined);
    if (!again) this.#fail(request, lost(request));
  }

  /** Its peer got a damaged message. */
  #spoil(request: Request, reason: string): void {
    this.#spoiled = request.send?.link;
    this.#lose(request, reason);
  }

  /** Begins before anybody is told: whoever is told may ask for something at once, which has to wait. */
  #recover(reason: string, again?: Request): void {
    this.#again = again;
    const recovery = this.#newRecovery(this.#unfilled, (step) => this.#handlers.recovery(step));
    this.#handlers.outOfStep(reason);
    void recovery.run({ attempts: 3, mayRestart: this.mayRestart }).then((outcome) => {
      if (this.#recovery !== recovery) return;
      this.#endRecovery();
      if (outcome === 'in step') this.#inStep(recovery.filled ? this.#unfilledLink : this.#spoiled);
      else if (outcome === 'restarted') this.#handlers.report({ kind: 'ready' });
      else this.#giveUp();
    });
  }

  #newRecovery(fill: number, taken: (step: RecoveryStep) => void): Recovery {
    const wire = {
      clock: this.#clock,
      write: (bytes: Uint8Array) => this.#write(bytes),
      duration: (bytes: number) => this.#duration(bytes),
    };
    this.#recovery = new Recovery(wire, fill, this.#turn++, taken);
    this.#framer.expectPrompt = fill > 0;
    return this.#recovery;
  }

  #endRecovery(): void {
    this.#recovery = undefined;
    this.#framer.expectPrompt = false;
  }

  #inStep(filled: LinkId | undefined): void {
    this.#distrusted = false;
    this.#unfilled = 0;
    this.#spoiled = undefined;
    const again = this.#again;
    const parked = this.#parked;
    this.#again = this.#parked = undefined;
    const mayGoOn = again && !isOfLost(again.send, filled);
    if (mayGoOn) this.#start(renewed(again));
    else if (parked) this.#start(parked);
    if (again && !mayGoOn) this.#fail(again, again.send?.ended ?? lost(again));
    if (filled !== undefined) this.#handlers.filled(filled);
    this.#handlers.recovered();
    this.#next();
  }

  #giveUp(): void {
    this.#stuck = true;
    const waiting = [this.#again, this.#parked].filter((each) => each !== undefined);
    this.#again = this.#parked = undefined;
    for (const request of waiting) this.#fail(request, lost(request));
    this.#handlers.dead();
  }
}

/** Nothing may follow a damaged message as if nothing had happened, nor go out on another connection. */
function isOfLost(send: QueuedSend | undefined, filled: LinkId | undefined): boolean {
  return send !== undefined && (send.ended !== undefined || send.link === filled);
}
