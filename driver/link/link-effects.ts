import type { LinkId } from '../at/types';
import { wsclose } from '../commands/wsopen';
import { delay } from '../clock';
import { asEspAtError, EspAtError, type ErrorCode, type SendOutcome } from '../errors';
import type { DeviceWatch } from './device-watch';
import type { ConnectionOptions } from './connection-options';
import type { LinkEmitter } from './link-emitter';
import type { LinkHost, ReadyDevice } from './link-host';
import { runOpen } from './open-sequence';
import type { CloseOperation, OpenOperation } from './operation';
import type { Reception } from './receive/reception';
import type { ReconnectPolicy } from './reconnect-policy';
import type { Requests } from './request/requests';
import type { SendQueue } from './send/send-queue';
import type { LinkMachine } from './state/link-machine';
import type { Closing, Effect, Goal, Timer } from './state/link-state';
import { closed, closeFailed, corrupted, timeOver } from './state/link-step';
import type { MessageSink } from './receive/link-receiver';

/** Milliseconds that the server may take to answer the close frame. */
const CLOSE_HANDSHAKE_TIMEOUT_MS = 3000;
/** Milliseconds from a failure of `AT+WSCLOSE` to the next one. */
const CLOSE_RETRY_MS = 1000;

/** The parts of a link. */
export interface LinkParts {
  readonly machine: LinkMachine;
  readonly watch: DeviceWatch;
  readonly policy: ReconnectPolicy;
  readonly sendQueue: SendQueue;
  readonly connectionOptions: ConnectionOptions;
  readonly requests: Requests;
  readonly reception: Reception;
  readonly emitter: LinkEmitter;
}

/** Carries out the effects of a link's transitions. */
export class LinkEffects {
  readonly #link: LinkId;
  readonly #host: LinkHost;
  readonly #parts: LinkParts;
  readonly #sink: MessageSink;
  /** The device that runs `AT+WSCLOSE` for a connection that no goal asks for. */
  #strayClose: ReadyDevice | undefined;

  constructor(link: LinkId, host: LinkHost, parts: LinkParts) {
    const { machine, requests, emitter } = parts;
    const { recorder } = host;
    this.#link = link;
    this.#host = host;
    this.#parts = parts;
    this.#sink = {
      message: (opcode, bytes) => {
        recorder?.message(link, bytes.length);
        requests.take(emitter.received(opcode, bytes));
      },
      failed: (error) => emitter.dataLost(error),
      unrecoverable: (error) => {
        // A closing link does not reconnect: it only emits that messages are lost.
        if (machine.state.kind === 'closing') emitter.dataLost(this.#error('DATA_LOST'));
        else {
          emitter.countDataLoss();
          machine.take((state) => corrupted(state, error));
        }
      },
    };
  }

