import type { DataFrame, LinkId } from '../at/types';
import type { Capabilities } from '../device/options';
import { EspAtError } from '../errors';
import { Incoming } from './receive/incoming';
import type { LinkHost } from './link-host';
import type { LinkEvent, LinkEventName, LinkState, OpenOptions } from './options';
import { withoutUserinfo } from './uri';

/** The connection of a link, as far as there is one: its state, what comes over it, and what is told of it. */
export class Connection {
  readonly #link: LinkId;
  readonly #host: Pick<LinkHost, 'clock' | 'event' | 'message'>;
  readonly #dead: (error: EspAtError) => void;
  readonly #incoming = new Incoming();
  #state: LinkState = 0;
  #options: OpenOptions | undefined;
  /** For everybody's eyes. */
  #uri = '';

  /** @param dead called when only a new connection brings the messages back */
  constructor(
    link: LinkId,
    host: Pick<LinkHost, 'clock' | 'event' | 'message'>,
    dead: (error: EspAtError) => void,
  ) {
    this.#link = link;
    this.#host = host;
    this.#dead = dead;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Whether the device tries by itself to get it back. */
  get away(): boolean {
    return this.#state === 1 || this.#state === 3;
  }

  /** Of the last opening; undefined before the first. */
  get options(): OpenOptions | undefined {
    return this.#options;
  }

  /** Of the last opening, without user and password; empty before the first. */
  get uri(): string {
    return this.#uri;
  }

  get owner(): string | undefined {
    return this.#options?.owner;
  }

  /** It belongs to whoever asked for it last. */
  adopt(options: OpenOptions): void {
    this.#options = options;
    this.#uri = withoutUserinfo(options.uri);
  }

  // --- its state -----------------------------------------------------------------------------------

  become(state: LinkState, event: LinkEventName, extra: Partial<LinkEvent> = {}): void {
    this.#state = state;
    this.tell(event, extra);
  }

  /** There is none; what became of it is told next. */
  clear(): void {
    this.#state = 0;
  }

  tell(event: LinkEventName, extra: Partial<LinkEvent> = {}): void {
    this.#host.event({ ...this.describe(event), ...extra });
  }

  describe(event: LinkEventName): LinkEvent {
    return {
      link: this.#link,
      event,
      state: this.#state,
      uri: this.#uri,
      owner: this.owner,
    };
  }

  // --- what comes over it --------------------------------------------------------------------------

  /** `AT+WSOPEN` is said: what comes from here on is the new connection's. */
  expect(): void {
    this.#incoming.expect();
  }

  /** It is open, and that was told: its messages can be handed on. */
  receive(options: OpenOptions, { fragments }: Capabilities): void {
    const link = this.#link;
    this.#incoming.begin({
      clock: this.#host.clock,
      link,
      boundaries: fragments,
      joining: options.joining,
      maxMessage: options.maxMessage,
      // Written out, not spread: it is done for every message.
      message: (opcode, bytes) =>
        this.#host.message({ link, uri: this.#uri, owner: this.owner, opcode, bytes }),
      failed: (error) => this.tell('gap', { error }),
      dead: this.#dead,
    });
  }

  data(frame: DataFrame): void {
    this.#incoming.take(frame);
  }

  /** Something received was lost, nobody knows on which link. */
  gap(): void {
    this.#incoming.gap();
    // One that is being opened tells of it once it is open.
    if (this.#state !== 2) return;
    this.tell('gap', { error: new EspAtError('MESSAGES_LOST', { link: this.#link }) });
  }

  /** What is received can be trusted again. True when all that came since {@link gap} was left out. */
  resume(): boolean {
    return this.#incoming.resume();
  }

  /** Nothing more comes over it. */
  end(): void {
    this.#incoming.end();
  }
}
