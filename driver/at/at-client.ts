import type { Clock } from '../clock';
import { EspAtError } from '../errors';
import { Agenda, type Sequence } from './agenda';
import type { Response, Command, Run } from './command';
import { Exchange, type Verdict } from './exchange';
import type { DataFormat, Frame, LinkId, PortWriter } from './types';
import { Parser } from './parser/parser';
import { Patience } from './patience';
import { parseUrc } from './urc';
import { isDoubtful, isResult, lost, notSent, refusal } from './request';
import type { QueuedSend, Request, Send } from './request';
import type { AtClientHandlers } from './at-client-handlers';
import { StallWatch } from './stall-watch';
import { Synchrony } from './synchrony';
import { TimedPort } from './timed-port';

const CRLF = Buffer.from('\r\n');
const CR = CRLF.subarray(0, 1);
const LF = CRLF.subarray(1);
/** A question that everything in front of it on the line spoils. */
const QUESTION = Buffer.from('AT\r\n');

/**
 * One command at a time over one line. Answers belong to the command at work, prompts to the one that
 * expects them, everything else is a report. When an answer is lost or damaged the session gets back in
 * step before anything else is asked, so that a late answer never reaches the next command.
 */
export class AtClient {
  readonly #wire: TimedPort;
  readonly #clock: Clock;
  readonly #handlers: AtClientHandlers;
  readonly #framer: Parser;
  readonly #stalls: StallWatch;
  readonly #patience: Patience;
  readonly #synchrony: Synchrony;
  readonly #agenda = new Agenda();
  #request: Request | undefined;
  #sequence: Sequence | undefined;
  #closed: EspAtError | undefined;
  #lastReset: EspAtError | undefined;
  /** While true, unknown lines mean nothing: the device may be booting, or echoing. */
  lenient = true;
  /**
   * Whether the line's rate is one that the device forgets with a restart. Then its `ready` is garbage here, and
   * silence soon means that it has to be looked for at the rate it starts with.
   */
  raised = false;

