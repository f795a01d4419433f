import { EspAtError } from '../../errors';
import type { ClientCore } from './client-core';
import {
  jobOf,
  stateAfter,
  submissionOf,
  type Continuation,
  type Resyncing,
  type Running,
} from './client-state';
import { mayPrompt } from '../command';
import { CommandSequence, type SequenceResyncOptions } from '../command-sequence';
import type { OutOfSyncReason, OutOfSyncCause, ResyncStep } from '../events';
import { PortLease, type Pace } from '../port-lease';
import { mayRepeat, outOfSyncError } from '../outcome';
import { resync, type ResyncOptions, type ResyncResult } from '../resync/resync';
import type { CommandEvent, LinkId } from '../types';

/** Lends the port to resyncs and sequences, and continues the work of the client afterwards. */
export class ResyncRunner {
  /** What {@link ResyncOptions.nextQuery} returns next. */
  queryIndex = 0;
  readonly #core: ClientCore;
  readonly #nextQuery = () => this.queryIndex++;

  constructor(core: ClientCore) {
    this.#core = core;
  }

  /** Call when received bytes are corrupt: until in sync, any bytes may come from the inside of a message. */
  onCorruption(reason: OutOfSyncReason): void {
    const { isDataTrusted, isEchoOff, state } = this.#core;
    if (!isEchoOff || !isDataTrusted) return;
    switch (state.kind) {
      case 'closed':
      case 'unresponsive':
        return;
      case 'resyncing':
        this.#core.become({ ...state, dataTrusted: false });
        this.#announced(state.lease);
        break;
      case 'running':
        // From here on neither a prompt nor a final result code proves anything; the payload must not go out.
        this.onResultCodeLost(state, reason, { dataTrusted: false });
        break;
      case 'idle':
      case 'between':
        this.begin({ reason }, { job: jobOf(state), dataTrusted: false });
    }
    this.#core.dataLost();
    this.#core.emit({ kind: 'dataLost' });
  }

  /**
   * Begins a resync because the final result code of the running transaction is lost.
   * @param dataTrusted false where received bytes are corrupt
   * @param failure of a command that the client does not repeat; by default `OUT_OF_SYNC`
   */
  onResultCodeLost(
    { job, transaction }: Running,
    reason: OutOfSyncReason,
    { dataTrusted = true, failure }: { dataTrusted?: boolean; failure?: CommandEvent } = {},
  ): void {
    const { command, attempt } = transaction;
    const { slowness, timer } = this.#core.port;
    const submission = submissionOf(job);
    const link = submission?.link;
    const repeats = mayRepeat(transaction, submission);
    const cause = { reason, command: command.name };
    const continuation: Continuation = {
      // After the resync a sequence continues. A message continues only if the client repeats it.
      job: repeats || !submission ? job : undefined,
      ...(repeats && { next: { command, attempt: attempt + 1 } }),
      dataTrusted,
      ...(mayPrompt(command) && { pendingPrompt: { link } }),
      ...(reason === 'CORRUPT_PAYLOAD' && { corruptLink: link }),
      ...(reason === 'UNEXPLAINED_ERROR' && { unannounced: cause }),
    };
    const commandMs = (command.timeoutMs - timer.elapsed) * slowness;
    this.begin(cause, continuation, commandMs);
    if (!repeats) job.report(failure ?? { kind: 'failed', error: outOfSyncError(command) });
  }

  /**
   * Begins the resync first and calls the listener then: commands that the listener runs wait for the resync.
   * @param commandMs milliseconds that the command which the client has written may still be running
   */
  begin(cause: OutOfSyncCause, continuation: Continuation, commandMs = 0): void {
    const { emit, pace, port } = this.#core;
    const mayBePrompted = continuation.pendingPrompt !== undefined;
    const lease = this.#lendPort(continuation, mayBePrompted, pace);
    if (continuation.unannounced === undefined) emit({ kind: 'outOfSync', cause });
    const options: ResyncOptions = {
      attempts: 3,
      // At another rate the restarted device would talk unheard: the device session first searches for its rate.
      mayRestart: port.rateOrigin === 'start',
      pad: mayBePrompted ? 'ifSilent' : 'never',
      pace,
      commandMs,
      nextQuery: this.#nextQuery,
    };
    const onStep = (step: ResyncStep) => {
      // One line end clears up most doubtful ERRORs. A resync that takes another step is announced then.
      const state = step === 'lineEnd' ? this.#stateOf(lease) : this.#announced(lease);
      if (state && !state.unannounced) emit({ kind: 'resyncStep', step });
    };
    const onEnd = (result: ResyncResult) => {
      const state = result.kind === 'inSync' ? this.#stateOf(lease) : this.#announced(lease);
      if (state) this.#end(state, result);
    };
    void resync(lease, options, onStep).then(onEnd, (error: unknown) => {
      if (!lease.aborted) throw error;
    });
  }

