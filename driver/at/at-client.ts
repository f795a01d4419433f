import type { Clock } from '../clock';
import { EspAtError } from '../errors';
import type { ClientEvent } from './client-event';
import type { ClientState, Job, Next } from './client-state';
import type { Command, Response } from './command';
import { CommandQueue } from './command-queue';
import {
  CommandSequence,
  type SequenceAccess,
  type SequenceResyncOptions,
} from './command-sequence';
import { LineAccess, type Pace } from './line-access';
import {
  afterLostResult,
  hasPendingPrompt,
  isLost,
  jobOf,
  sizeOf,
  submissionOf,
  type Loss,
  type OutOfSync,
  type Resyncing,
  type Running,
} from './out-of-sync';
import { isDoubtfulRefusal, isFinalResultCode, outOfSyncError, refusalError } from './outcome';
import { Parser } from './parser/parser';
import { PartialFrameTimeout } from './partial-frame';
import {
  isLateResponse,
  resync,
  type ResyncOptions,
  type ResyncResult,
  type ResyncStep,
} from './resync';
import { ResponseTimeout } from './response-timeout';
import { TimedPort } from './timed-port';
import { slower, TIMEOUT_POLICY } from './timeouts';
import {
  begin,
  confirmFrom,
  onChunk,
  onIdle,
  onLine,
  onPrompt,
  probeSoon,
  restartIdle,
  untilCheck,
  type Action,
} from './transaction';
import type {
  DataFormat,
  DataReceiver,
  Frame,
  LinkId,
  OutOfSyncCause,
  OutOfSyncReason,
  PortWriter,
  SendSource,
} from './types';
import { isOtherUrc, parseUrc } from './urc';

const BYTES = {
  CRLF: Buffer.from('\r\n'),
  CR: Buffer.from('\r'),
  LF: Buffer.from('\n'),
  AT: Buffer.from('AT\r\n'),
} as const;

/**
 * One transaction at a time over one port. Responses belong to the running transaction, a prompt to the one that
 * expects it, everything else is a URC. When a response is lost or corrupt, the client resyncs before it runs
 * anything else, so that a late response never reaches the next command.
 */
export class AtClient {
  readonly #clock: Clock;
  readonly #port: TimedPort;
  readonly #listener: (event: ClientEvent) => void;
  readonly #parser = new Parser((frame) => this.#take(frame));
  readonly #partialFrame: PartialFrameTimeout;
  readonly #timeout: ResponseTimeout;
  readonly #queue = new CommandQueue();
  readonly #receivers: (DataReceiver | undefined)[] = [];
  #state: ClientState = { kind: 'idle' };
  #firstQuestion = 0;
  #echoOff = false;
  #rateLostOnRestart = false;

  /** @param listener must not throw */
  constructor(port: PortWriter, clock: Clock, listener: (event: ClientEvent) => void) {
    this.#clock = clock;
    this.#port = new TimedPort(port, clock);
    this.#listener = listener;
    this.#partialFrame = new PartialFrameTimeout(clock, this.#parser);
    this.#timeout = new ResponseTimeout(clock, this.#port, () => this.#check());
  }

  get state(): ClientState['kind'] {
    return this.#state.kind;
  }

