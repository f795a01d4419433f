import type { Clock } from '../clock';
import { EspAtError } from '../errors';
import { ClientCore } from './client/client-core';
import { jobOf, type ClientState } from './client/client-state';
import { ResyncRunner } from './client/resync-runner';
import { TransactionRunner } from './client/transaction-runner';
import { mayPrompt, type Command, type Response } from './command';
import { CommandSequence, type SequenceAccess, type SequenceOptions } from './command-sequence';
import type { ClientEvent } from './events';
import { isFinalResultCode, outOfSyncError } from './outcome';
import { isLateResponse } from './resync/resync';
import { onChunk } from './transaction/responses';
import type { DataFormat, DataReceiver, Frame, LinkId, PortWriter, SendSource } from './types';
import { looksIntact, parseUrc } from './urc';

/**
 * One transaction at a time over one port. Responses belong to the running transaction, a prompt to the one that
 * expects it, everything else is a URC. When a response is lost or corrupt, the client resyncs before it runs
 * anything else, so that a late response never reaches the next command.
 */
export class AtClient {
  readonly #core: ClientCore;
  readonly #resyncs: ResyncRunner;
  readonly #transactions: TransactionRunner;

  /** @param listener must not throw */
  constructor(port: PortWriter, clock: Clock, listener: (event: ClientEvent) => void) {
    this.#core = new ClientCore(port, clock, {
      event: listener,
      frame: (frame) => this.#take(frame),
      check: () => this.#transactions.check(),
    });
    this.#resyncs = new ResyncRunner(this.#core);
    this.#transactions = new TransactionRunner(this.#core, this.#resyncs);
  }

  get state(): ClientState['kind'] {
    return this.#core.state.kind;
  }

  /** Whether the client resyncs. False while it only checks a doubtful ERROR; true also while a command sequence has the port. */
  get isOutOfSync(): boolean {
    const { state } = this.#core;
    return state.kind === 'resyncing' && !state.unannounced;
  }

  /** Whether the device may have a connection of any link. */
  get hasConnection(): boolean {
    return this.#core.receivers.some((receiver) => receiver?.connected);
  }

  get pendingPrompt(): boolean {
    const { state } = this.#core;
    if (state.kind === 'running') return mayPrompt(state.transaction.command);
    return 'pendingPrompt' in state && state.pendingPrompt !== undefined;
  }

  /** Index of the first query of the next resync: a recording keeps it, for its replay. */
  get queryIndex(): number {
    return this.#resyncs.queryIndex;
  }

  set queryIndex(index: number) {
    this.#resyncs.queryIndex = index;
  }

  /** Whether it runs nothing, and no line or data has begun; false while the device may be booting, see {@link setEchoOff}. */
  get isQuiet(): boolean {
    const { isEchoOff, parser, state } = this.#core;
    return state.kind === 'idle' && isEchoOff && !parser.unfinished;
  }

  receive(chunk: Buffer): void {
    const { parser, partialFrame, port, state } = this.#core;
    const now = port.clock.now();
    const duration = port.receptionMs(chunk.length);
    port.timer.heard(now, duration);
    if (state.kind === 'running') onChunk(state.transaction);
    parser.push(chunk);
    partialFrame.heard(now, duration);
    if (port.rateOrigin === 'negotiated' && this.state !== 'resyncing' && parser.garbled)
      this.#resyncs.onCorruption('WRONG_RATE');
  }

  /** Sets the format of a link's `+WS_DATA`, from the next one on. */
  setDataFormat(link: LinkId, format: DataFormat): void {
    this.#core.parser.setDataFormat(link, format);
  }

  /** Sets the receiver of a link's data; without one the client drops the data. */
  setReceiver(link: LinkId, receiver?: DataReceiver): void {
    this.#core.receivers[link] = receiver;
  }

  /** Sets whether the device's echo is off. Until then the device may be booting, and unknown lines mean nothing. */
  setEchoOff(isOff: boolean): void {
    this.#core.isEchoOff = isOff;
  }

  /**
   * Runs one command, before queued messages.
   * @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, `ABORTED`, and the error of a reset or close
   */
  run(command: Command, options?: SequenceOptions): Promise<Response> {
    return this.sequence((access) => access.run(command), options);
  }

  /**
   * Runs commands that no other command may interrupt, before queued messages unless it `yields`. An abort rejects the
   * sequence. A queued one leaves the queue. A begun one runs no further command, but keeps the client until its body, and
   * its command or resync, have ended.
   * @throws EspAtError `ABORTED`, the error of a reset or close, and what `body` throws
   */
  sequence<T>(
    body: (access: SequenceAccess) => Promise<T>,
    { signal, yields = false }: SequenceOptions = {},
  ): Promise<T> {
    const { queue, state } = this.#core;
    if (state.kind === 'closed') return Promise.reject(state.error);
    if (signal?.aborted) return Promise.reject(new EspAtError('ABORTED'));
    return new Promise<T>((resolve, reject) => {
      const abort = () => {
        queue.removeSequence(sequence);
        sequence.reject(new EspAtError('ABORTED'));
      };
      const forget = () => signal?.removeEventListener('abort', abort);
      const begin = () => {
        const access: SequenceAccess = {
          run: (command) => this.#runWithin(sequence, command),
          resync: (options) => this.#resyncs.resyncWithin(sequence, options),
          lendPort: (run) =>
            this.#resyncs.lendPortWithin(sequence, run, { pace: 'search', pad: 'never' }),
        };
        // Also what a body throws at once rejects its sequence.
        void (async () => body(access))()
          .then(resolve, reject)
          .then(() => {
            forget();
            this.#endSequence(sequence);
          });
      };
      const sequence = new CommandSequence(begin, (error) => {
        forget();
        reject(error);
      });
      signal?.addEventListener('abort', abort);
      queue.addSequence(sequence, yields);
      this.#core.pull();
    });
  }

  /** Runs a command of a sequence: now, or as soon as the client is in sync. */
  #runWithin(sequence: CommandSequence, command: Command): Promise<Response> {
    const { state } = this.#core;
    if (!sequence.abortError && jobOf(state) === sequence) {
      const next = { command, attempt: 1 };
      if (state.kind === 'between')
        return sequence.startAndAwait(() => this.#core.start(sequence, next));
      if (state.kind === 'resyncing' && !state.next)
        return sequence.startAndAwait(() => this.#core.become({ ...state, next }));
    }
    return sequence.rejection(outOfSyncError(command));
  }

  /** The body of a sequence has ended, perhaps by an abort: the client runs the next job. */
  #endSequence(sequence: CommandSequence): void {
    const { state } = this.#core;
    sequence.bodyEnded = true;
    if (jobOf(state) !== sequence) return;
    if (state.kind === 'between') this.#core.become({ kind: 'idle' });
    else if (state.kind === 'resyncing')
      this.#core.become({ ...state, job: undefined, next: undefined });
    this.#core.pull();
  }

  addSource(source: SendSource): void {
    this.#core.queue.addSource(source);
  }

  /** Call when a source has something to send. */
  wake(): void {
    this.#core.queue.updateActive();
    this.#core.pull();
  }

  /**
   * Fails the running command and all queued sequences with the error: the device has restarted or is gone. Queued
   * messages stay with their links. The client drops receivers, data formats, and {@link setEchoOff}.
   */
  reset(error: EspAtError): void {
    if (this.#core.state.kind !== 'closed') this.#core.failAll({ kind: 'idle' }, error);
  }

  /** As {@link reset}, for good: later calls reject with the same error. */
  close(error: EspAtError): void {
    this.#core.failAll({ kind: 'closed', error }, error);
  }

  // --- frames from the parser ----------------------------------------------------------------------

  #take(frame: Frame): void {
    const { isDataTrusted, receivers } = this.#core;
    switch (frame.kind) {
      case 'data':
        if (isDataTrusted) receivers[frame.link]?.push(frame);
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
    const { state } = this.#core;
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
    // Without a transaction, both are responses to noise on the port.
    if (text === 'ERROR' || text === 'busy p...') return;
    if (!isFinalResultCode(text)) return this.#takeUrc(text);
    if (!this.#core.isEchoOff) return;
    if (state.kind === 'idle' || state.kind === 'between')
      this.#resyncs.begin(
        { reason: 'UNEXPECTED_RESPONSE' },
        { job: jobOf(state), dataTrusted: true },
      );
  }

  #takePrompt(): void {
    const { state } = this.#core;
    if (state.kind === 'resyncing') state.lease.take('>');
    else if (state.kind === 'running') this.#transactions.takePrompt(state);
  }

  #takeUrc(text: string): void {
    const { emit, isDataTrusted } = this.#core;
    const urc = parseUrc(text);
    if (urc) {
      if (isDataTrusted || urc.kind === 'ready') emit({ kind: 'urc', urc });
      return;
    }
    // A late final result code, of a transaction that has ended: no URC, and no corrupt line.
    if (isFinalResultCode(text)) return;
    emit({ kind: 'unknownLine', text });
    if (looksIntact(text)) return;
    if (this.hasConnection) this.#resyncs.onCorruption('CORRUPT_LINE');
    // It may be the first data of a connection that is opening.
    else this.#core.dataLost();
  }
}
