import type { LinkId } from '../../../../driver/at/types';
import { Disturbances } from './disturbances';
import { ReceivedMessages } from './received-messages';
import { SentMessages } from './sent-messages';

/** Accounts for every message, both ways. Drops settled messages, so that a run can last for days. */
export class SoakLog {
  readonly disturbances = new Disturbances();
  readonly sent = new SentMessages(this.disturbances);
  readonly received = new ReceivedMessages(this.disturbances);

  /** The server accepts a connection. */
  connected(connection: number, link: LinkId, at: number): void {
    this.sent.connected(connection, link, at);
    this.received.connected(connection, link);
  }

  /** A connection of the server ends. */
  gone(connection: number, at: number): void {
    this.sent.gone(connection, at);
    this.received.gone(connection, at);
  }

  /** Settles messages that are old enough. @param isEnd whether no further events come */
  settle(now: number, isEnd = false): void {
    this.sent.settle(now, isEnd);
    this.received.settle(now, isEnd);
    this.disturbances.forget(now);
  }

  /** One sentence each. */
  get violations(): readonly string[] {
    return [...this.sent.violations, ...this.received.violations];
  }
}
