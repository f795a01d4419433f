import type { LinkId } from '../at/types';
import type { Run } from '../at/command';
import { wsclose } from '../commands/websocket';
import { asEspAtError, EspAtError, isDeviceLoss } from '../errors';
import type { ReadyDevice } from './link-host';
import type { OpenOptions } from './options';
import { openSequence, type SeenUrcs } from './open-sequence';

/** What an attempt needs of its link. */
export interface AttemptHost {
  readonly link: LinkId;
  /** Whether the device may still have a connection of the link. */
  inUse(): boolean;
  /** Whether the link is to be open. */
  wanted(): boolean;
  /** The device has no connection of the link any more. */
  cleared(): void;
  /** `AT+WSOPEN` is said next. */
  saying(): void;
  succeeded(attempt: Attempt): void;
  /** Not called when the attempt was given up. */
  failed(error: EspAtError): void;
  /** It is over, one way or another; what became of it is told next. */
  over(): void;
}

/** One attempt to open a link, from its place in the device's agenda to its result. */
export class Attempt {
  readonly reports: SeenUrcs = { connected: false, disconnected: false, closed: false };
  /** Settles with its result. Rejects with `OPEN_ABORTED` when it was given up. */
  readonly done: Promise<void>;
  readonly #host: AttemptHost;
  #aborted = false;

  constructor(options: OpenOptions, attached: ReadyDevice, host: AttemptHost) {
    this.#host = host;
    const opening = attached.session.sequence((run) => this.#open(run, options, attached));
    this.done = this.#finish(opening);
  }

  /** Gives it up: whatever comes of it, it does not count. */
  abort(): void {
    this.#aborted = true;
  }

  async #open(run: Run, options: OpenOptions, attached: ReadyDevice): Promise<void> {
    const { reports } = this;
    const host = this.#host;
    const { link } = host;
    if (host.inUse()) await run(wsclose(link));
    if (!host.wanted()) throw this.#abortion();
    host.cleared();
    reports.connected = reports.disconnected = reports.closed = false;
    await openSequence(run, options, {
      link,
      capabilities: attached.capabilities,
      headers: attached.headers,
      seen: reports,
      longFormat: () => attached.session.setDataFormat(link, 'long'),
      saying: () => host.saying(),
    });
  }

  async #finish(opening: Promise<void>): Promise<void> {
    const host = this.#host;
    try {
      await opening;
    } catch (error) {
      host.over();
      if (this.#aborted && !isDeviceLoss(error)) throw this.#abortion(error);
      host.failed(asEspAtError(error));
      throw error;
    }
    host.over();
    if (this.#aborted) throw this.#abortion();
    host.succeeded(this);
  }

  #abortion(cause?: unknown): EspAtError {
    return new EspAtError('OPEN_ABORTED', { link: this.#host.link }, { cause });
  }
}