  constructor(line: PortWriter, clock: Clock, handlers: AtClientHandlers) {
    this.#wire = new TimedPort(line, clock);
    this.#clock = clock;
    this.#handlers = handlers;
    this.#framer = new Parser((frame) => this.#take(frame));
    this.#stalls = new StallWatch(clock, this.#framer);
    this.#patience = new Patience(clock, {
      probe: () => this.#wire.write(this.#request?.exchange.payloadWritten ? CR : CRLF),
      lose: (reason) => this.#loseToSilence(reason),
      spoil: (reason) => this.#request && this.#loseDamaged(this.#request, reason),
      succeed: () => this.#request && this.#succeed(this.#request),
      pending: () => this.#wire.pendingBytes,
      hasty: () => this.raised,
    });
    this.#synchrony = new Synchrony(this.#wire, handlers, {
      raised: () => this.raised,
      expectPrompt: (expected) => (this.#framer.expectPrompt = expected),
      start: (request) => this.#start(request),
      fail: (request, error) => this.#agenda.fail(request, error),
      next: () => this.#next(),
    });
  }

  /** Takes what came from the device. */
  receive(chunk: Buffer): void {
    const now = this.#clock.now();
    const duration = this.#wire.receptionMs(chunk.length);
    this.#patience.heard(now, duration);
    this.#synchrony.recovery?.heard(now, duration);
    this.#framer.push(chunk);
    this.#stalls.heard(now, duration);
    if (this.raised && !this.lenient && !this.#synchrony.recovery && this.#framer.garbled)
      this.#distrust('what came is of another rate, or noise');
  }

  /** Whether a data prompt may be left waiting, should the two sides part now. */
  get pendingPrompt(): boolean {
    return this.#request?.exchange.command.payload !== undefined || this.#synchrony.unfilled;
  }

  /** How `+WS_DATA` of a link looks from here on. */
  setDataFormat(link: LinkId, format: DataFormat): void {
    this.#framer.setDataFormat(link, format);
  }

  /** One command, as soon as what is at work allows it; before any message that waits. */
  run(command: Command): Promise<Response> {
    return this.sequence((run) => run(command));
  }

  /** Several commands that no other comes between. */
  sequence<T>(body: (run: Run) => Promise<T>): Promise<T> {
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
      this.#agenda.addSequence(sequence);
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
    const queued = this.#agenda.addSend(send);
    this.#next();
    return () => queued.next === 0 && this.#sendAtWork() !== queued && this.#agenda.remove(queued);
  }

  /** The link's connection has ended: rejects everything of it but what is at work, which ends with its part. */
  dropSends(link: LinkId, error: EspAtError): void {
    const atWork = this.#sendAtWork();
    this.#agenda.dropSends(link, error, atWork);
    if (atWork?.link !== link) return;
    atWork.ended = error;
    atWork.unborn = atWork.next === 0 && this.#request?.exchange.mayHaveLeft !== true;
  }

  /**
   * Gets in step with a device of which nothing is known. True when it answers.
   * @param fill bytes that a data prompt of an earlier life may be waiting for, and most likely is; or 0
   * @throws EspAtError whatever the session was {@link reset} with meanwhile
   */
  async align(fill: number): Promise<boolean> {
    if (this.#closed) throw this.#closed;
    const inStep = await this.#synchrony.align(fill);
    if (inStep === undefined) throw this.#lastReset ?? new EspAtError('PORT_CLOSED');
    return inStep;
  }

  /**
   * The device has forgotten everything, or is gone: all that is in flight or waits fails now, each with
   * what is known of it. The session is fresh afterwards.
   */
  reset(error: EspAtError): void {
    this.#lastReset = error;
    this.#patience.stop();
    this.#stalls.stop();
    const kept = this.#synchrony.reset();
    this.#framer.reset();
    const begun = this.#request ? [this.#request, ...kept] : kept;
    this.#request = undefined;
    this.#sequence = undefined;
    const rejectRest = this.#agenda.clear(begun.map(({ send }) => send));
    for (const request of begun) this.#agenda.fail(request, error);
    rejectRest(error);
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
        if (!this.#synchrony.distrusted) this.#handlers.data(frame);
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
    const { recovery } = this.#synchrony;
    if (recovery) {
      if (!recovery.line(text)) this.#takeForeign(text);
    } else if (this.#request) {
      this.#judge(this.#request, this.#request.exchange.line(text), text);
    } else if (text === 'OK' || text === 'SEND OK' || text === 'SEND FAIL') {
      if (!this.lenient) this.#synchrony.recover(`an unexpected ${text} came`);
    } else if (text !== 'ERROR' && text !== 'busy p...') {
      // An ERROR with nothing at work answers noise on the line; the device is idle again.
      this.#takeForeign(text);
    }
  }

  #takePrompt(): void {
    const { recovery } = this.#synchrony;
    if (recovery) recovery.line('>');
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
        return this.#wire.write(LF);
      case 'ask':
        this.#patience.verify();
        return this.#wire.write(QUESTION);
      case 'failure':
        return this.#refuse(request);
      case 'echo':
        if (!this.lenient) this.#handlers.restartSuspected();
        return;
      case 'confused':
        // More bytes than the device took: it has sent the message with others in it.
        if ((text === 'SEND OK' || request.exchange.won) && request.exchange.payloadWritten)
          return this.#loseDamaged(request, 'the payload was damaged on its way');
        return this.#lose(request, `${text} is no answer to ${request.exchange.command.name}`);
    }
  }

  #takeForeign(text: string): void {
    const report = parseUrc(text);
    if (report) {
      if (!this.#synchrony.distrusted || report.kind === 'ready') this.#handlers.urc(report);
      return;
    }
    if (isResult(text)) return;
    this.#handlers.unknownLine(text);
    if (!this.lenient && this.#handlers.suspects(text)) {
      this.#distrust('a damaged line came');
    }
  }

  // --- what goes out -------------------------------------------------------------------------------

  #next(): void {
    const { recovery, stuck } = this.#synchrony;
    if (this.#request || this.#sequence || recovery || stuck || this.#closed) return;
    const turn = this.#agenda.next();
    if (turn?.sequence) {
      this.#sequence = turn.sequence;
      turn.sequence.begin();
    } else if (turn) {
      this.#start({ exchange: new Exchange(turn.part), attempt: 1, send: turn.send });
    }
  }

  /** What a sequence asks that was ended by a reset while it was between two commands is asked of nobody. */
  #askWithin(sequence: Sequence, command: Command): Promise<Response> {
    if (this.#sequence === sequence) return this.#ask(command);
    return Promise.reject(this.#lastReset ?? new EspAtError('PORT_CLOSED'));
  }

  #ask(command: Command): Promise<Response> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((done, failed) => {
      const request = { exchange: new Exchange(command), attempt: 1, done, failed };
      const { recovery, stuck } = this.#synchrony;
      if (this.#synchrony.park(request)) return;
      if (this.#request || recovery || stuck) failed(lost(request));
      else this.#start(request);
    });
  }

  #start(request: Request): void {
    const { command } = request.exchange;
    this.#request = request;
    this.#framer.expectPrompt = command.payload !== undefined;
    const line = Buffer.from(`${command.line}\r\n`, 'latin1');
    this.#patience.begin(request.exchange, this.#wire.transmissionMs(line.length));
    this.#wire.write(line);
  }

  #writePayload({ exchange, send }: Request): void {
    const { payload } = exchange.command;
    if (!payload) return;
    this.#synchrony.mayWait(send?.link);
    this.#patience.begin(exchange, this.#wire.transmissionMs(payload.length));
    this.#wire.write(payload);
  }

  #release(): void {
    this.#request = undefined;
    this.#synchrony.settled();
    this.#patience.end();
  }

  #succeed(request: Request): void {
    this.#release();
    const { send, exchange } = request;
    if (!send) return request.done(exchange.lines);
    const following = this.#agenda.served(send, exchange.command);
    if (following && send.ended) {
      this.#agenda.fail(request, send.ended);
      return this.#next();
    }
    // The wire first: the next command leaves in the same turn in which this answer is complete.
    this.#next();
    if (!following) send.settle();
  }

  #refuse(request: Request): void {
    if (isDoubtful(request))
      return this.#lose(request, `${request.exchange.command.name} was refused for no reason`);
    const error = refusal(request, this.#patience.waited);
    this.#release();
    this.#agenda.refuse(request, error);
    this.#next();
  }

  #sendAtWork(): QueuedSend | undefined {
    return this.#request?.send ?? this.#synchrony.send;
  }

  // --- out of step ---------------------------------------------------------------------------------

  /** Received bytes were damaged: until back in step, anything may be the inside of a message. */
  #distrust(reason: string): void {
    if (this.#synchrony.distrusted) return;
    this.#synchrony.distrust();
    // Nothing that comes now proves anything: no prompt, since the payload must not be risked, and no result.
    if (this.#request) this.#lose(this.#request, reason);
    else if (!this.#synchrony.recovery) this.#synchrony.recover(reason);
    this.#handlers.dataLost();
  }

  /** The answer to the command at work will not be known. */
  #lose(request: Request, reason: string): void {
    this.#release();
    if (request.exchange.command.payload) this.#synchrony.mayWait(request.send?.link);
    this.#synchrony.lose(request, reason);
  }

  /** At a raised rate, a line that began and stalled may have swallowed the answer; kept, it would swallow the next. */
  #loseToSilence(reason: string): void {
    if (!this.#request) return;
    this.#lose(this.#request, reason);
    if (this.raised) this.#framer.abandon();
  }

  /** Its peer got a damaged message. */
  #loseDamaged(request: Request, reason: string): void {
    this.#synchrony.spoil(request.send?.link);
    this.#lose(request, reason);
  }
}
