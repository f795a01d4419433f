import type { Clock } from '../clock';
import { EspAtError } from '../errors';
import type { ClientEvent } from './client-event';
import { ClientMachine, type Assumptions } from './client/client-machine';
import type { ClientParts } from './client/client-parts';
import { hasPendingPrompt, jobOf, type ClientState } from './client/client-state';
import type { Command, Response } from './command';
import { CommandQueue } from './client/command-queue';
import { CommandSequence, type SequenceAccess, type SequenceOptions } from './command-sequence';
import { DataReceivers } from './client/data-receivers';
import { JobRunner } from './client/job-runner';
import { isFinalResultCode } from './outcome';
import { Parser } from './parser/parser';
import { PartialFrameTimeout } from './timing/partial-frame';
import { ResponseTimeout } from './timing/response-timeout';
import { isLateResponse } from './resync/resync';
import { ResyncRunner } from './client/resync-runner';
import { TimedPort } from './timing/timed-port';
import { onChunk } from './transaction/responses';
import { TransactionRunner } from './client/transaction-runner';
import type { DataFormat, DataReceiver, Frame, LinkId, PortWriter, SendSource } from './types';
import { looksIntact, parseUrc } from './urc';

/**
 * One transaction at a time over one port. Responses belong to the running transaction, a prompt to the one that
 * expects it, everything else is a URC. When a response is lost or corrupt, the client resyncs before it runs
 * anything else, so that a late response never reaches the next command.
 */
export class AtClient {
  readonly #parts: ClientParts;
  readonly #jobs: JobRunner;
  readonly #resyncs: ResyncRunner;
  readonly #transactions: TransactionRunner;

