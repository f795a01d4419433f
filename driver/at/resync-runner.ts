import { EspAtError } from '../errors';
import type { ClientParts } from './client-parts';
import { CommandSequence, type SequenceResyncOptions } from './command-sequence';
import type { JobRunner } from './job-runner';
import { LineAccess, type Pace } from './resync/line-access';
import {
  afterLostResult,
  isLost,
  jobOf,
  submissionOf,
  type Loss,
  type OutOfSync,
  type Resyncing,
  type Running,
} from './resync/out-of-sync';
import { outOfSyncError } from './outcome';
import { resync, type ResyncOptions, type ResyncResult, type ResyncStep } from './resync/resync';
import type { LinkId, OutOfSyncCause, OutOfSyncReason } from './types';

/** Lends the port to resyncs and sequences, and continues the work of the client afterwards. */
export class ResyncRunner {
  /** Which query the next resync asks first: after a late response, another one. */
  firstQuestion = 0;
  readonly #parts: ClientParts;
  readonly #jobs: JobRunner;

  constructor(parts: ClientParts, jobs: JobRunner) {
    this.#parts = parts;
    this.#jobs = jobs;
  }

  /** Received bytes are corrupt: until in sync, any bytes may come from the inside of a message. */
  distrust(reason: OutOfSyncReason): void {
    const { listener, machine, receivers } = this.#parts;
    const { state } = machine;
    if (!machine.assumptions.echoOff || !machine.isDataTrusted) return;
    switch (state.kind) {
      case 'closed':
      case 'unresponsive':
        return;
      case 'resyncing':
        machine.become({ ...state, dataTrusted: false });
        this.#tellOutOfSync();
        break;
      case 'running':
        // From here on neither a prompt nor a final result code proves anything; the payload must not go out.
        this.loseResult(state, reason, { dataTrusted: false });
        break;
      case 'idle':
      case 'between':
        this.begin({ reason }, { job: jobOf(state), dataTrusted: false });
    }
    receivers.dataLost();
    listener({ kind: 'dataLost' });
  }

  /** The final result code of the running transaction is lost. */
  loseResult(
    running: Running,
    reason: OutOfSyncReason,
    { isAlarm = true, ...loss }: Loss & { readonly isAlarm?: boolean } = {},
  ): void {
    const { command } = running.transaction;
    const cause = { reason, command: command.name };
    const outOfSync = afterLostResult(running, loss);
    this.begin(cause, isAlarm ? outOfSync : { ...outOfSync, untold: cause });
    if (!outOfSync.next) running.job.report({ kind: 'failed', error: outOfSyncError(command) });
  }

  /** Becomes `resyncing` before it calls the listener, whose commands then wait. */
  begin(cause: OutOfSyncCause, outOfSync: OutOfSync): void {
    const { listener, machine } = this.#parts;
    const { pace } = machine;
    const padding = outOfSync.pendingPrompt !== undefined;
    const access = this.#lend(outOfSync, padding, pace);
    if (outOfSync.untold === undefined) listener({ kind: 'outOfSync', cause });
    const options: ResyncOptions = {
      attempts: 3,
      mayRestart: !machine.assumptions.rateLostOnRestart,
      pad: padding ? 'ifSilent' : 'never',
      pace,
      firstQuestion: this.firstQuestion++,
    };
    const onStep = (step: ResyncStep) => {
      if (step !== 'lineEnd') this.#tellOutOfSync();
      if (outOfSync.untold === undefined || step !== 'lineEnd')
        listener({ kind: 'resyncStep', step });
    };
    void resync(access, options, onStep).then((result) => {
      if (result.kind === 'aborted') return;
      if (result.kind !== 'inSync') this.#tellOutOfSync();
      const { state } = machine;
      if (state.kind === 'resyncing' && state.access === access) this.#end(state, result);
    });
  }

  /** Resyncs within a sequence. */
  resyncWithin(sequence: CommandSequence, options: SequenceResyncOptions): Promise<ResyncResult> {
    const all = { ...options, firstQuestion: this.firstQuestion++ };
    const body = (line: LineAccess) => resync(line, all, () => undefined);
    return this.lendWithin(sequence, body, options);
  }

  /** Lends the port to a sequence, and replaces a resync that corrupt bytes have begun. */
  async lendWithin<T>(
    sequence: CommandSequence,
    body: (access: LineAccess) => Promise<T>,
    { pace, pad }: Pick<SequenceResyncOptions, 'pace' | 'pad'>,
  ): Promise<T> {
    const { machine } = this.#parts;
    const { state } = machine;
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
    this.#takeBack(outOfSync);
    machine.become({ kind: 'between', job: sequence });
    return result;
  }

  /** Takes the port back. What the client dropped meanwhile may have begun what comes next. */
  #takeBack({ dataTrusted }: Pick<OutOfSync, 'dataTrusted'>): void {
    const { parser, receivers } = this.#parts;
    parser.expectPrompt = false;
    if (!dataTrusted) receivers.dataLost();
  }

  #lend(outOfSync: OutOfSync, mayBePrompted: boolean, pace: Pace): LineAccess {
    const { machine, parser, port } = this.#parts;
    const controller = new AbortController();
    const access = new LineAccess(port, pace, controller.signal);
    machine.become({ kind: 'resyncing', ...outOfSync, controller, access });
    parser.expectPrompt = mayBePrompted;
    return access;
  }

  /** An ERROR that was only asked about has become an alarm. */
  #tellOutOfSync(): void {
    const { listener, machine } = this.#parts;
    const { state } = machine;
    if (state.kind !== 'resyncing' || state.untold === undefined) return;
    machine.become({ ...state, untold: undefined });
    listener({ kind: 'outOfSync', cause: state.untold });
  }

  #end(state: Resyncing, result: Exclude<ResyncResult, { readonly kind: 'aborted' }>): void {
    const { listener, machine } = this.#parts;
    const { job, next, dataTrusted, pendingPrompt } = state;
    this.#takeBack(state);
    switch (result.kind) {
      case 'inSync':
        return this.#continue(state, result.padded ? pendingPrompt?.link : state.corrupt);
      case 'restarted':
        listener({ kind: 'urc', urc: { kind: 'ready' } });
        // Usually the listener has done so.
        if (machine.state === state)
          this.#jobs.failAll({ kind: 'idle' }, new EspAtError('DEVICE_RESTARTED'));
        return;
      case 'noAnswer':
        machine.become({ kind: 'unresponsive', dataTrusted, pendingPrompt });
        if (next) job?.report({ kind: 'failed', error: outOfSyncError(next.command) });
        listener({ kind: 'unresponsive' });
    }
  }

  /** In sync: continues the job, unless its message would follow a corrupt one, or go out on another connection. */
  #continue({ job, next, untold }: Resyncing, corrupt: LinkId | undefined): void {
    const { listener, machine } = this.#parts;
    if (corrupt !== undefined) this.#tellOutOfSync();
    const isTold = untold === undefined || corrupt !== undefined;
    const submission = submissionOf(job);
    const lost = isLost(submission, corrupt);
    if (job && next && !lost) this.#jobs.start(job, next);
    else
      machine.become(job instanceof CommandSequence ? { kind: 'between', job } : { kind: 'idle' });
    if (next && lost)
      submission?.report({ kind: 'notRepeated', error: outOfSyncError(next.command) });
    if (isTold) listener({ kind: 'inSync', corrupt });
    this.#jobs.pull();
  }
}
