import type { ClientParts } from './client-parts';
import { submissionOf, type Running } from './client-state';
import { sizeOf } from '../command';
import { CommandSequence } from '../command-sequence';
import type { JobRunner } from './job-runner';
import { isDoubtfulRefusal, refusalError } from '../outcome';
import type { ResyncRunner } from './resync-runner';
import type { Action } from '../transaction/action';
import { onIdle, probeSoon, restartProbeWait, untilCheck } from '../transaction/idle';
import { onLine, onPrompt } from '../transaction/responses';

const BYTES = {
  writeCrLf: Buffer.from('\r\n'),
  writeCr: Buffer.from('\r'),
  writeLf: Buffer.from('\n'),
  writeAt: Buffer.from('AT\r\n'),
} as const;

/** Carries out what the running transaction asks for, until its outcome is known. */
export class TransactionRunner {
  readonly #parts: ClientParts;
  readonly #jobs: JobRunner;
  readonly #resyncs: ResyncRunner;

  constructor(parts: ClientParts, jobs: JobRunner, resyncs: ResyncRunner) {
    this.#parts = parts;
    this.#jobs = jobs;
    this.#resyncs = resyncs;
  }

  /** Takes a line. Returns false when it does not belong to the transaction. */
  takeLine(state: Running, text: string): boolean {
    const action = onLine(state.transaction, text);
    this.#act(state, action);
    return action !== 'urc';
  }

  takePrompt(state: Running): void {
    this.#act(state, onPrompt(state.transaction));
  }

  /** The response timeout calls it when the port idle time of a wait may be over. */
  check(): void {
    const { clock, machine, parser, timeout } = this.#parts;
    const { state } = machine;
    if (state.kind !== 'running') return;
    const { transaction } = state;
    if (timeout.restartIfBytesLeave(clock.now())) restartProbeWait(transaction, 0);
    const action = onIdle(transaction, timeout.idle, timeout.elapsed);
    this.#act(state, action);
    if (machine.state === state) {
      timeout.watch(untilCheck(transaction, timeout.idle));
    } else if (action !== 'succeeded' && machine.assumptions.rateLostOnRestart) {
      // At a negotiated rate the resync begins before the partial-frame timeout: a partial line, which may have
      // swallowed this response, would swallow the next one as well.
      parser.abandon();
    }
  }

  #act(state: Running, action: Action): void {
    const { machine, listener, port, timeout } = this.#parts;
    const { transaction } = state;
    switch (action) {
      case 'none':
      case 'urc':
        return;
      case 'echo':
        if (machine.assumptions.echoOff) listener({ kind: 'restartSuspected' });
        return;
      case 'busy':
        return timeout.watch(probeSoon(transaction, timeout.idle));
      case 'writePayload':
        return this.#writePayload(state);
      case 'writeLf':
      case 'writeAt':
        restartProbeWait(transaction, timeout.idle);
        timeout.watch(untilCheck(transaction, timeout.idle));
        return port.write(BYTES[action]);
      case 'writeCrLf':
      case 'writeCr':
        return port.write(BYTES[action]);
      case 'succeeded':
        return this.#succeed(state);
      case 'refused':
        return this.#refuse(state);
      default:
        return this.#resyncs.onResultCodeLost(state, action);
    }
  }

  /** Writes the payload even if the link has closed: see onPrompt. */
  #writePayload({ job, transaction }: Running): void {
    const { payload } = transaction.command;
    if (!payload) return;
    job.report({ kind: 'payloadWritten' });
    this.#parts.timeout.write(payload, untilCheck(transaction, 0));
  }

  #succeed({ job, transaction }: Running): void {
    const { command, response } = transaction;
    if (!(job instanceof CommandSequence)) this.#parts.queue.countSent(job.link, sizeOf(command));
    this.#jobs.finish(job, () => job.report({ kind: 'succeeded', response }));
  }

  #refuse(state: Running): void {
    const { job, transaction } = state;
    const submission = submissionOf(job);
    if (isDoubtfulRefusal(transaction, submission))
      return this.#resyncs.onResultCodeLost(state, 'UNEXPLAINED_ERROR');
    const { idle, elapsed } = this.#parts.timeout;
    // A flood that fills the port delays the ERROR too: that shows nothing about the network.
    const waitedMs = idle < elapsed / 2 ? idle : elapsed;
    const error = refusalError(transaction, submission, waitedMs);
    this.#jobs.finish(job, () => job.report({ kind: 'refused', error }));
  }
}