  carryOut(effect: Effect): void {
    const { emitter, policy, sendQueue } = this.#parts;
    switch (effect.do) {
      case 'emitChange':
        return emitter.emitChange(effect);
      case 'start':
        return this.#start(effect.operation);
      case 'startTimer':
        return this.#startTimer(effect.timer);
      case 'beginConnection':
        return this.#beginConnection(effect.goal);
      case 'endConnection':
        return this.#endConnection(effect.goal);
      case 'endHolds':
        return sendQueue.endHolds(this.#error(effect.code, 'not-sent'));
      case 'failQueued':
        return sendQueue.connectionLost(this.#error(effect.code), effect.end);
      case 'failRefused':
        return sendQueue.failRefused();
      case 'expectData':
        return this.#parts.reception.expectData();
      case 'closeStray':
        return this.#closeStray();
      case 'checkLinks':
        return this.#host.checkLinks();
      case 'noteUrc':
        return void effect.operation.seen.add(effect.urc);
      case 'endCloseWait':
        return effect.operation.endWait();
      case 'policy':
        return policy[effect.call](this.#now);
      case 'join':
        return effect.operation.join(effect.to);
      case 'settle': {
        const { operation, error } = effect;
        // The machine does not know its link: it gives a code where the error needs no more than the link.
        return operation.settle(typeof error === 'string' ? this.#error(error) : error);
      }
    }
  }

  /** Runs one `AT+WSCLOSE` at a time: it also ends a connection reported while it is queued; the next check shows a later one. */
  #closeStray(): void {
    const { current } = this.#parts.watch;
    if (!current || this.#strayClose === current) return;
    this.#strayClose = current;
    const end = () => (this.#strayClose = undefined);
    current.client.run(wsclose(this.#link)).then(end, end);
  }

  #start(operation: OpenOperation | CloseOperation): void {
    const { machine, watch, reception, connectionOptions } = this.#parts;
    const { state } = machine;
    // A listener may have ended it before it began.
    if (!('operation' in state) || state.operation !== operation) return;
    if (state.kind === 'opening')
      void runOpen(this.#link, state, machine, watch, {
        chosen: (options) => connectionOptions.chosen(options),
        opening: (options) => {
          connectionOptions.sent(options);
          reception.expectData();
        },
      });
    else void this.#runClose(state);
  }

  async #runClose({ operation, frame }: Closing): Promise<void> {
    const { machine, watch } = this.#parts;
    try {
      const { client } = watch.required;
      if (frame) await this.#waitToClose(frame, operation.waitEnded);
      // After an abort the connection is gone.
      if (!operation.signal.aborted) await client.run(wsclose(this.#link));
      machine.take((state) => closed(state, operation));
    } catch (reason) {
      machine.take((state) => closeFailed(state, operation, asEspAtError(reason)));
    }
  }

  /**
   * Sends a close frame behind the queued messages, and waits for the server's (RFC 6455, section 7.1.2), which the
   * firmware does not do. Before a repeated `AT+WSCLOSE`, waits {@link CLOSE_RETRY_MS} instead.
   */
  async #waitToClose(frame: Buffer | 'retryDelay', signal: AbortSignal): Promise<void> {
    const isRetry = frame === 'retryDelay';
    try {
      if (!isRetry) await this.#parts.sendQueue.sendClose(frame);
      const ms = isRetry ? CLOSE_RETRY_MS : CLOSE_HANDSHAKE_TIMEOUT_MS;
      await delay(this.#host.clock, ms, { signal });
    } catch {
      // The wait has ended early, or the close frame failed: the link closes all the same.
    }
  }

  #startTimer(timer: Timer): void {
    const { machine, policy, emitter, watch } = this.#parts;
    // A listener may have ended it before it began.
    if (!machine.owns(timer)) return;
    const given = 'until' in timer ? timer.until - this.#now : timer.ms;
    const ms = given === 'policy' ? policy.nextDelay() : Math.max(0, given);
    machine.startTimer(ms, (state) => timeOver(state, watch.isInSync));
    if (given === 'policy') emitter.retry(ms);
  }

  #beginConnection(goal: Goal): void {
    const { watch, policy, emitter, reception, sendQueue, connectionOptions } = this.#parts;
    const options = connectionOptions.withGoal(goal);
    const { current } = watch;
    if (!current) return;
    policy.opened(this.#now);
    emitter.warn({ ...goal, options }, current.capabilities);
    reception.begin(current, options, this.#sink, () => emitter.dataLost(this.#error('DATA_LOST')));
    // The firmware holds a first message back until the server's next byte: the pong of this ping.
    if (current.capabilities.firstMessage === 'heldBack') sendQueue.sendPing();
    sendQueue.release();
  }

  #endConnection(goal: Goal | undefined): void {
    const { policy, emitter, reception, requests } = this.#parts;
    policy.ended(this.#now);
    emitter.emitFor(goal, () => reception.end());
    requests.connectionEnded();
  }

  #error(code: ErrorCode, outcome?: SendOutcome): EspAtError {
    return new EspAtError(code, { link: this.#link }, outcome && { outcome });
  }

  get #now(): number {
    return this.#host.clock.now();
  }
}
