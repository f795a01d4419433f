import type { DataFrame, LinkId } from '../at/types';
import { Attempt } from './attempt';
import { BUFFER_SIZE, wsclose, wsdatafmt } from '../commands/websocket';
import { asEspAtError, EspAtError } from '../errors';
import { Connection } from './connection';
import { CloseHandshake } from './close-handshake';
import type { Availability, LinkHost, ReadyDevice } from './link-host';
import type { CloseOptions, LinkEvent, LinkState, OpenOptions, SendOptions } from './options';
import { closePayload } from '../commands/close-frame';
import { SendQueue } from './send-queue';
import { checkOpen, verifiesServer } from './open-sequence';
import { ReconnectPolicy } from './reconnect-policy';
import { TrustWarning } from './trust';

/** Milliseconds the device may try by itself to reconnect before keep-open opens the link afresh. */
const RECONNECTING = 60_000;
/** Milliseconds until a close that the device refused is tried again. */
const CLOSE_AGAIN = 10_000;

/** A call of {@link Link.open} that has not settled. A later one to the same URI joins it, with options of its own. */
interface Opening {
  options: OpenOptions;
  done: Promise<void>;
}

/** One of the three WebSocket links of a device: what it should be, what it is, and what passes over it. */
export class Link {
  readonly id: LinkId;
  readonly #host: LinkHost;
  readonly #outbox: SendQueue;
  readonly #connection: Connection;
  readonly #retry: ReconnectPolicy;
  readonly #farewell: CloseHandshake;
  readonly #trust: TrustWarning;
  /** Whether it is to be open: from `open()` until `close()` or a close by the server. */
  #wanted = false;
  #attached: ReadyDevice | undefined;
  #attempt: Attempt | undefined;
  #opening: Opening | undefined;
  /** Counts the wishes to open and to close: only the last one counts. */
  #wish = 0;
  /** Whether the device has reported the connection; otherwise the answer to a question told of it. */
  #announced = false;
  /** Why the connection may be dead though the device has not noticed. */
  #suspicion: EspAtError | undefined;

