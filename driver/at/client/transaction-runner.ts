import { isDoubtfulRefusal, refusalError } from '../outcome';
import { onIdle, restartProbeWait } from '../transaction/idle';
import { onLine, onPrompt } from '../transaction/responses';
import type { Action } from '../transaction/transaction';
import type { ClientCore } from './client-core';
import { submissionOf, type Running } from './client-state';
import type { ResyncRunner } from './resync-runner';

const BYTES = {
  writeCrLf: Buffer.from('\r\n'),
  writeCr: Buffer.from('\r'),
  writeLf: Buffer.from('\n'),
  writeAt: Buffer.from('AT\r\n'),
} as const;

/** Carries out what the running transaction asks for, until its outcome is known. */
export class TransactionRunner {
  readonly #core: ClientCore;
  readonly #resyncs: ResyncRunner;

  constructor(core: ClientCore, resyncs: ResyncRunner) {
    this.#core = core;
    this.#resyncs = resyncs;
  }

  /** Takes a line. Returns false when it does not belong to the transaction. */
  takeLine(state: Running, text: string): boolean {
    const action = onLine(state.transaction, text, this.#core.port.timer.idle);
    this.#act(state, action);
    return action !== 'urc';
  }

  takePrompt(state: Running): void {
    this.#act(state, onPrompt(state.transaction));
  }

  /** Call when the port idle time of a wait may be over. */
  check(): void {
    const { parser, port, state } = this.#core;
    if (state.kind !== 'running') return;
    const { transaction } = state;
    if (port.restartTimerIfBytesLeave()) restartProbeWait(transaction);
    const { slowness, timer } = port;
    const action = onIdle(transaction, timer.idle, timer.elapsed, slowness);
    this.#act(state, action);
    // At a negotiated rate the resync begins before the partial-frame timeout: a partial line, which may have
    // swallowed this response, would swallow the next one as well.
    const isOutOfSync = this.#core.state !== state && action !== 'succeeded';
    if (isOutOfSync && port.rateOrigin === 'negotiated') parser.abandon();
  }

  #act(state: Running, action: Action): void {
    const { emit, isEchoOff, port } = this.#core;
    switch (action) {
      case 'none':
      case 'urc':
        break;
      case 'echo':
        if (isEchoOff) emit({ kind: 'restartSuspected' });
        break;
      case 'writePayload':
        this.#writePayload(state);
        break;
      case 'writeCrLf':
      case 'writeCr':
      case 'writeLf':
      case 'writeAt':
        port.write(BYTES[action]);
        break;
      case 'succeeded':
        return this.#succeed(state);
      case 'refused':
        return this.#refuse(state);
      default:
        return this.#resyncs.onResultCodeLost(state, action);
    }
    this.#core.watch();
  }

  /** Writes the payload even if the link has closed: see onPrompt. */
  #writePayload({ job, transaction }: Running): void {
    const { payload } = transaction.command;
    if (!payload) return;
    job.report({ kind: 'payloadWritten' });
    this.#core.port.request(payload);
  }

  #succeed({ job, transaction }: Running): void {
    const { response } = transaction;
    this.#core.finish(job, () => job.report({ kind: 'succeeded', response }));
  }

  #refuse(state: Running): void {
    const { job, transaction } = state;
    const submission = submissionOf(job);
    const { slowness, timer } = this.#core.port;
    // It tells a stalled network from other reasons (`LINK_STALLED`). A flood that fills the port delays the ERROR too.
    const waitedMs = (timer.idle < timer.elapsed / 2 ? timer.idle : timer.elapsed) * slowness;
    const refusal = {
      kind: 'refused',
      error: refusalError(transaction, submission, waitedMs),
    } as const;
    if (isDoubtfulRefusal(transaction, submission))
      this.#resyncs.onResultCodeLost(state, 'UNEXPLAINED_ERROR', { failure: refusal });
    else this.#core.finish(job, () => job.report(refusal));
  }
}
