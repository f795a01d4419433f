import type { Command } from '../../at/command';
import type { LinkId, SendSource } from '../../at/types';
import type { ConnectionOptions } from '../connection-options';
import type { DeviceWatch } from '../device-watch';
import type { LinkHost } from '../link-host';
import type { LinkMachine } from '../state/link-machine';
import { goalOfMessages, type ConnectionEnd } from '../state/link-state';
import { messageBroken, stalled } from '../state/link-step';
import { shown } from '../../values/text';
import { DEFAULT_BUFFER_BYTES } from '../../commands/wscfg';
import {
  CLOSE_OPCODE,
  MAX_CONTROL_BYTES,
  PING_OPCODE,
  payloadBytes,
  wssend,
} from '../../commands/wssend';
import { asEspAtError, EspAtError, type ErrorCode } from '../../errors';
import type { SendOptions } from '../options';
import { PendingSend } from './pending-send';
import { sendCommands } from './send-plan';
import { refusalOf } from './send-refusal';
import type { Capabilities } from '../../commands/capabilities';

/** Failures after which the link or its device may come back: the queue then holds an unsent message. */
const TEMPORARY_FAILURES: readonly ErrorCode[] = [
  'DEVICE_DISCONNECTED',
  'DEVICE_RESTARTED',
  'DEVICE_UNRESPONSIVE',
  'LINK_CLOSED',
  'LINK_NOT_OPEN',
  'OUT_OF_SYNC',
  'PORT_CLOSED',
  'PORT_LOST',
  'SEND_FAILED',
];

const MAX_HOLD_MS = 24 * 60 * 60 * 1000;
/** A refused message, and those behind it, may wait at least this long: time for a check of the links, which ends the hold. */
const MIN_HOLD_FOR_CHECK_MS = 5000;

/**
 * The messages of one link in order, from `send()` until each settles. Checks and counts them, and holds them while the
 * link is not open. The client takes the first one.
 */
export class SendQueue implements SendSource {
  readonly link: LinkId;
  readonly #host: LinkHost;
  readonly #machine: LinkMachine;
  readonly #watch: DeviceWatch;
  readonly #connectionOptions: ConnectionOptions;
  /** Messages that have not settled, in the order of their calls; the held ones come last. */
  readonly #messages: PendingSend[] = [];

  constructor(
    link: LinkId,
    host: LinkHost,
    machine: LinkMachine,
    watch: DeviceWatch,
    connectionOptions: ConnectionOptions,
  ) {
    this.link = link;
    this.#host = host;
    this.#machine = machine;
    this.#watch = watch;
    this.#connectionOptions = connectionOptions;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  peek(): PendingSend | undefined {
    const [first] = this.#messages;
    return first?.isHeld ? undefined : first;
  }

  /**
   * Sends one message; see {@link Link.send}. Returns the length of its payload.
   * @throws EspAtError with an `outcome`
   */
  async send(payload: Uint8Array | string, options: SendOptions): Promise<number> {
    const bytes = payloadBytes(payload);
    // Builds a command only for its checks: refuses at once a message that can never be sent.
    wssend(this.link, bytes.subarray(0, MAX_CONTROL_BYTES + 1), options);
    checkHold(options.holdMs);
    // Before the recorder: it would record the call, but not the abort, which has happened already.
    if (options.signal?.aborted) throw aborted(options.signal);
    const { recorder } = this.#host;
    const run = () => this.#accept(bytes, options);
    await (recorder ? recorder.send(this.link, options, bytes, run) : run());
    return bytes.length;
  }

