import type { EventEmitter } from 'node:events';
import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import { callUser } from '../call-user';
import { EventGate } from '../event-gate';
import { EspAtError } from '../errors';
import type { LinkChange, LinkEvent, LinkEvents, LinkStateName, Message } from './events';
import type { LinkCounters } from '../statistics/link-counters';
import type { LinkMachine } from './state/link-machine';
import type { Goal, EmitChange } from './state/link-state';
import { unverifiedReason } from './options';
import type { Capabilities } from '../commands/capabilities';

/** Emits the events of a link, and counts them. An error of a listener becomes an uncaught exception; the driver goes on. */
export class LinkEmitter {
  readonly #emitter: Pick<EventEmitter<LinkEvents>, 'emit'>;
  readonly #link: LinkId;
  readonly #machine: Pick<LinkMachine, 'state'>;
  readonly #counters: LinkCounters;
  readonly #lossGate: EventGate;
  /** The link as the events have shown it so far. */
  #emitted: { readonly state: LinkStateName; readonly isOpen: boolean } = {
    state: 'closed',
    isOpen: false,
  };
  /** Keys of the warnings about the last connection. */
  #warned: readonly string[] = [];
  /** See {@link emitFor}. */
  #ended: Goal | undefined;

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
    this.#lossGate = new EventGate(clock);
  }

  /** Counts a message of the connection, and returns it as an event for {@link emitMessage}. */
  received(opcode: Message['opcode'], bytes: Buffer): Message {
    this.#counters.received(bytes.length);
    const { uri = '', options } = this.#goal;
    // Written out, not spread, for speed: this runs for every message.
    return { link: this.#link, uri, owner: options?.owner, opcode, bytes };
  }

  readonly emitMessage = (message: Message): void =>
    callUser(() => this.#emitter.emit('message', message));

  /** Emits `statechange`, and `open` or `close` where the connection begins or ends. */
  emitChange({ cause, to, number, goal, error }: EmitChange): void {
    const { state: from, isOpen } = this.#emitted;
    const { uri = '', options } = goal ?? {};
    const change: LinkChange = {
      link: this.#link,
      from,
      to,
      stateNumber: number,
      cause,
      uri,
      owner: options?.owner,
      ...(error && { error }),
    };
    const opens = cause === 'opened' || cause === 'reopened';
    // A close handshake still has its connection: `close` follows at its end.
    const closes = isOpen && to !== 'open' && to !== 'closing';
    this.#emitted = { state: to, isOpen: opens || (isOpen && !closes) };
    this.#counters.changed(change);
    callUser(() => this.#emitter.emit('statechange', change));
    if (opens) callUser(() => this.#emitter.emit('open', change));
    if (closes) callUser(() => this.#emitter.emit('close', change));
  }

  retry(retryInMs: number): void {
    callUser(() => this.#emitter.emit('retry', { ...this.#event, retryInMs }));
  }

  /** Counts a data loss that the change `lost` reports, without an event `dataloss`. */
  countDataLoss(): void {
    this.#counters.dataLosses++;
  }

  dataLost(error: EspAtError): void {
    this.#counters.dataLosses++;
    const omitted = this.#lossGate.pass();
    if (omitted === undefined) return;
    callUser(() =>
      this.#emitter.emit('dataloss', { ...this.#event, error, ...(omitted > 0 && { omitted }) }),
    );
  }

  /** Emits the warnings about a new connection, except those that the connection before had too, with the same owner and URI. */
  warn({ options, uri }: Goal, capabilities: Capabilities): void {
    const link = this.#link;
    const before = this.#warned;
    const warnings: EspAtError[] = [];
    const reason = unverifiedReason(options, capabilities);
    if (reason !== undefined)
      warnings.push(new EspAtError('SERVER_NOT_VERIFIED', { link, reason }));
    if (capabilities.firstMessage === 'lost')
      warnings.push(new EspAtError('FIRST_MESSAGE_AT_RISK', { link, uri }));
    const keyOf = ({ code, details }: EspAtError) =>
      JSON.stringify([code, details, uri, options.owner]);
    this.#warned = warnings.map(keyOf);
    for (const error of warnings)
      if (!before.includes(keyOf(error)))
        callUser(() => this.#emitter.emit('warning', { ...this.#event, error }));
  }

  /** Runs `end`. Its events carry the goal of the connection that has ended: the state may hold the next one. */
  emitFor(goal: Goal | undefined, end: () => void): void {
    this.#ended = goal;
    try {
      end();
    } finally {
      this.#ended = undefined;
    }
  }

  get #goal(): Partial<Goal> {
    return this.#ended ?? this.#machine.state.goal ?? {};
  }

  get #event(): LinkEvent {
    const { uri = '', options } = this.#goal;
    return { link: this.#link, uri, owner: options?.owner };
  }
}
