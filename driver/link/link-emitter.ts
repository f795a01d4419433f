import type { EventEmitter } from 'node:events';
import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import { TokenBucket } from '../token-bucket';
import type { Capabilities } from '../device/options';
import type { EspAtError } from '../errors';
import type { LinkEvent, LinkEvents, LinkStateName, Message } from './events';
import type { LinkCounters } from '../statistics/link-counters';
import type { LinkMachine } from './state/link-machine';
import type { Goal, EmitChange } from './state/link-state';
import { ConnectionWarnings } from './warnings';

/** Events of lost data: a burst that passes at once, then so many a second. */
const LOSS_BURST = 20;
const LOSSES_PER_SECOND = 2;

/** Emits the events of a link, and counts them. */
export class LinkEmitter {
  readonly #emitter: Pick<EventEmitter<LinkEvents>, 'emit'>;
  readonly #link: LinkId;
  readonly #machine: Pick<LinkMachine, 'state'>;
  readonly #counters: LinkCounters;
  readonly #warnings: ConnectionWarnings;
  readonly #losses: TokenBucket;
  /** Losses without an event since the last one. */
  #omitted = 0;
  /** What the events have told so far. */
  #emitted: { readonly state: LinkStateName; readonly isOpen: boolean } = {
    state: 'closed',
    isOpen: false,
  };

  constructor(
    link: LinkId,
    emitter: Pick<EventEmitter<LinkEvents>, 'emit'>,
    machine: Pick<LinkMachine, 'state'>,
    counters: LinkCounters,
    clock: Clock,
  ) {
    this.#link = link;
    this.#emitter = emitter;
    this.#machine = machine;
    this.#counters = counters;
    this.#warnings = new ConnectionWarnings(link);
    this.#losses = new TokenBucket(clock, LOSS_BURST, LOSSES_PER_SECOND);
  }

  /** A message of the connection has come: returns what {@link emitMessage} takes. */
  received(opcode: Message['opcode'], bytes: Buffer): Message {
    this.#counters.received(bytes.length);
    // Written out, not spread, for speed: this runs for every message.
    return { link: this.#link, uri: this.#uri, owner: this.#owner, opcode, bytes };
  }

  /** Bound: this runs for every message. */
  readonly emitMessage = (message: Message): void => void this.#emitter.emit('message', message);

  /** Emits `statechange`, and `open` or `close` where the connection begins or ends. */
  emitChange({ cause, to, number, goal, error }: EmitChange): void {
    const { state: from, isOpen } = this.#emitted;
    const { uri = '', options } = goal ?? {};
    const change = {
      link: this.#link,
      from,
      to,
      stateNumber: number,
      cause,
      uri,
      owner: options?.owner,
    };
    const full = error ? { ...change, error } : change;
    const opens = cause === 'opened' || cause === 'reopened';
    // A close handshake still has its connection: `close` follows at its end.
    const closes = isOpen && to !== 'open' && to !== 'closing';
    this.#emitted = { state: to, isOpen: opens || (isOpen && !closes) };
    this.#counters.changed(full);
    this.#emitter.emit('statechange', full);
    if (opens) this.#emitter.emit('open', full);
    if (closes) this.#emitter.emit('close', full);
  }

  retry(retryInMs: number): void {
    this.#emitter.emit('retry', { ...this.#event, retryInMs });
  }

  /** Bounded by rate: whatever a server sends, it floods neither log nor flow. */
  dataLost(error: EspAtError): void {
    this.#counters.dataLost();
    if (this.#losses.take() > 0) {
      this.#omitted++;
      return;
    }
    const omitted = this.#omitted;
    this.#omitted = 0;
    this.#emitter.emit('dataloss', { ...this.#event, error, ...(omitted > 0 && { omitted }) });
  }

  /** A connection is open: emits its warnings. */
  warn(goal: Goal, capabilities: Capabilities): void {
    for (const error of this.#warnings.next(goal, capabilities))
      this.#emitter.emit('warning', { ...this.#event, error });
  }

  /** The part that all events share. */
  get #event(): LinkEvent {
    return { link: this.#link, uri: this.#uri, owner: this.#owner };
  }

  get #uri(): string {
    return this.#machine.state.goal?.uri ?? '';
  }

  /** The owner of the connection: while an open waits for its end, still the owner before. */
  get #owner(): string | undefined {
    return this.#machine.state.goal?.options.owner;
  }
}