  async #accept(bytes: Uint8Array, options: SendOptions): Promise<void> {
    const { signal } = options;
    const device = this.#watch.current;
    if (device) this.#plan(bytes, options, device.capabilities);
    if (!this.#isOpen && !options.holdMs) throw this.#notOpen();
    this.#host.queueLimit.take(bytes.length);
    const message = this.#create(bytes, options);
    const abort = () => {
      if (message.isUntouched) this.#settle(message, aborted(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#add(message);
    try {
      await message.settled;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#host.queueLimit.give(bytes.length);
    }
  }

  /** Sends a close frame behind the queued messages, before the held ones. */
  sendClose(payload: Buffer): Promise<void> {
    const held = this.#messages.findIndex(({ isHeld }) => isHeld);
    return this.#sendControl(CLOSE_OPCODE, payload, held);
  }

  /** Sends a ping before the messages that the client has not begun. Ignores a failure: the next message then fails too. */
  sendPing(): void {
    // Classes A-C cannot send an empty frame.
    const payload = Buffer.alloc(this.#watch.current?.capabilities.fragments ? 0 : 1);
    const untouched = this.#messages.findIndex(({ isUntouched }) => isUntouched);
    this.#sendControl(PING_OPCODE, payload, untouched).catch(() => undefined);
  }

  /** @param index position among the messages; -1 is behind all */
  #sendControl(opcode: number, payload: Buffer, index: number): Promise<void> {
    const message = this.#create(payload, { opcode });
    this.#messages.splice(index < 0 ? this.#messages.length : index, 0, message);
    message.queue([wssend(this.link, payload, { opcode })]);
    this.#wake();
    return message.settled;
  }

  /** Queues the held messages where the link is open. */
  release(): void {
    if (!this.#isOpen) return;
    for (const message of this.#held()) this.#queue(message);
    this.#wake();
  }

  /** A check shows that the link is open: refused messages fail. */
  failRefused(): void {
    if (!this.#isOpen) return;
    for (const message of this.#held()) if (message.refusal) this.#settle(message, message.refusal);
  }

  /** The connection, or the device, is lost. A message that the client runs ends with its part. */
  connectionLost(error: EspAtError, end: ConnectionEnd): void {
    for (const message of [...this.#messages]) {
      const failure = message.connectionLost(error, end);
      if (failure) this.#settleOrHold(message, failure, false);
      // It may have been held for longer, for a check of the link.
      else if (message.isHeld) this.#hold(message);
    }
  }

  /** The messages sent until now wait for no other connection any more, which may be to another URI: the held ones fail. */
  endHolds(error: EspAtError): void {
    for (const message of [...this.#messages]) {
      if (message.isHeld) this.#settle(message, error);
      else message.endHold();
    }
  }

  get #isOpen(): boolean {
    return this.#machine.state.kind === 'open';
  }

  /** Tells the client that a message may be ready to be sent. */
  #wake(): void {
    this.#watch.current?.client.wake();
  }

  #held(): PendingSend[] {
    return this.#messages.filter(({ isHeld }) => isHeld);
  }

  #create(bytes: Uint8Array, options: SendOptions): PendingSend {
    return new PendingSend(this.link, bytes, options, this.#host.clock, (message, error) => {
      if (error) this.#failed(message, error);
      else this.#settle(message);
    });
  }

  #add(message: PendingSend): void {
    const isBehindHeld = this.#messages.at(-1)?.isHeld === true;
    this.#messages.push(message);
    if (isBehindHeld || !this.#isOpen) return this.#hold(message);
    this.#queue(message);
    this.#wake();
  }

  #hold(message: PendingSend, refusal?: EspAtError): void {
    const { holdLeft } = message;
    const longest = this.#isOpen ? Math.max(holdLeft, MIN_HOLD_FOR_CHECK_MS) : holdLeft;
    message.hold(longest, () => this.#settle(message, this.#late(message)), refusal);
  }

  #queue(message: PendingSend): void {
    try {
      const device = this.#watch.current;
      if (!device) throw this.#notOpen();
      // The firmware may be another one than at the call of send().
      message.queue(this.#plan(message.bytes, message.options, device.capabilities));
    } catch (error) {
      this.#settle(message, asEspAtError(error));
    }
  }

  /** @param holdsFollowing where it is held again: whether to hold those behind it too, so that none overtakes it */
  #settleOrHold(message: PendingSend, error: EspAtError, holdsFollowing: boolean): void {
    const { signal } = message.options;
    if (!this.#mayHold(message, error)) this.#settle(message, error);
    else if (signal?.aborted) this.#settle(message, aborted(signal));
    else this.#holdAgain(message, error, holdsFollowing);
  }

  /** The client has ended the message with an error, which says nothing about a newer connection of the link. */
  #failed(message: PendingSend, error: EspAtError): void {
    const { options, isFragmented, connectionLives } = message;
    this.#settleOrHold(message, error, true);
    if (error.outcome === 'unknown' && isFragmented && connectionLives)
      this.#machine.take((state) => messageBroken(state, error));
    const refusal = refusalOf(this.link, error, options.timeoutMs);
    if (refusal === 'refused') this.#host.checkLinks();
    else if (refusal && connectionLives) this.#machine.take((state) => stalled(state, refusal));
  }

  #mayHold({ holdLeft }: PendingSend, { outcome, code }: EspAtError): boolean {
    return outcome === 'not-sent' && TEMPORARY_FAILURES.includes(code) && holdLeft > 0;
  }

