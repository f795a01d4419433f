import type { OpenOptions } from './options';
import type { Goal } from './state/link-state';

/** The options that the device has for the connection of a link: an open() that joins the connection does not change them. */
export class ConnectionOptions {
  #chosen: OpenOptions | undefined;
  #sent: OpenOptions | undefined;

  /** The open sequence will send these options. */
  chosen(options: OpenOptions): void {
    this.#chosen = options;
  }

  /** `AT+WSOPEN` goes out next, with these options. */
  sent(options: OpenOptions): void {
    this.#sent = options;
  }

  /** The options that the device has or will get. */
  get inUse(): OpenOptions[] {
    return [this.#chosen, this.#sent].filter((each) => each !== undefined);
  }

  /** Returns the options of the newest `AT+WSOPEN`, with `keepOpen` and `owner` of the goal. */
  withGoal({ options }: Goal): OpenOptions {
    const { keepOpen, owner } = options;
    return this.#sent ? { ...this.#sent, keepOpen, owner } : options;
  }
}