  get #pace(): Exclude<Pace, 'search'> {
    return this.#rateLostOnRestart ? 'negotiatedRate' : 'portRate';
  }

  /** Whether the device may have a connection of any link. */
  get hasConnection(): boolean {
    return this.#receivers.some((receiver) => receiver?.connected);
  }

  /** Whether a data prompt may be pending. */
  get pendingPrompt(): boolean {
    return hasPendingPrompt(this.#state);
  }

  /** Which query the next resync asks first: after a late response, another one. */
  get firstQuestion(): number {
    return this.#firstQuestion;
  }

  set firstQuestion(index: number) {
    this.#firstQuestion = index;
  }

  /** Whether it runs nothing, and no line or data has begun. */
  get isQuiet(): boolean {
    return this.#state.kind === 'idle' && this.#echoOff && !this.#parser.unfinished;
  }

  /** Takes bytes from the device. */
  receive(chunk: Buffer): void {
    const now = this.#clock.now();
    const duration = this.#port.receptionMs(chunk.length);
    this.#timeout.heard(now, duration);
    if (this.#state.kind === 'resyncing') this.#state.access.heard(now, duration);
    else if (this.#state.kind === 'running') onChunk(this.#state.transaction);
    this.#parser.push(chunk);
    this.#partialFrame.heard(now, duration);
    if (this.#rateLostOnRestart && this.state !== 'resyncing' && this.#parser.garbled)
      this.#distrust('WRONG_RATE');
  }

  /** Sets the format of a link's `+WS_DATA`, from the next one on. */
  setDataFormat(link: LinkId, format: DataFormat): void {
    this.#parser.setDataFormat(link, format);
  }

  /** Sets the receiver of a link's data; without one the client drops the data. */
  route(link: LinkId, receiver?: DataReceiver): void {
    this.#receivers[link] = receiver;
  }

  /**
   * Sets the client's assumptions.
   * - `echoOff`: the device does not echo. Until then it may be booting, and unknown lines mean nothing.
   * - `rateLostOnRestart`: the port is at a negotiated rate, which a restart resets. `ready` is then garbage, and a
   *   device that sends nothing may be at the rate it starts with.
   */
  assume(assumptions: { readonly echoOff?: boolean; readonly rateLostOnRestart?: boolean }): void {
    this.#echoOff = assumptions.echoOff ?? this.#echoOff;
    this.#rateLostOnRestart = assumptions.rateLostOnRestart ?? this.#rateLostOnRestart;
  }

  /**
   * Runs one command, before queued messages.
   * @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, `ABORTED`, and the error of a reset or close
   */
  run(command: Command, options?: { readonly signal?: AbortSignal }): Promise<Response> {
    return this.sequence((access) => access.run(command), options);
  }

  /**
   * Runs commands that no other command may interrupt, before queued messages. An abort removes the sequence from the
   * queue; a begun one rejects, runs no further command, and drops the response to the running one.
   * @throws EspAtError `ABORTED`, the error of a reset or close, and what `body` throws
   */
  sequence<T>(
    body: (access: SequenceAccess) => Promise<T>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    if (this.#state.kind === 'closed') return Promise.reject(this.#state.error);
    if (signal?.aborted) return Promise.reject(new EspAtError('ABORTED'));
    return new Promise<T>((resolve, reject) => {
      const abort = () => {
        this.#queue.removeSequence(sequence);
        sequence.reject(new EspAtError('ABORTED'));
      };
      const sequence = new CommandSequence(() => {
        const access: SequenceAccess = {
          run: (command) => this.#runWithin(sequence, command),
          resync: (options) => {
            const all = { ...options, firstQuestion: this.#firstQuestion++ };
            const body = (line: LineAccess) => resync(line, all, () => undefined);
            return this.#lendWithin(sequence, body, options);
          },
          talk: (body) => this.#lendWithin(sequence, body, { pace: 'search', pad: 'never' }),
        };
        void body(access)
          .then(resolve, reject)
          .then(() => {
            signal?.removeEventListener('abort', abort);
            this.#endSequence(sequence);
          });
      }, reject);
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.addSequence(sequence);
      this.#pull();
    });
  }

  /** Adds a source of messages, which the client pulls. */
  addSource(source: SendSource): void {
    this.#queue.addSource(source);
  }

  /** A source has something to send. */
  wake(): void {
    this.#queue.wake();
    this.#pull();
  }

  /**
   * Fails the running command and all queued ones with the error: the device has restarted or is gone. The client
   * then starts afresh.
   */
  reset(error: EspAtError): void {
    this.#leave({ kind: 'idle' }, error);
  }

  /** As {@link reset}, for good: later calls reject with the same error. */
  close(error: EspAtError): void {
    this.#leave({ kind: 'closed', error }, error);
  }

  #leave(to: ClientState, error: EspAtError): void {
    const state = this.#state;
    const job = 'job' in state ? state.job : undefined;
    this.#timeout.stop();
    this.#partialFrame.stop();
    this.#parser.reset();
    this.#receivers.length = 0;
    this.#become(to);
    const rejectWaiting = this.#queue.clear();
    if (job instanceof CommandSequence) job.abort(error);
    else job?.report({ kind: 'failed', error });
    rejectWaiting(error);
  }

  /** Changes the state; nothing else does. Aborts a resync that it leaves. */
  #become(state: ClientState): void {
    const before = this.#state;
    this.#state = state;
    if (before.kind !== 'resyncing') return;
    if (state.kind !== 'resyncing' || state.access !== before.access) before.controller.abort();
  }

  // --- what comes in -------------------------------------------------------------------------------

  get #dataTrusted(): boolean {
    return !('dataTrusted' in this.#state) || this.#state.dataTrusted;
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'data':
        if (this.#dataTrusted) this.#receivers[frame.link]?.push(frame);
        return;
      case 'line':
        return this.#takeLine(frame.text);
      case 'prompt':
        return this.#takePrompt();
      case 'garbage':
        return this.#distrust('CORRUPT_DATA');
    }
  }

  #takeLine(text: string): void {
    const state = this.#state;
    switch (state.kind) {
      case 'running':
        return this.#act(state, onLine(state.transaction, text), text);
      case 'resyncing':
        if (!state.access.take(text) && !isLateResponse(text)) this.#takeUrc(text);
        return;
      default:
        // Without a transaction, ERROR is the response to noise on the port: the device is idle again.
        if (text === 'ERROR' || text === 'busy p...') return;
        if (!isFinalResultCode(text)) return this.#takeUrc(text);
        if (this.#echoOff && (state.kind === 'idle' || state.kind === 'between'))
          this.#resync({ reason: 'UNEXPECTED_RESPONSE' }, { job: jobOf(state), dataTrusted: true });
    }
  }

  #takePrompt(): void {
    const state = this.#state;
    if (state.kind === 'resyncing') state.access.take('>');
    else if (state.kind === 'running')
      this.#act(state, onPrompt(state.transaction, this.#clock.now()), '>');
  }

  #takeUrc(text: string): void {
    const urc = parseUrc(text);
    if (urc) {
      if (this.#dataTrusted || urc.kind === 'ready') this.#listener({ kind: 'urc', urc });
      return;
    }
    if (isFinalResultCode(text)) return;
    this.#listener({ kind: 'unknownLine', text });
    if (!isOtherUrc(text) && this.hasConnection) this.#distrust('CORRUPT_LINE');
  }

  // --- transactions --------------------------------------------------------------------------------

  #pull(): void {
    if (this.#state.kind !== 'idle') return;
    const job = this.#queue.next();
    if (job instanceof CommandSequence) {
      this.#become({ kind: 'between', job });
      job.begin();
    } else if (job) {
      this.#start(job, { command: job.command, attempt: 1 });
    }
  }

  #runWithin(sequence: CommandSequence, command: Command): Promise<Response> {
    const state = this.#state;
    if (!sequence.aborted && jobOf(state) === sequence) {
      const next = { command, attempt: 1 };
      if (state.kind === 'between')
        return sequence.expectResponse(() => this.#start(sequence, next));
      if (state.kind === 'resyncing' && !state.next)
        return sequence.expectResponse(() => this.#become({ ...state, next }));
    }
    return sequence.refusal(outOfSyncError(command));
  }

  #endSequence(sequence: CommandSequence): void {
    const state = this.#state;
    sequence.isOver = true;
    if (jobOf(state) !== sequence) return;
    if (state.kind === 'between') this.#become({ kind: 'idle' });
    else if (state.kind === 'resyncing')
      this.#become({ ...state, job: undefined, next: undefined });
    this.#pull();
  }

  #start(job: Job, { command, attempt }: Next): void {
    const policy = slower(TIMEOUT_POLICY[this.#pace], this.#port.slowness);
    const transaction = begin(command, attempt, policy, this.#clock.now());
    this.#become({ kind: 'running', job, transaction });
    this.#parser.expectPrompt = command.payload !== undefined;
    job.report({ kind: 'started' });
    this.#timeout.write(Buffer.from(`${command.line}\r\n`, 'latin1'), untilCheck(transaction, 0));
  }

  #check(): void {
    const state = this.#state;
    if (state.kind !== 'running') return;
    const { transaction } = state;
    const now = this.#clock.now();
    if (this.#timeout.restartIfBytesLeave(now)) restartIdle(transaction);
    const action = onIdle(transaction, this.#timeout.idle, now);
    this.#act(state, action, '');
    if (this.#state === state) this.#timeout.watch(untilCheck(transaction, this.#timeout.idle));
    // A line that began and stalled may have swallowed the response; kept, it would swallow the next.
    else if (action.kind === 'outOfSync' && this.#rateLostOnRestart) this.#parser.abandon();
  }

  #act(state: Running, action: Action, text: string): void {
    const { job, transaction } = state;
    switch (action.kind) {
      case 'none':
        return;
      case 'urc':
        return this.#takeUrc(text);
      case 'echo':
        if (this.#echoOff) this.#listener({ kind: 'restartSuspected' });
        return;
      case 'busy':
        return this.#timeout.watch(probeSoon(transaction, this.#timeout.idle));
      case 'write':
        return this.#write(state, action.what);
      case 'succeeded':
        return this.#succeed(state);
      case 'refused': {
        const submission = submissionOf(job);
        if (isDoubtfulRefusal(transaction, submission))
          return this.#loseSync(state, 'UNEXPLAINED_ERROR', { isAlarm: false });
        const waited = this.#clock.now() - transaction.writtenAt;
        const error = refusalError(transaction, submission, waited);
        return this.#finish(job, () => job.report({ kind: 'refused', error }));
      }
      case 'outOfSync':
        return this.#loseSync(state, action.reason, { corrupt: action.corrupt });
    }
  }

  #write({ job, transaction }: Running, what: 'payload' | keyof typeof BYTES): void {
    if (what !== 'payload') {
      if (what === 'LF' || what === 'AT') {
        confirmFrom(transaction, this.#timeout.idle);
        this.#timeout.watch(untilCheck(transaction, this.#timeout.idle));
      }
      return this.#port.write(BYTES[what]);
    }
    const { payload } = transaction.command;
    if (!payload) return;
    job.report({ kind: 'payloadWritten' });
    this.#timeout.write(payload, untilCheck(transaction, 0));
  }

  #succeed({ job, transaction }: Running): void {
    const { command, response } = transaction;
    if (!(job instanceof CommandSequence)) this.#queue.served(job.link, sizeOf(command));
    this.#finish(job, () => job.report({ kind: 'succeeded', response }));
  }

  /** Ends the transaction. Its job may queue more, which the client runs at once. */
  #finish(job: Job, report: () => void): void {
    const goesOn = job instanceof CommandSequence && !job.isOver;
    this.#become(goesOn ? { kind: 'between', job } : { kind: 'idle' });
    report();
    this.#pull();
  }

  // --- out of sync ---------------------------------------------------------------------------------

  /** Received bytes are corrupt: until in sync, any bytes may come from the inside of a message. */
  #distrust(reason: OutOfSyncReason): void {
    const state = this.#state;
    if (!this.#echoOff || !this.#dataTrusted) return;
    switch (state.kind) {
      case 'closed':
      case 'unresponsive':
        return;
      case 'resyncing':
        this.#become({ ...state, dataTrusted: false });
        this.#tellOutOfSync();
        break;
      case 'running':
        // From here on neither a prompt nor a final result code proves anything; the payload must not go out.
        this.#loseSync(state, reason, { dataTrusted: false });
        break;
      case 'idle':
      case 'between':
        this.#resync({ reason }, { job: jobOf(state), dataTrusted: false });
    }
    for (const receiver of this.#receivers) receiver?.dataLost();
    this.#listener({ kind: 'dataLost' });
  }

  /** The final result code of the running transaction is lost. */
  #loseSync(
    running: Running,
    reason: OutOfSyncReason,
    { isAlarm = true, ...loss }: Loss & { readonly isAlarm?: boolean } = {},
  ): void {
    const { command } = running.transaction;
    const cause = { reason, command: command.name };
    const outOfSync = afterLostResult(running, loss);
    this.#resync(cause, isAlarm ? outOfSync : { ...outOfSync, untold: cause });
    if (!outOfSync.next) running.job.report({ kind: 'failed', error: outOfSyncError(command) });
  }

  /** Becomes `resyncing` before it calls the listener, whose commands then wait. */
  #resync(cause: OutOfSyncCause, outOfSync: OutOfSync): void {
    const padding = outOfSync.pendingPrompt !== undefined;
    const access = this.#lend(outOfSync, padding, this.#pace);
    if (outOfSync.untold === undefined) this.#listener({ kind: 'outOfSync', cause });
    const options: ResyncOptions = {
      attempts: 3,
      mayRestart: !this.#rateLostOnRestart,
      pad: padding ? 'ifSilent' : 'never',
      pace: this.#pace,
      firstQuestion: this.#firstQuestion++,
    };
    const onStep = (step: ResyncStep) => {
      if (step !== 'lineEnd') this.#tellOutOfSync();
      if (outOfSync.untold === undefined || step !== 'lineEnd')
        this.#listener({ kind: 'resyncStep', step });
    };
    void resync(access, options, onStep).then((result) => {
      if (result.kind === 'aborted') return;
      if (result.kind !== 'inSync') this.#tellOutOfSync();
      const state = this.#state;
      if (state.kind === 'resyncing' && state.access === access) this.#resynced(state, result);
    });
  }

  /** An ERROR that was only asked about has become an alarm. */
  #tellOutOfSync(): void {
    const state = this.#state;
    if (state.kind !== 'resyncing' || state.untold === undefined) return;
    this.#become({ ...state, untold: undefined });
    this.#listener({ kind: 'outOfSync', cause: state.untold });
  }

  /** Lends the port to a resync. */
  #lend(outOfSync: OutOfSync, mayBePrompted: boolean, pace: Pace): LineAccess {
    const controller = new AbortController();
    const access = new LineAccess(this.#port, pace, controller.signal);
    this.#become({ kind: 'resyncing', ...outOfSync, controller, access });
    this.#parser.expectPrompt = mayBePrompted;
    return access;
  }

  #resynced(state: Resyncing, result: Exclude<ResyncResult, { readonly kind: 'aborted' }>): void {
    const { job, next, dataTrusted, pendingPrompt } = state;
    this.#parser.expectPrompt = false;
    switch (result.kind) {
      case 'inSync':
        return this.#continue(state, result.padded ? pendingPrompt?.link : state.corrupt);
      case 'restarted':
        this.#listener({ kind: 'urc', urc: { kind: 'ready' } });
        // Usually the listener has done so.
        if (this.#state === state) this.reset(new EspAtError('DEVICE_RESTARTED'));
        return;
      case 'noAnswer':
        this.#become({ kind: 'unresponsive', dataTrusted, pendingPrompt });
        if (next) job?.report({ kind: 'failed', error: outOfSyncError(next.command) });
        this.#listener({ kind: 'unresponsive' });
    }
  }

  /** In sync: continues the job, unless its message would follow a corrupt one, or go out on another connection. */
  #continue({ job, next, untold }: Resyncing, corrupt: LinkId | undefined): void {
    if (corrupt !== undefined) this.#tellOutOfSync();
    const isTold = untold === undefined || corrupt !== undefined;
    const submission = submissionOf(job);
    const lost = isLost(submission, corrupt);
    if (job && next && !lost) this.#start(job, next);
    else this.#become(job instanceof CommandSequence ? { kind: 'between', job } : { kind: 'idle' });
    if (next && lost)
      submission?.report({ kind: 'notRepeated', error: outOfSyncError(next.command) });
    if (isTold) this.#listener({ kind: 'inSync', corrupt });
    this.#pull();
  }

  /** Lends the port to a sequence, and replaces a resync that corrupt bytes have begun. */
  async #lendWithin<T>(
    sequence: CommandSequence,
    body: (access: LineAccess) => Promise<T>,
    { pace, pad }: Pick<SequenceResyncOptions, 'pace' | 'pad'>,
  ): Promise<T> {
    const state = this.#state;
    const isOurs = !sequence.aborted && jobOf(state) === sequence;
    if (!isOurs || (state.kind !== 'between' && state.kind !== 'resyncing'))
      return sequence.refusal(new EspAtError('OUT_OF_SYNC', { command: 'a resync' }));
    const outOfSync = state.kind === 'resyncing' ? state : { job: sequence, dataTrusted: true };
    const access = this.#lend(outOfSync, pad !== 'never', pace);
    const result = await body(access).catch((error: unknown) => {
      if (!access.signal.aborted) throw error;
    });
    if (result === undefined || access.signal.aborted)
      return sequence.refusal(new EspAtError('ABORTED'));
    this.#parser.expectPrompt = false;
    this.#become({ kind: 'between', job: sequence });
    return result;
  }
}