  constructor(id: LinkId, host: LinkHost) {
    this.id = id;
    this.#host = host;
    this.#connection = new Connection(id, host, (error) => this.corrupted(error));
    this.#farewell = new CloseHandshake(id, host.clock);
    this.#trust = new TrustWarning(id, (error) => host.warn(error));
    this.#retry = new ReconnectPolicy(host.clock, host.random, () => {
      if (this.state === 4) host.ask();
      else if (this.#wanted && this.#attached && !this.#attempt && !this.#opening) this.#reopen();
    });
    this.#outbox = new SendQueue({
      link: id,
      clock: host.clock,
      budget: host.budget,
      attached: () => this.#attached,
      open: () => this.state === 2,
      wanted: () => this.#wanted,
      bufferSize: () => this.#connection.options?.config?.bufferSize ?? BUFFER_SIZE,
      brokenOff: (error) => {
        if (this.state === 2) this.corrupted(error);
        // What was given before a close would be taken for the rest of the message: it does not go out any more.
        else if (this.state === 4) this.#close().catch(() => undefined);
      },
      refused: () => this.#host.ask(),
      stalled: (error) => this.#suspect(error),
    });
  }

  get state(): LinkState {
    return this.#connection.state;
  }

  /** Of the last opening, without user and password; empty before the first. */
  get uri(): string {
    return this.#connection.uri;
  }

  get owner(): string | undefined {
    return this.#connection.owner;
  }

  /**
   * Opens the link (`AT+WSOPEN`); at once a success when it is open to the same URI already, and afresh
   * when the device is still trying to reconnect it. With `keepOpen` a refused attempt is retried although
   * this call rejects.
   * @throws EspAtError `INVALID_*`, `LINK_IN_USE`, `OPEN_*`, `DEVICE_*` …
   */
  async open(options: OpenOptions): Promise<void> {
    checkOpen(this.id, options, this.#attached?.capabilities);
    const underWay = this.#opening ?? (this.#wanted ? this.#attempt : undefined);
    if (underWay || (this.#wanted && this.state !== 0)) {
      const same = (this.#opening?.options ?? this.#connection.options)?.uri === options.uri;
      if (same && (underWay || this.state === 2)) {
        // Whoever asks last owns it, and says whether it is kept open.
        if (this.#opening) this.#opening.options = options;
        if (this.#wanted) this.#connection.adopt(options);
        return underWay?.done;
      }
      if (!same && !options.replace) throw new EspAtError('LINK_IN_USE', { link: this.id });
    }
    const opening: Opening = { options, done: Promise.resolve() };
    this.#opening = opening;
    opening.done = this.#openAfresh(opening);
    try {
      await opening.done;
    } finally {
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  /**
   * Sends one message (`AT+WSSEND`), in fragments where it must and the firmware can. Settles when the
   * device has handed all of it to the network.
   * @throws EspAtError with an `outcome`: `LINK_NOT_OPEN`, `QUEUE_FULL`, `SEND_UNKNOWN` …
   */
  send(payload: Uint8Array | string, options: SendOptions = {}): Promise<void> {
    return this.#outbox.send(payload, options);
  }

  /**
   * Closes the link; keep-open rests until the next {@link open}. Gracefully: what was given to
   * {@link send} before goes first, then a close frame, then its answer is waited for, then `AT+WSCLOSE`.
   * @throws EspAtError `INVALID_CLOSE_CODE`, `INVALID_PAYLOAD` before anything is done; `OUT_OF_STEP`,
   * `COMMAND_FAILED` when it is not known to be closed: that is found out, and tried again, afterwards
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const frame = closePayload(options.code, options.reason);
    this.#opening = undefined;
    await this.#close(options.graceful === false ? undefined : frame);
  }

  /** @param frame the payload of the close frame that is sent where the link is open; without one it is cut off */
  async #close(frame?: Buffer): Promise<void> {
    const idle = !this.#wanted && this.state === 0;
    this.#wanted = false;
    const wish = ++this.#wish;
    this.#retry.stop();
    this.#outbox.reject(new EspAtError('LINK_CLOSED', { link: this.id }, { outcome: 'not-sent' }));
    const attempt = this.#attempt;
    attempt?.abort();
    if (idle && !attempt) return;
    if (!this.#attached || (this.state === 0 && !attempt)) {
      this.#becomeClosed();
      return;
    }
    const connected = this.state !== 0;
    const farewell = this.state === 2 || this.state === 4 ? frame : undefined;
    if (connected && this.state !== 4) this.#connection.become(4, 'closing');
    const attached = this.#attached;
    const present = () => this.#attached === attached;
    try {
      await this.#farewell.say(attached.session, farewell, present);
    } catch (error) {
      this.#retry.in(CLOSE_AGAIN);
      this.#host.ask();
      throw error;
    }
    // A device that was lost meanwhile has ended the connection before, and that was told.
    if (wish === this.#wish && (!connected || this.state === 4)) this.#becomeClosed();
  }

  // --- called by the device ------------------------------------------------------------------------

  /** Told of every change of the device, before what it lost fails. */
  deviceChanged(availability: Availability): void {
    if (availability.kind === 'notReady') this.#detach(availability.error);
    else if (this.#attached !== availability.device) this.#attach(availability.device);
  }

  /** The device is ready: a link that should be open is opened. */
  #attach(device: ReadyDevice): void {
    this.#attached = device;
    if (!this.#wanted || this.#attempt || this.#opening) return;
    if (this.#retry.perilous) this.#retryLater();
    else this.#reopen();
  }

  /** What keeps openings from succeeding is over, as far as it was the device's network. */
  networkBack(): void {
    if (this.state === 0) this.#retry.hasten();
  }

  /** The device restarted, or is gone. */
  #detach(error: EspAtError): void {
    if (!this.#attached) return;
    this.#attached = undefined;
    this.#retry.stop();
    // Nobody is there any more to answer a close frame.
    this.#farewell.answered();
    const had = this.state !== 0 || this.#attempt !== undefined;
    if (had && (error.code === 'DEVICE_RESTARTED' || error.code === 'DEVICE_SILENT'))
      this.#retry.fell();
    const wasClosing = this.state === 4;
    this.#connection.clear();
    this.#endConnection();
    this.#wanted &&= this.#connection.options?.keepOpen === true;
    if (had) this.#connection.tell(wasClosing ? 'closed' : 'device-lost', { error });
    if (!this.#wanted) this.#outbox.reject(this.#notOpen());
  }

  connected(): void {
    if (this.#attempt) {
      this.#attempt.reports.connected = true;
    } else if (this.state === 4) {
      return;
    } else if (this.state === 2 && !this.#announced) {
      this.#announced = true;
    } else if (this.#wanted) {
      // Open already: that the connection before was lost went unheard.
      this.disconnected();
      this.#becomeOpen('reopened', true);
    } else {
      // Nobody wants it: left over from before, it would only take up the link. Or it is another one, whose
      // number was damaged on the line.
      this.#closeAgain();
      this.#host.ask();
    }
  }

  disconnected(): void {
    if (this.#attempt) {
      this.#attempt.reports.disconnected = true;
    } else if (this.state === 2) {
      this.#lose();
      if (this.#connection.options?.keepOpen) this.#retry.in(RECONNECTING);
      this.#host.ask();
    }
  }

  closedByServer(): void {
    this.#farewell.answered();
    if (this.#attempt) {
      this.#attempt.reports.closed = true;
    } else if (this.state !== 0 && this.state !== 4) {
      this.#endConnection();
      this.#connection.clear();
      this.#attached?.session.dropSends(this.id, new EspAtError('LINK_CLOSED', { link: this.id }));
      this.#wanted &&= this.#connection.options?.keepOpen === true;
      this.#connection.tell('closed-by-server');
      // Whoever was told may be opening it by now.
      if (!this.#opening) this.#retryLater();
      if (!this.#wanted) this.#outbox.reject(this.#notOpen());
    }
  }

  data(frame: DataFrame): void {
    this.#connection.data(frame);
  }

  /** Something received was lost, nobody knows on which link. */
  dataLost(): void {
    this.#connection.gap();
  }

  /** What is received can be trusted again; all that came since {@link dataLost} was left out. */
  dataTrusted(): void {
    if (!this.#connection.resume()) return;
    const attached = this.#attached;
    if (!attached?.capabilities.fragments || this.state !== 2) return;
    // What could not be read may have been whole, in another format: the command that sets it was damaged.
    attached.session.run(wsdatafmt(this.id)).catch(() => undefined);
  }

  /** Its peer may have got a damaged message, or it is dead though open: closed and opened again. */
  corrupted(error: EspAtError): void {
    // One that is reconnecting is rid of that connection already.
    if (this.state !== 2 || this.#attempt) return;
    this.#lose({ error });
    // Whoever was told may have closed it, or be opening it.
    if (this.#wanted && !this.#opening) this.#reopen();
  }

  /** What `AT+WSOPEN?` said of it; 0 when it was not listed. */
  checked(actual: LinkState): void {
    if (this.state === 4) {
      // The device refused to close it, or nobody heard that it did.
      if (actual === 0) this.#closedAtLast();
      else this.#closeAgain();
    } else if (!this.#attempt) {
      if (actual === 0 && this.state !== 0) this.closedByServer();
      else if (actual === 2 && this.state !== 2) {
        this.connected();
        // Its report may still come, and tells of no other connection.
        this.#announced = false;
      } else if ((actual === 1 || actual === 3) && this.state === 2) this.disconnected();
      if (this.#connection.away && (actual === 1 || actual === 3) && actual !== this.state)
        this.#connection.become(actual, 'reconnecting');
      this.#judge();
    }
  }

  #closeAgain(): void {
    if (this.#farewell.underWay) return;
    const refused = () => {
      if (this.state === 4) this.#retry.in(CLOSE_AGAIN);
    };
    this.#attached?.session.run(wsclose(this.id)).then(() => this.#closedAtLast(), refused);
  }

  #closedAtLast(): void {
    if (this.state === 4 && !this.#farewell.underWay) this.#becomeClosed();
  }

  /** The device is asked first: it may be reconnecting already. */
  #suspect(error: EspAtError): void {
    this.#suspicion = error;
    this.#host.ask();
  }

  #judge(): void {
    const error = this.#suspicion;
    this.#suspicion = undefined;
    if (error && this.state === 2) this.corrupted(error);
    this.#outbox.confirmed();
  }

  // --- opening -------------------------------------------------------------------------------------

  async #openAfresh(opening: Opening): Promise<void> {
    // What is held for a link that reconnects to the same URI can wait for this opening as well.
    const reconnecting = this.#wanted && this.#connection.options?.uri === opening.options.uri;
    if (!reconnecting && (this.state !== 0 || this.#attempt)) {
      // Where that fails the attempt closes it, and is made again when the link is to be kept open.
      const closing = this.#close().catch(() => undefined);
      const close = this.#wish;
      await closing;
      if (close !== this.#wish) throw new EspAtError('OPEN_ABORTED', { link: this.id });
    }
    const { options } = opening;
    this.#connection.adopt(options);
    this.#wanted = true;
    this.#retry.stop();
    const wish = ++this.#wish;
    try {
      await this.#host.ready(options.timeout ?? 15_000);
      if (verifiesServer(options)) await this.#attached?.clockSet();
    } catch (error) {
      if (wish === this.#wish) this.#attemptFailed(asEspAtError(error));
      throw error;
    }
    if (wish !== this.#wish) throw new EspAtError('OPEN_ABORTED', { link: this.id });
    // The device was sooner.
    if (reconnecting && this.state === 2) return;
    this.#wanted = true;
    return this.#begin(opening.options, 'opened');
  }

  #begin(options: OpenOptions, event: 'opened' | 'reopened'): Promise<void> {
    const attached = this.#attached;
    if (!attached) return Promise.reject(new EspAtError('DEVICE_NOT_READY', { reason: '' }));
    const attempt = new Attempt(options, attached, {
      link: this.id,
      inUse: () => this.state !== 0,
      wanted: () => this.#wanted,
      cleared: () => {
        this.#connection.clear();
        this.#retry.begun();
      },
      saying: () => this.#connection.expect(),
      over: () => {
        if (this.#attempt === attempt) this.#attempt = undefined;
      },
      succeeded: ({ reports }) => {
        this.#becomeOpen(event, reports.connected);
        // They came right behind the last answer.
        if (reports.closed) this.closedByServer();
        else if (reports.disconnected) this.disconnected();
      },
      failed: (error) => this.#attemptFailed(error),
    });
    this.#attempt = attempt;
    this.#connection.tell('opening');
    return attempt.done;
  }

  #attemptFailed(error: EspAtError): void {
    this.#connection.end();
    this.#connection.clear();
    this.#wanted &&= this.#connection.options?.keepOpen === true;
    this.#connection.tell('failed', { error });
    this.#retryLater();
    if (!this.#wanted) this.#outbox.reject(this.#notOpen());
  }

  #reopen(): void {
    const { options } = this.#connection;
    if (!options) return;
    // Who waits for it hears of it by events; there is nobody to reject to.
    if (verifiesServer(options)) void this.#reopenInTime(options);
    else this.#begin(options, 'reopened').catch(() => undefined);
  }

  /** {@link #reopen} once the clock is set, unless something else was wanted meanwhile. */
  async #reopenInTime(options: OpenOptions): Promise<void> {
    const wish = ++this.#wish;
    const attached = this.#attached;
    const current = () =>
      wish === this.#wish && attached !== undefined && attached === this.#attached;
    try {
      await attached?.clockSet();
    } catch (error) {
      if (current()) this.#attemptFailed(asEspAtError(error));
      return;
    }
    if (current()) this.#begin(options, 'reopened').catch(() => undefined);
  }

  #retryLater(): void {
    if (!this.#wanted || !this.#attached) return;
    this.#connection.tell('retrying', { retryIn: this.#retry.later() });
  }

  // --- states --------------------------------------------------------------------------------------

  /** @param announced whether the device has reported the connection */
  #becomeOpen(event: 'opened' | 'reopened', announced: boolean): void {
    const options = this.#connection.options;
    const capabilities = this.#attached?.capabilities;
    if (!options || !capabilities) return;
    this.#retry.opened();
    this.#announced = announced;
    this.#connection.become(2, event);
    this.#trust.opened(options, capabilities);
    this.#connection.receive(options, capabilities);
    this.#outbox.release();
  }

  #endConnection(): void {
    this.#retry.ended();
    this.#suspicion = undefined;
    this.#connection.end();
  }

  /** The connection is lost, and with it whatever was given to be sent over it. */
  #lose(extra: Partial<LinkEvent> = {}): void {
    this.#endConnection();
    // Before anything fails that was on its way: it is lost, and need not be closed.
    this.#connection.become(1, 'lost', extra);
    this.#attached?.session.dropSends(this.id, this.#notOpen());
  }

  #becomeClosed(): void {
    this.#endConnection();
    this.#connection.become(0, 'closed');
  }

  #notOpen(): EspAtError {
    return new EspAtError('LINK_NOT_OPEN', { link: this.id }, { outcome: 'not-sent' });
  }
}