  /** @param listener must not throw */
  constructor(port: PortWriter, clock: Clock, listener: (event: ClientEvent) => void) {
    const parser = new Parser((frame) => this.#take(frame));
    const timedPort = new TimedPort(port, clock);
    this.#parts = {
      clock,
      listener,
      parser,
      port: timedPort,
      timeout: new ResponseTimeout(clock, timedPort, () => this.#transactions.check()),
      partialFrame: new PartialFrameTimeout(clock, parser),
      queue: new CommandQueue(),
      receivers: new DataReceivers(),
      machine: new ClientMachine(),
    };
    this.#jobs = new JobRunner(this.#parts);
    this.#resyncs = new ResyncRunner(this.#parts, this.#jobs);
    this.#transactions = new TransactionRunner(this.#parts, this.#jobs, this.#resyncs);
  }

  get state(): ClientState['kind'] {
    return this.#state.kind;
  }

  /** Whether the device may have a connection of any link. */
  get hasConnection(): boolean {
    return this.#parts.receivers.hasConnection;
  }

  /** Whether a data prompt may be pending. */
  get pendingPrompt(): boolean {
    return hasPendingPrompt(this.#state);
  }

  /** Index of the first query of the next resync: a recording keeps it, for its replay. */
  get firstQuery(): number {
    return this.#resyncs.firstQuery;
  }

  set firstQuery(index: number) {
    this.#resyncs.firstQuery = index;
  }

  /** Whether it runs nothing, and no line or data has begun. Not while the device may be booting: see {@link assume}. */
  get isQuiet(): boolean {
    const { machine, parser } = this.#parts;
    return machine.state.kind === 'idle' && machine.assumptions.echoOff && !parser.unfinished;
  }

  /** Takes bytes from the device. */
  receive(chunk: Buffer): void {
    const { clock, machine, parser, partialFrame, port, timeout } = this.#parts;
    const now = clock.now();
    const duration = port.receptionMs(chunk.length);
    timeout.heard(now, duration);
    const { state } = machine;
    if (state.kind === 'resyncing') state.lease.heard(now, duration);
    else if (state.kind === 'running') onChunk(state.transaction);
    parser.push(chunk);
    partialFrame.heard(now, duration);
    if (machine.assumptions.rateLostOnRestart && this.state !== 'resyncing' && parser.garbled)
      this.#resyncs.onCorruption('WRONG_RATE');
  }

  /** Sets the format of a link's `+WS_DATA`, from the next one on. */
  setDataFormat(link: LinkId, format: DataFormat): void {
    this.#parts.parser.setDataFormat(link, format);
  }

  /** Sets the receiver of a link's data; without one the client drops the data. */
  setReceiver(link: LinkId, receiver?: DataReceiver): void {
    this.#parts.receivers.set(link, receiver);
  }

  /**
   * Sets the client's assumptions.
   * - `echoOff`: the device does not echo. Until then it may be booting, and unknown lines mean nothing.
   * - `rateLostOnRestart`: the port is at a negotiated rate, which a restart resets. `ready` is then garbage, and a
   *   device that sends nothing may be at the rate it starts with.
   */
  assume(assumptions: Partial<Assumptions>): void {
    this.#parts.machine.assume(assumptions);
  }

  /**
   * Runs one command, before queued messages.
   * @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, `ABORTED`, and the error of a reset or close
   */
  run(command: Command, options?: SequenceOptions): Promise<Response> {
    return this.sequence((access) => access.run(command), options);
  }

  /**
   * Runs commands that no other command may interrupt, before queued messages. An abort removes the sequence from the
   * queue; a begun one rejects, runs no further command, and drops the response to the running one.
   * @throws EspAtError `ABORTED`, the error of a reset or close, and what `body` throws
   */
  sequence<T>(
    body: (access: SequenceAccess) => Promise<T>,
    { signal, yields = false }: SequenceOptions = {},
  ): Promise<T> {
    const { machine, queue } = this.#parts;
    if (machine.state.kind === 'closed') return Promise.reject(machine.state.error);
    if (signal?.aborted) return Promise.reject(new EspAtError('ABORTED'));
    return new Promise<T>((resolve, reject) => {
      const abort = () => {
        queue.removeSequence(sequence);
        sequence.reject(new EspAtError('ABORTED'));
      };
      const forget = () => signal?.removeEventListener('abort', abort);
      const begin = () => {
        void body(this.#accessFor(sequence))
          .then(resolve, reject)
          .then(() => {
            forget();
            this.#jobs.endSequence(sequence);
          });
      };
      const sequence = new CommandSequence(begin, (error) => {
        forget();
        reject(error);
      });
      signal?.addEventListener('abort', abort);
      queue.addSequence(sequence, yields);
      this.#jobs.pull();
    });
  }

  #accessFor(sequence: CommandSequence): SequenceAccess {
    return {
      run: (command) => this.#jobs.runWithin(sequence, command),
      resync: (options) => this.#resyncs.resyncWithin(sequence, options),
      lendPort: (body) =>
        this.#resyncs.lendPortWithin(sequence, body, { pace: 'search', pad: 'never' }),
    };
  }

  /** Adds a source of messages, which the client pulls. */
  addSource(source: SendSource): void {
    this.#parts.queue.addSource(source);
  }

  /** Call when a source has something to send. */
  wake(): void {
    this.#parts.queue.updateActive();
    this.#jobs.pull();
  }

  /**
   * Fails the running command and all queued sequences with the error: the device has restarted or is gone. Queued
   * messages stay with their links. The client then starts afresh, unless it is closed.
   */
  reset(error: EspAtError): void {
    if (this.#state.kind !== 'closed') this.#jobs.failAll({ kind: 'idle' }, error);
  }

  /** As {@link reset}, for good: later calls reject with the same error. */
  close(error: EspAtError): void {
    this.#jobs.failAll({ kind: 'closed', error }, error);
  }

  get #state(): ClientState {
    return this.#parts.machine.state;
  }

  // --- frames from the parser ----------------------------------------------------------------------

  #take(frame: Frame): void {
    const { machine, receivers } = this.#parts;
    switch (frame.kind) {
      case 'data':
        if (machine.isDataTrusted) receivers.push(frame);
        return;
      case 'line':
        return this.#takeLine(frame.text);
      case 'prompt':
        return this.#takePrompt();
      case 'garbage':
        return this.#resyncs.onCorruption('CORRUPT_DATA');
    }
  }

  #takeLine(text: string): void {
    const state = this.#state;
    switch (state.kind) {
      case 'running':
        if (!this.#transactions.takeLine(state, text)) this.#takeUrc(text);
        return;
      case 'resyncing':
        if (!state.lease.take(text) && !isLateResponse(text)) this.#takeUrc(text);
        return;
      default:
        return this.#takeUnasked(state, text);
    }
  }

  #takeUnasked(state: ClientState, text: string): void {
    // Without a transaction, ERROR is the response to noise on the port: the device is idle again.
    if (text === 'ERROR' || text === 'busy p...') return;
    if (!isFinalResultCode(text)) return this.#takeUrc(text);
    if (!this.#parts.machine.assumptions.echoOff) return;
    if (state.kind === 'idle' || state.kind === 'between')
      this.#resyncs.begin(
        { reason: 'UNEXPECTED_RESPONSE' },
        { job: jobOf(state), dataTrusted: true },
      );
  }

  #takePrompt(): void {
    const state = this.#state;
    if (state.kind === 'resyncing') state.lease.take('>');
    else if (state.kind === 'running') this.#transactions.takePrompt(state);
  }

  #takeUrc(text: string): void {
    const { listener, machine } = this.#parts;
    const urc = parseUrc(text);
    if (urc) {
      if (machine.isDataTrusted || urc.kind === 'ready') listener({ kind: 'urc', urc });
      return;
    }
    // A late final result code, of a transaction that has ended: no URC, and no corrupt line.
    if (isFinalResultCode(text)) return;
    listener({ kind: 'unknownLine', text });
    if (!looksIntact(text) && this.hasConnection) this.#resyncs.onCorruption('CORRUPT_LINE');
  }
}
