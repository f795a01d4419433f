import type { Command } from './at/command';
import type { LinkId } from './at/frame';
import type { Session } from './at/session';
import type { Budget } from './budget';
import type { Clock } from './clock';
import { SEND_TIMEOUT, wssend } from './commands/websocket';
import type { Capabilities } from './device-types';
import { EspAtError, type ErrorCode } from './errors';
import type { SendOptions } from './link-types';
import { planSends } from './messages/split';

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

/** What an outbox needs of its link. */
export interface OutboxHost {
  readonly link: LinkId;
  readonly clock: Clock;
  readonly budget: Budget;
  /** The device while it is ready. */
  attached(): { readonly session: Session; readonly capabilities: Capabilities } | undefined;
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

/** A message that waits for its link. */
interface Held {
  readonly go: () => void;
  readonly fail: (error: EspAtError) => void;
}

/** The messages of one link on their way out: checked, charged to the budget, held while the link is away. */
export class Outbox {
  readonly #host: OutboxHost;
  /** Waiting for the link, in order. */
  #held: Held[] = [];

  constructor(host: OutboxHost) {
    this.#host = host;
  }

  /**
   * Sends one message; see {@link Link.send}.
   * @throws EspAtError with an `outcome`
   */
  async send(payload: Uint8Array | string, options: SendOptions): Promise<void> {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const host = this.#host;
    // What can never be sent is refused now, not after it was held.
    wssend(host.link, bytes.subarray(0, 1), options);
    const attached = host.attached();
    if (attached) this.#parts(bytes, options, attached.capabilities);
    if (!host.open() && !options.hold) throw this.#notOpen();
    if (options.signal?.aborted) throw withdrawn();
    host.budget.take(bytes.length);
    try {
      await this.#deliver(bytes, options);
    } finally {
      host.budget.give(bytes.length);
    }
  }

  /** The link is open: what was held goes, in order. */
  release(): void {
    for (const held of this.#held.splice(0)) held.go();
  }

  /** The link will not be open: what is held fails. */
  reject(error: EspAtError): void {
    for (const held of this.#held.splice(0)) held.fail(error);
  }

  async #deliver(bytes: Uint8Array, options: SendOptions): Promise<void> {
    const { clock } = this.#host;
    const until = clock.now() + (options.hold ?? 0) * 1000;
    for (;;) {
      if (!this.#host.open() || this.#held.length > 0) await this.#hold(until, options);
      try {
        await this.#transmit(bytes, options);
        return;
      } catch (error) {
        const mayWait = options.hold && this.#host.wanted() && error instanceof EspAtError;
        if (!mayWait || error.outcome !== 'not-sent' || !passing.includes(error.code)) throw error;
      }
    }
  }

  #transmit(bytes: Uint8Array, options: SendOptions): Promise<void> {
    const { link } = this.#host;
    const attached = this.#host.attached();
    if (!attached) throw this.#notOpen();
    const parts = this.#parts(bytes, options, attached.capabilities);
    return new Promise((resolve, reject) => {
      const { signal } = options;
      let withdraw = () => false;
      const abort = () => {
        if (withdraw()) reject(withdrawn());
      };
      const settle = (error?: EspAtError) => {
        signal?.removeEventListener('abort', abort);
        if (!error) {
          resolve();
          return;
        }
        reject(error);
        if (error.outcome === 'unknown' && parts.length > 1) this.#host.brokenOff(error);
        this.#suspect(error, options.timeout);
      };
      signal?.addEventListener('abort', abort, { once: true });
      withdraw = attached.session.send({ link, parts, settle });
    });
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
    if (!fin && !fragments) {
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

  #hold(until: number, { signal }: SendOptions): Promise<void> {
    const { clock, link } = this.#host;
    const left = until - clock.now();
    if (left <= 0) return Promise.reject(this.#notOpen());
    return new Promise((resolve, reject) => {
      const leave = () => {
        cancel();
        signal?.removeEventListener('abort', abort);
        const index = this.#held.indexOf(held);
        if (index >= 0) this.#held.splice(index, 1);
      };
      const fail = (error: EspAtError) => {
        leave();
        reject(error);
      };
      const go = () => {
        leave();
        resolve();
      };
      const held: Held = { go, fail };
      const abort = () => fail(withdrawn());
      const late = () => {
        const details = { link, seconds: Math.round(left / 1000) };
        fail(new EspAtError('HOLD_TIMEOUT', details, { outcome: 'not-sent' }));
      };
      const cancel = clock.after(left, late);
      signal?.addEventListener('abort', abort, { once: true });
      this.#held.push(held);
    });
  }

  #notOpen(): EspAtError {
    const details = { link: this.#host.link };
    return new EspAtError('LINK_NOT_OPEN', details, { outcome: 'not-sent' });
  }
}

function withdrawn(): EspAtError {
  return new EspAtError('ABORTED', {}, { outcome: 'not-sent' });
}
