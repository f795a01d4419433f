import type { EspAtError } from '../errors';

/** The event `close`, as in browsers. */
export class WebSocketCloseEvent extends Event {
  /**
   * Whether `close()` or a close frame of the server ended the connection. True also where the server did not answer the
   * close frame, or the device was lost before the close frame left.
   */
  readonly wasClean: boolean;
  /**
   * 1006: the connection failed, was lost, or `terminate()` ended it · 1005: the server closed it; the firmware does not
   * report the server's code · otherwise the code given to `close()`, by default 1000.
   */
  readonly code: number;
  /** Empty where the server closed the connection: the firmware does not report it. */
  readonly reason: string;

  /** @internal */
  constructor({ wasClean, code, reason }: Omit<WebSocketCloseEvent, keyof Event>) {
    super('close');
    this.wasClean = wasClean;
    this.code = code;
    this.reason = reason;
  }
}

/** The event `error`; unlike that of browsers it has the reason. */
export class WebSocketErrorEvent extends Event {
  /** Why the connection failed. */
  readonly error: EspAtError;
  /** Sentence of the error. */
  readonly message: string;

  /** @internal */
  constructor(error: EspAtError) {
    super('error');
    this.error = error;
    this.message = error.message;
  }
}
