import type { Command } from '../at/command';
import type { LinkId } from '../at/types';
import type { AtClient } from '../at/at-client';
import type { HighWaterMark } from './high-water-mark';
import type { Clock } from '../clock';
import { shown } from '../commands/check';
import { SEND_TIMEOUT, wssend } from '../commands/websocket';
import type { Capabilities } from '../device/options';
import { EspAtError, type ErrorCode } from '../errors';
import type { SendOptions } from './options';
import { CONTINUATION, planSends } from './send-plan';
import { PendingSend } from './pending-send';

/** Failures after which the link, or its device, comes back: what was not sent may be sent then. */
const passing: readonly ErrorCode[] = [
  'DEVICE_RESTARTED',
  'DEVICE_SILENT',
  'LINK_CLOSED',
  'LINK_NOT_OPEN',
  'OUT_OF_STEP',
  'PORT_CLOSED',
  'PORT_LOST',
  'SEND_FAILED',
];

/** What the device answered ERROR to, before or after the payload. */
const refused: readonly ErrorCode[] = ['COMMAND_FAILED', 'SEND_FAILED'];
/** Milliseconds: an ERROR that came sooner has another reason than a peer that takes nothing. */
const LEAST_STALL = 1000;
/** Seconds that a message may wait for its link. */
const LONGEST_HOLD = 86_400;
/** Milliseconds a message may wait for its turn although its link is open, until the device was asked. */
const LONGEST_TURN = 5000;

/** What an outbox needs of its link. */
export interface SendQueueHost {
  readonly link: LinkId;
  readonly clock: Clock;
  readonly budget: HighWaterMark;
  /** The device while it is ready. */
  attached(): { readonly client: AtClient; readonly capabilities: Capabilities } | undefined;
  /** Whether the link is established. */
  open(): boolean;
  /** Whether the link is to be open, though it may not be now. */
  wanted(): boolean;
  /** The link's buffer, in bytes. */
  bufferSize(): number;
  /** A message broke off between its fragments: the next one would be taken for its rest. */
  brokenOff(error: EspAtError): void;
  /** The device answered ERROR: the link may not be what it seems. */
  refused(): void;
  /** The device answered ERROR because the network took nothing for as long as it was given. */
  stalled(error: EspAtError): void;
}

/** The messages of one link on their way out: checked, charged to the budget, held while the link is away. */
export class SendQueue {
  readonly #host: SendQueueHost;
  /** All that are not settled, in the order in which they were given; those that wait come last. */
  readonly #messages: PendingSend[] = [];

  constructor(host: SendQueueHost) {
    this.#host = host;
  }

