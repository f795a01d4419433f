import type { Clock } from '../../clock';
import type { EspAtError } from '../../errors';
import { sizeOf } from '../command';
import { CommandSequence } from '../command-sequence';
import type { ClientEvent } from '../events';
import { Parser } from '../parser/parser';
import type { Pace } from '../port-lease';
import { PartialFrameTimeout } from '../timing/partial-frame';
import { TimedPort } from '../timing/timed-port';
import { untilCheck } from '../transaction/idle';
import { begin, TIMEOUT_POLICY } from '../transaction/transaction';
import type { DataReceiver, Frame, PortWriter } from '../types';
import { jobOf, stateAfter, type ClientState, type Job, type NextCommand } from './client-state';
import { CommandQueue } from './command-queue';

interface Handlers {
  readonly event: (event: ClientEvent) => void;
  readonly frame: (frame: Frame) => void;
  /** The port idle time of the running transaction may be over. */
  readonly check: () => void;
}

/** The parts of a client: its port, its queue, and its state, which changes only here. Starts and ends jobs. */
export class ClientCore {
  readonly port: TimedPort;
  readonly parser: Parser;
  readonly partialFrame: PartialFrameTimeout;
  readonly queue = new CommandQueue();
  readonly receivers: (DataReceiver | undefined)[] = [];
  readonly emit: (event: ClientEvent) => void;
  /** See `AtClient.setEchoOff`. */
  isEchoOff = false;
  readonly #check: () => void;
  #state: ClientState = { kind: 'idle' };

  constructor(port: PortWriter, clock: Clock, { event, frame, check }: Handlers) {
    this.port = new TimedPort(port, clock);
    this.parser = new Parser(frame);
    this.partialFrame = new PartialFrameTimeout(clock, this.parser);
    this.emit = event;
    this.#check = check;
  }

  get state(): ClientState {
    return this.#state;
  }

  get pace(): Exclude<Pace, 'search'> {
    return this.port.rateOrigin === 'negotiated' ? 'negotiatedRate' : 'startRate';
  }

  get isDataTrusted(): boolean {
    return !('dataTrusted' in this.#state) || this.#state.dataTrusted;
  }

  /** Tells all links that data is lost. */
  dataLost(): void {
    for (const receiver of this.receivers) receiver?.dataLost();
  }

  /**
   * Changes the state. Leaving a resync aborts it. Leaving the command of a message adds the command's bytes to the share of
   * its link, whatever the outcome.
   */
  become(state: ClientState): void {
    const before = this.#state;
    this.#state = state;
    if (before.kind === 'running' && !(before.job instanceof CommandSequence))
      this.queue.countBytes(before.job.link, sizeOf(before.transaction.command));
    if (before.kind !== 'resyncing') return;
    if (state.kind !== 'resyncing' || state.lease !== before.lease) before.lease.abort();
  }

  /** Begins the next job of the queue, if the client is idle. */
  pull(): void {
    if (this.#state.kind !== 'idle') return;
    const job = this.queue.nextJob();
    if (job instanceof CommandSequence) {
      this.become({ kind: 'between', job });
      job.begin();
    } else if (job) {
      this.start(job, { command: job.command, attempt: 1 });
    }
  }

  /** Writes the line of a command: its transaction begins. */
  start(job: Job, { command, attempt }: NextCommand): void {
    const transaction = begin(command, attempt, TIMEOUT_POLICY[this.pace]);
    this.become({ kind: 'running', job, transaction });
    this.parser.expectPrompt = command.payload !== undefined;
    job.report({ kind: 'started' });
    this.port.request(Buffer.from(`${command.line}\r\n`, 'latin1'));
    this.watch();
  }

  /** Schedules the next check of the running transaction. */
  watch(): void {
    const { timer } = this.port;
    if (this.#state.kind === 'running')
      timer.watch(untilCheck(this.#state.transaction, timer.idle), this.#check);
  }

  /** Ends a transaction. Its job may queue more, which then runs at once. */
  finish(job: Job, report: () => void): void {
    this.become(stateAfter(job));
    report();
    this.pull();
  }

  /** Fails the running command and all queued sequences with the error, after the change of state: they may queue more. */
  failAll(to: Extract<ClientState, { readonly kind: 'idle' | 'closed' }>, error: EspAtError): void {
    const job = jobOf(this.#state);
    this.port.timer.stop();
    this.partialFrame.stop();
    this.parser.reset();
    this.receivers.length = 0;
    this.isEchoOff = false;
    this.become(to);
    const waiting = this.queue.takeSequences();
    if (job instanceof CommandSequence) job.abort(error);
    else job?.report({ kind: 'failed', error });
    for (const sequence of waiting) sequence.reject(error);
  }
}
