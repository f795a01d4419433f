import type { LinkId } from './at/frame';
import type { Session } from './at/session';
import type { Cancel, Clock } from './clock';
import { wssend } from './commands/websocket';

/** Milliseconds a server has to answer a close frame. */
const ANSWER = 3000;
const CLOSE = 8;

/** The polite end of a connection (RFC 6455, section 7.1.2): a close frame, and the wait for its answer. */
export class Farewell {
  readonly #clock: Clock;
  readonly #link: LinkId;
  #answered: (() => void) | undefined;

  constructor(link: LinkId, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Says it after whatever is queued; settles with its answer or without, and never rejects. */
  async say(session: Session, payload: Buffer): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    try {
      await this.#send(session, payload);
      await this.#within(answered);
    } catch {
      // The link is closed either way, only less politely.
    } finally {
      this.#answered = undefined;
    }
  }

  /** The server has answered, or nobody is there any more to do so. */
  answered(): void {
    this.#answered?.();
  }

  #send(session: Session, payload: Buffer): Promise<void> {
    const link = this.#link;
    const parts = [wssend(link, payload, { opcode: CLOSE })];
    return new Promise((resolve, reject) => {
      session.send({ link, parts, settle: (error) => (error ? reject(error) : resolve()) });
    });
  }

  async #within(answered: Promise<void>): Promise<void> {
    let cancel: Cancel | undefined;
    const late = new Promise<void>((resolve) => (cancel = this.#clock.after(ANSWER, resolve)));
    await Promise.race([answered, late]);
    cancel?.();
  }
}