  /** Resyncs within a sequence. */
  resyncWithin(sequence: CommandSequence, options: SequenceResyncOptions): Promise<ResyncResult> {
    const all = { ...options, mayRestart: false, nextQuery: this.#nextQuery };
    const body = (lease: PortLease) => resync(lease, all, () => undefined);
    return this.lendPortWithin(sequence, body, options);
  }

  /**
   * Lends the port to a sequence for `body`. Aborts a resync that corrupt bytes have begun: `body` resyncs instead.
   * @throws EspAtError as `SequenceAccess.lendPort`
   */
  async lendPortWithin<T>(
    sequence: CommandSequence,
    body: (lease: PortLease) => Promise<T>,
    { pace, pad }: Pick<SequenceResyncOptions, 'pace' | 'pad'>,
  ): Promise<T> {
    const { state } = this.#core;
    const isOurs = !sequence.abortError && jobOf(state) === sequence;
    if (!isOurs || (state.kind !== 'between' && state.kind !== 'resyncing'))
      return sequence.rejection(new EspAtError('OUT_OF_SYNC', { command: 'AT' }));
    const continuation = state.kind === 'resyncing' ? state : { job: sequence, dataTrusted: true };
    const lease = this.#lendPort(continuation, pad !== 'never', pace);
    try {
      const result = await body(lease);
      if (!lease.aborted) return result;
    } catch (error) {
      if (!lease.aborted) throw error;
    } finally {
      const now = this.#stateOf(lease);
      if (now) {
        this.#takeBack(now);
        this.#core.become(stateAfter(sequence));
        this.#core.pull();
      }
    }
    return sequence.rejection(new EspAtError('ABORTED'));
  }

  /** Takes the port back. Data that the client dropped may be the beginning of a message whose rest comes next. */
  #takeBack({ dataTrusted }: Pick<Continuation, 'dataTrusted'>): void {
    this.#core.parser.expectPrompt = false;
    if (!dataTrusted) this.#core.dataLost();
  }

  #lendPort(continuation: Continuation, mayBePrompted: boolean, pace: Pace): PortLease {
    const lease = new PortLease(this.#core.port, pace);
    this.#core.become({ kind: 'resyncing', ...continuation, lease });
    this.#core.parser.expectPrompt = mayBePrompted;
    return lease;
  }

  /** The state while the resync with this lease runs; undefined once the client has left it, even for a later resync. */
  #stateOf(lease: PortLease): Resyncing | undefined {
    const { state } = this.#core;
    return state.kind === 'resyncing' && state.lease === lease ? state : undefined;
  }

  /**
   * Emits `outOfSync` where the client has put it off: what began with a doubtful ERROR is a loss of sync.
   * @returns as {@link #stateOf}
   */
  #announced(lease: PortLease): Resyncing | undefined {
    const state = this.#stateOf(lease);
    if (!state?.unannounced) return state;
    this.#core.become({ ...state, unannounced: undefined });
    this.#core.emit({ kind: 'outOfSync', cause: state.unannounced });
    return this.#stateOf(lease);
  }

  #end(state: Resyncing, result: ResyncResult): void {
    const { job, next, dataTrusted, pendingPrompt } = state;
    this.#takeBack(state);
    switch (result.kind) {
      case 'inSync':
        return this.#continue(state, result.padded ? pendingPrompt?.link : state.corruptLink);
      case 'restarted':
        this.#core.emit({ kind: 'urc', urc: { kind: 'ready' } });
        // Usually the listener has reset the client.
        if (this.#core.state === state)
          this.#core.failAll({ kind: 'idle' }, new EspAtError('DEVICE_RESTARTED'));
        return;
      case 'noAnswer':
        this.#core.become({ kind: 'unresponsive', dataTrusted, pendingPrompt });
        if (next) job?.report({ kind: 'failed', error: outOfSyncError(next.command) });
        this.#core.emit({ kind: 'unresponsive' });
    }
  }

  /**
   * In sync: continues the job, unless it is an aborted sequence, or its message would follow a corrupt one, or go out on
   * another connection.
   */
  #continue(state: Resyncing, corruptLink: LinkId | undefined): void {
    const now = corruptLink === undefined ? state : this.#announced(state.lease);
    // A listener has closed the client.
    if (!now) return;
    const { job, next, unannounced } = now;
    const submission = submissionOf(job);
    const isCancelled =
      job instanceof CommandSequence
        ? job.abortError !== undefined
        : job && (!job.connectionLives || job.link === corruptLink);
    if (job && next && !isCancelled) this.#core.start(job, next);
    else this.#core.become(stateAfter(job));
    if (next && isCancelled)
      submission?.report({ kind: 'notRepeated', error: outOfSyncError(next.command) });
    if (unannounced === undefined) this.#core.emit({ kind: 'inSync', corruptLink });
    this.#core.pull();
  }
}