  /**
   * Sends one message; see {@link Link.send}.
   * @throws EspAtError with an `outcome`
   */
  async send(payload: Uint8Array | string, options: SendOptions): Promise<void> {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const host = this.#host;
    const { signal } = options;
    // What can never be sent is refused now, not after it was held.
    wssend(host.link, bytes.subarray(0, 1), options);
    checkHold(options.hold);
    const attached = host.attached();
    if (attached) this.#parts(bytes, options, attached.capabilities);
    if (!host.open() && !options.hold) throw this.#notOpen();
    if (signal?.aborted) throw withdrawn();
    host.budget.take(bytes.length);
    const message = new PendingSend(bytes, options, host.clock);
    const abort = () => {
      if (message.waiting || message.takeBack()) this.#fail(message, withdrawn());
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#enqueue(message);
    try {
      await message.settled;
    } finally {
      signal?.removeEventListener('abort', abort);
      host.budget.give(bytes.length);
    }
  }

  /** The link is open: what was held goes, in order. */
  release(): void {
    if (!this.#host.open()) return;
    for (const message of this.#waiting()) this.#give(message);
  }

  /** The device was asked, and says that the link is open: what it refused over it was refused for good. */
  confirmed(): void {
    if (!this.#host.open()) return;
    for (const message of this.#waiting())
      if (message.refusal) this.#fail(message, message.refusal);
    this.release();
  }

  /** The link will not be open: what is held fails. */
  reject(error: EspAtError): void {
    for (const message of this.#waiting()) this.#fail(message, error);
  }

  #waiting(): PendingSend[] {
    return this.#messages.filter(({ waiting }) => waiting);
  }

  #enqueue(message: PendingSend): void {
    const behind = this.#messages.at(-1)?.waiting === true;
    this.#messages.push(message);
    if (behind || !this.#host.open()) this.#hold(message);
    else this.#give(message);
  }

  #hold(message: PendingSend): void {
    const { patience, options } = message;
    const longest = this.#host.open() ? Math.max(patience, LONGEST_TURN) : patience;
    message.wait(longest, () => this.#fail(message, message.refusal ?? this.#late(options)));
  }

  #give(message: PendingSend): void {
    const { link } = this.#host;
    const { bytes, options } = message;
    message.go();
    try {
      const attached = this.#host.attached();
      if (!attached) throw this.#notOpen();
      // The firmware may be another one than when the message was given.
      const parts = this.#parts(bytes, options, attached.capabilities);
      const settle = (error?: EspAtError) => {
        if (error) this.#failed(message, error, parts.length);
        else this.#succeed(message);
      };
      message.given(attached.client.send({ link, parts, settle }));
    } catch (error) {
      this.#fail(message, error);
    }
  }

  #failed(message: PendingSend, error: EspAtError, parts: number): void {
    const { signal, timeout } = message.options;
    if (!this.#mayWait(message, error)) this.#fail(message, error);
    else if (signal?.aborted) this.#fail(message, withdrawn());
    else this.#stepBack(message, error);
    if (error.outcome === 'unknown' && parts > 1) this.#host.brokenOff(error);
    this.#suspect(error, timeout);
  }

  #mayWait({ patience }: PendingSend, { outcome, code }: EspAtError): boolean {
    return outcome === 'not-sent' && passing.includes(code) && patience > 0 && this.#host.wanted();
  }

  /** It is held again, and so is what came after it and was not begun: nothing overtakes it. */
  #stepBack(message: PendingSend, error: EspAtError): void {
    this.#hold(message);
    const following = this.#messages.slice(this.#messages.indexOf(message) + 1);
    for (const each of following) if (each.takeBack()) this.#hold(each);
    // Said again over a link that is open it would be refused again: first the device is asked about the link.
    if (error.code === 'SEND_FAILED' && this.#host.open()) message.refusal = error;
    // Whoever tells of the failure finishes first: the link may not know yet that it is lost.
    else queueMicrotask(() => this.#goOn());
  }

  #goOn(): void {
    if (!this.#messages.some(({ refusal }) => refusal)) this.release();
  }

  #succeed(message: PendingSend): void {
    this.#remove(message);
    message.resolve();
  }

  #fail(message: PendingSend, error: unknown): void {
    this.#remove(message);
    message.reject(error);
  }

  #remove(message: PendingSend): void {
    const index = this.#messages.indexOf(message);
    if (index >= 0) this.#messages.splice(index, 1);
  }

  /** An ERROR tells nothing of its reason; how long it took does. */
  #suspect(error: EspAtError, timeout = SEND_TIMEOUT): void {
    const { link } = this.#host;
    const refusal = error.cause;
    if (!(refusal instanceof EspAtError) || !refused.includes(refusal.code)) return;
    const waited = Number(refusal.details.waited);
    if (waited >= Math.max(timeout, LEAST_STALL)) {
      const seconds = Math.round(waited / 1000);
      this.#host.stalled(new EspAtError('LINK_STALLED', { link, seconds }));
    } else {
      this.#host.refused();
    }
  }

  /** The commands that send these bytes on this firmware. */
  #parts(bytes: Uint8Array, options: SendOptions, capabilities: Capabilities): Command[] {
    const { opcode = 1, fin = true, timeout } = options;
    const { fragments, misframes } = capabilities;
    const maxSend = misframes
      ? Math.min(this.#host.bufferSize(), capabilities.maxSend)
      : capabilities.maxSend;
    // Where no message can be left open, there is none to continue: a server takes that for an error.
    if ((!fin || opcode === CONTINUATION) && !fragments) {
      throw new EspAtError('FRAGMENTS_NOT_SUPPORTED', {}, { outcome: 'not-sent' });
    }
    return planSends(bytes.length, { opcode, fin, maxSend, fragments }).map((part) =>
      wssend(this.#host.link, bytes.subarray(part.start, part.end), {
        opcode: part.opcode,
        timeout,
        fin: fragments ? part.fin : undefined,
      }),
    );
  }

  /** Without `hold` it only waited for its turn, and its link was lost meanwhile. */
  #late({ hold }: SendOptions): EspAtError {
    if (!hold) return this.#notOpen();
    const details = { link: this.#host.link, seconds: hold };
    return new EspAtError('HOLD_TIMEOUT', details, { outcome: 'not-sent' });
  }

  #notOpen(): EspAtError {
    const details = { link: this.#host.link };
    return new EspAtError('LINK_NOT_OPEN', details, { outcome: 'not-sent' });
  }
}

/** What is no number would be forgotten, or wait for ever. */
function checkHold(hold: unknown = 0): void {
  if (typeof hold === 'number' && hold >= 0 && hold <= LONGEST_HOLD) return;
  const range = { value: shown(hold), min: 0, max: LONGEST_HOLD };
  const details = { setting: 'hold', reason: 'OUT_OF_RANGE', ...range };
  throw new EspAtError('INVALID_CONFIG', details, { outcome: 'not-sent' });
}

function withdrawn(): EspAtError {
  return new EspAtError('ABORTED', {}, { outcome: 'not-sent' });
}
