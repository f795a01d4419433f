import type { Command } from '../../at/command';
import { asNotSent, asUnknown } from '../../at/outcome';
import type { CommandEvent, LinkId, Submission } from '../../at/types';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { Deferred } from '../../deferred';
import type { EspAtError } from '../../errors';
import type { SendOptions } from '../options';
import type { ConnectionEnd } from '../state/link-state';

/** The connection ended while the client ran a part. */
interface ConnectionLoss {
  readonly error: EspAtError;
  readonly end: ConnectionEnd;
  /** Whether no byte of the message can have left. */
  readonly noneHasLeft: boolean;
}

type SendState =
  /** The message waits for its link. `refusal`: the device refused it though the link seemed open; a check of the links runs. */
  | { readonly kind: 'held'; readonly timer: Cancel; readonly refusal?: EspAtError }
  /** `part` is the next one that the client runs. */
  | { readonly kind: 'queued'; readonly parts: readonly Command[]; readonly part: number }
  /** The client runs a part. `hasLeft`: bytes of that part may have reached the network. */
  | {
      readonly kind: 'submitted';
      readonly parts: readonly Command[];
      readonly part: number;
      readonly hasLeft: boolean;
      readonly lost?: ConnectionLoss;
    }
  | { readonly kind: 'settled' };

/** Called when the client ends a message, without an error where the device has confirmed every part. */
type OnEnd = (message: PendingSend, error?: EspAtError) => void;

/** One message, from `send()` until its promise settles. */
export class PendingSend implements Submission {
  readonly link: LinkId;
  readonly bytes: Uint8Array;
  readonly options: SendOptions;
  readonly #clock: Clock;
  #holdUntil: number;
  readonly #onEnd: OnEnd;
  readonly #outcome = new Deferred<void>();
  #state: SendState = { kind: 'held', timer: () => undefined };

  constructor(link: LinkId, bytes: Uint8Array, options: SendOptions, clock: Clock, onEnd: OnEnd) {
    this.link = link;
    this.bytes = bytes;
    this.options = options;
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#holdUntil = clock.now() + (options.holdMs ?? 0);
  }

  /** Settles with the message. */
  get settled(): Promise<void> {
    return this.#outcome.promise;
  }

  get isHeld(): boolean {
    return this.#state.kind === 'held';
  }

  /** Whether the client has begun no part of it. */
  get isUntouched(): boolean {
    const state = this.#state;
    return state.kind === 'held' || (state.kind === 'queued' && state.part === 0);
  }

  /** The refusal of a link that seemed open, until a check shows whether it was. */
  get refusal(): EspAtError | undefined {
    return this.#state.kind === 'held' ? this.#state.refusal : undefined;
  }

  /** Milliseconds for which the queue may still hold it. */
  get holdLeft(): number {
    return Math.max(0, this.#holdUntil - this.#clock.now());
  }

  /** Whether it has several parts: if it ends between them, the peer takes the next message for its rest. */
  get isFragmented(): boolean {
    return 'parts' in this.#state && this.#state.parts.length > 1;
  }

  /** Holds it. @param onLate called after `milliseconds` milliseconds, unless the hold ends before */
  hold(milliseconds: number, onLate: () => void, refusal?: EspAtError): void {
    const timer = onTimeout(this.#clock, milliseconds, onLate);
    this.#become({ kind: 'held', timer, ...(refusal && { refusal }) });
  }

  /** From now on, the queue may not hold it (again). */
  endHold(): void {
    this.#holdUntil = -Infinity;
  }

  /** Queues it: the client may run its commands. @param parts one command for each part */
  queue(parts: readonly Command[]): void {
    this.#become({ kind: 'queued', parts, part: 0 });
  }

  /** @param error why it was not sent, or why that is unknown */
  settle(error?: EspAtError): void {
    this.#become({ kind: 'settled' });
    if (error) this.#outcome.reject(error);
    else this.#outcome.resolve();
  }

  /**
   * Its connection, or its device, is lost. Returns its failure; undefined where the queue may still hold it, or where the
   * client runs a part of it: the outcome of that part then ends it.
   */
  connectionLost(error: EspAtError, end: ConnectionEnd): EspAtError | undefined {
    const state = this.#state;
    if (state.kind === 'held') return this.holdLeft > 0 ? undefined : asNotSent(error);
    if (state.kind === 'queued') return this.#failure(error);
    // After a loss of kind `gone` no bytes can leave. After another they can: a later loss replaces it.
    if (state.kind === 'settled' || state.lost?.end === 'gone') return undefined;
    const noneHasLeft = state.part === 0 && !state.hasLeft;
    this.#state = { ...state, lost: { error, end, noneHasLeft } };
    return undefined;
  }

  // --- called by the client ------------------------------------------------------------------------

  get command(): Command {
    const state = this.#state;
    const command = 'parts' in state ? state.parts[state.part] : undefined;
    if (!command) throw new Error('only a queued message has a command');
    return command;
  }

  get connectionLives(): boolean {
    return this.#state.kind !== 'submitted' || this.#state.lost === undefined;
  }

  get partlySent(): boolean {
    return 'part' in this.#state && this.#state.part > 0;
  }

  report(event: CommandEvent): void {
    const state = this.#state;
    if (state.kind === 'held' || state.kind === 'settled') return;
    const { parts, part } = state;
    const isLast = part + 1 === parts.length;
    const lost = state.kind === 'submitted' ? state.lost : undefined;
    switch (event.kind) {
      case 'started': {
        // An empty message leaves with its line.
        const hasLeft = this.command.success === 'SEND OK' && !this.command.payload;
        this.#state = { kind: 'submitted', parts, part, hasLeft };
        if (hasLeft && isLast) this.options.onLeaving?.();
        return;
      }
      case 'payloadWritten':
        this.#state = { kind: 'submitted', parts, part, hasLeft: true, ...whenWritten(lost) };
        // Where the connection has ended for the link already, no reply can come.
        if (isLast && (!lost || lost.end === 'closing')) this.options.onLeaving?.();
        return;
      case 'succeeded':
        if (isLast) return this.#onEnd(this);
        if (lost) return this.#onEnd(this, asUnknown(this.link, lost.error));
        this.#state = { kind: 'queued', parts, part: part + 1 };
        return;
      case 'refused':
        if (lost?.noneHasLeft) return this.#onEnd(this, asNotSent(lost.error));
        return this.#onEnd(this, this.#failure(event.error));
      case 'failed':
        return this.#onEnd(this, this.#failure(event.error));
      case 'notRepeated':
        return this.#onEnd(this, this.#failure(lost?.error ?? event.error));
    }
  }

  /** Returns the error with the outcome of the message. */
  #failure(error: EspAtError): EspAtError {
    const hasLeft = this.#state.kind === 'submitted' && this.#state.hasLeft;
    return hasLeft || this.partlySent ? asUnknown(this.link, error) : asNotSent(error);
  }

  #become(state: SendState): void {
    if (this.#state.kind === 'held') this.#state.timer();
    this.#state = state;
  }
}

/** Where the driver has given the connection up, a payload that is written now still reaches the server. */
function whenWritten(lost: ConnectionLoss | undefined): { readonly lost?: ConnectionLoss } {
  if (!lost) return {};
  return { lost: { ...lost, noneHasLeft: lost.noneHasLeft && lost.end === 'gone' } };
}
