import type { EspAtError } from '../../errors';
import type { ClientParts } from './client-parts';
import { jobOf, stateAfter, type ClientState, type Job, type NextCommand } from './client-state';
import type { Command, Response } from '../command';
import { CommandSequence } from '../command-sequence';
import { outOfSyncError } from '../outcome';
import { slower, TIMEOUT_POLICY } from '../timing/timeout-policy';
import { untilCheck } from '../transaction/idle';
import { begin } from '../transaction/transaction';

/** Runs jobs, one after the other: sequences first, then messages. Starts the transaction of each command. */
export class JobRunner {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Begins the next job of the queue, if the client is idle. */
  pull(): void {
    const { machine, queue } = this.#parts;
    if (machine.state.kind !== 'idle') return;
    const job = queue.nextJob();
    if (job instanceof CommandSequence) {
      machine.become({ kind: 'between', job });
      job.begin();
    } else if (job) {
      this.start(job, { command: job.command, attempt: 1 });
    }
  }

  /** Writes the line of a command: its transaction begins. */
  start(job: Job, { command, attempt }: NextCommand): void {
    const { machine, parser, port, timeout } = this.#parts;
    const policy = slower(TIMEOUT_POLICY[machine.pace], port.slowness);
    const transaction = begin(command, attempt, policy);
    machine.become({ kind: 'running', job, transaction });
    parser.expectPrompt = command.payload !== undefined;
    job.report({ kind: 'started' });
    timeout.write(Buffer.from(`${command.line}\r\n`, 'latin1'), untilCheck(transaction, 0));
  }

  /** Ends a transaction. Its job may queue more, which then runs at once. */
  finish(job: Job, report: () => void): void {
    this.#parts.machine.become(stateAfter(job));
    report();
    this.pull();
  }

  /** Runs a command of a sequence: now, or as soon as the client is in sync. */
  runWithin(sequence: CommandSequence, command: Command): Promise<Response> {
    const { machine } = this.#parts;
    const { state } = machine;
    if (!sequence.abortError && jobOf(state) === sequence) {
      const next = { command, attempt: 1 };
      if (state.kind === 'between') return sequence.startAndAwait(() => this.start(sequence, next));
      if (state.kind === 'resyncing' && !state.next)
        return sequence.startAndAwait(() => machine.become({ ...state, next }));
    }
    return sequence.rejection(outOfSyncError(command));
  }

  /** Call when the body of a sequence has ended, also after an abort: the client then runs the next job. */
  endSequence(sequence: CommandSequence): void {
    const { machine } = this.#parts;
    const { state } = machine;
    sequence.bodyEnded = true;
    if (jobOf(state) !== sequence) return;
    if (state.kind === 'between') machine.become({ kind: 'idle' });
    else if (state.kind === 'resyncing')
      machine.become({ ...state, job: undefined, next: undefined });
    this.pull();
  }

  /** Fails the running command and all queued ones with the error, after the change of state: they may queue more. */
  failAll(to: Extract<ClientState, { readonly kind: 'idle' | 'closed' }>, error: EspAtError): void {
    const { machine, parser, partialFrame, queue, receivers, timeout } = this.#parts;
    const job = jobOf(machine.state);
    timeout.stop();
    partialFrame.stop();
    parser.reset();
    receivers.clear();
    machine.become(to);
    const waiting = queue.takeSequences();
    if (job instanceof CommandSequence) job.abort(error);
    else job?.report({ kind: 'failed', error });
    for (const sequence of waiting) sequence.reject(error);
  }
}
