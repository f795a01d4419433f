import type { LinkId } from '../at/types';
import type { AtClient } from '../at/at-client';
import type { Cancel, Clock } from '../clock';
import { wsclose, wssend } from '../commands/websocket';
import { EspAtError, isDeviceLoss } from '../errors';

/** Milliseconds a server has to answer a close frame. */
const ANSWER = 3000;
const CLOSE = 8;

/**
 * The end of a connection: a close frame and the wait for its answer (RFC 6455, section 7.1.2), which the
 * firmware leaves to its user, then `AT+WSCLOSE`.
 */
export class CloseHandshake {
  readonly #clock: Clock;
  readonly #link: LinkId;
  #underWay: Promise<void> | undefined;
  #answered: (() => void) | undefined;
  /** Whether somebody does not want to wait for an answer any more. */
  #hurried = false;

  constructor(link: LinkId, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  get underWay(): boolean {
    return this.#underWay !== undefined;
  }

  /**
   * Says it, after whatever is queued; without a close frame what is queued is dropped. There is one at a time:
   * whoever wants another one waits for it, and without a close frame hurries it.
   * @param present whether the device is still there; one that was lost or restarted has no link any more
   * @throws EspAtError when the link may not be closed
   */
  say(session: AtClient, frame: Buffer | undefined, present: () => boolean): Promise<void> {
    if (!frame) this.#hurry(session);
    this.#underWay ??= this.#say(session, frame, present).finally(() => {
      this.#underWay = undefined;
      this.#hurried = false;
    });
    return this.#underWay;
  }

  /** The server has answered, or nobody is there any more to do so. */
  answered(): void {
    this.#answered?.();
  }

  async #say(session: AtClient, frame: Buffer | undefined, present: () => boolean): Promise<void> {
    try {
      if (frame) await this.#sayPolitely(session, frame);
      if (present()) await session.run(wsclose(this.#link));
    } catch (error) {
      if (!isDeviceLoss(error)) throw error;
    }
  }

  #hurry(session: AtClient): void {
    const link = this.#link;
    this.#hurried = true;
    session.dropSends(link, new EspAtError('LINK_CLOSED', { link }));
    this.#answered?.();
  }

  /** Settles with its answer or without, and never rejects: the link is closed either way. */
  async #sayPolitely(session: AtClient, payload: Buffer): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    try {
      await this.#send(session, payload);
      if (!this.#hurried) await this.#within(answered);
    } catch {
      // Only less politely.
    } finally {
      this.#answered = undefined;
    }
  }

  #send(session: AtClient, payload: Buffer): Promise<void> {
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