  #holdAgain(message: PendingSend, error: EspAtError, holdsFollowing: boolean): void {
    // An immediate repetition would be refused again while the link seems open: a check of the links comes first.
    const isRefused = error.code === 'SEND_FAILED' && this.#isOpen;
    this.#hold(message, isRefused ? error : undefined);
    if (holdsFollowing)
      for (const each of this.#messages.slice(this.#messages.indexOf(message) + 1))
        if (!each.isHeld && each.isUntouched) this.#hold(each);
    // Not at once: the link may not have heard yet of the loss that made the message fail.
    if (!isRefused) this.#releaseSoon();
  }

  /** Releases the held messages once the present step is complete, unless one of them is refused. */
  #releaseSoon(): void {
    queueMicrotask(() => {
      if (!this.#messages.some(({ refusal }) => refusal)) this.release();
    });
  }

  #settle(message: PendingSend, error?: EspAtError): void {
    const index = this.#messages.indexOf(message);
    if (index >= 0) this.#messages.splice(index, 1);
    const { refusal } = message;
    message.settle(error);
    if (refusal) this.#releaseSoon();
  }

  /** The commands that send these bytes on this firmware. */
  #plan(bytes: Uint8Array, options: SendOptions, capabilities: Capabilities): Command[] {
    const goal = goalOfMessages(this.#machine.state);
    const ofLink = goal && (this.#isOpen ? this.#connectionOptions.withGoal(goal) : goal.options);
    const bufferBytes = ofLink ? (ofLink.config?.bufferBytes ?? DEFAULT_BUFFER_BYTES) : Infinity;
    return sendCommands(this.link, bytes, options, capabilities, bufferBytes);
  }

  /** The error of a message whose hold is over: the refusal that waits for a check of the link, its own or another's. */
  #late({ refusal, options: { holdMs } }: PendingSend): EspAtError {
    const ahead = this.#isOpen ? this.#messages.find((each) => each.refusal) : undefined;
    const refused = refusal ?? ahead?.refusal;
    if (refused) return refused;
    if (!holdMs) return this.#notOpen();
    const details = { link: this.link, seconds: holdMs / 1000 };
    return new EspAtError('HOLD_TIMEOUT', details, { outcome: 'not-sent' });
  }

  #notOpen(): EspAtError {
    const { code, details } = this.#watch.disconnected ?? {
      code: 'LINK_NOT_OPEN',
      details: { link: this.link },
    };
    return new EspAtError(code, details, { outcome: 'not-sent' });
  }
}

/** Checks the type too: a hold without a number would never end. */
function checkHold(holdMs: unknown = 0): void {
  if (typeof holdMs === 'number' && holdMs >= 0 && holdMs <= MAX_HOLD_MS) return;
  const range = { value: shown(holdMs), min: 0, max: MAX_HOLD_MS };
  const details = { setting: 'holdMs', reason: 'OUT_OF_RANGE', ...range };
  throw new EspAtError('INVALID_CONFIG', details, { outcome: 'not-sent' });
}

function aborted(signal: AbortSignal | undefined): EspAtError {
  return new EspAtError('ABORTED', {}, { outcome: 'not-sent', cause: signal?.reason });
}
