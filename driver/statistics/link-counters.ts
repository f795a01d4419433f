import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import { EspAtError } from '../errors';
import type { LinkChange, LinkStateName } from '../link/events';
import type { LinkStatistics } from './statistics';
import { StateTimes } from './state-times';

/** Counts the events of a link. */
export class LinkCounters {
  readonly #link: LinkId;
  readonly #times: StateTimes<LinkStateName>;
  readonly #counts = {
    connections: 0,
    reconnects: 0,
    received: { messages: 0, bytes: 0 },
    sent: { messages: 0, bytes: 0 },
    outcomes: { sent: 0, 'not-sent': 0, unknown: 0 },
  };
  dataLosses = 0;

  constructor(link: LinkId, clock: Clock) {
    this.#link = link;
    const zeros = { closed: 0, opening: 0, open: 0, reconnecting: 0, waiting: 0, closing: 0 };
    this.#times = new StateTimes<LinkStateName>(clock, zeros, 'closed');
  }

  changed({ to, cause }: LinkChange): void {
    this.#times.enter(to);
    if (cause === 'opened' || cause === 'reopened') this.#counts.connections++;
    if (cause === 'reopened') this.#counts.reconnects++;
  }

  received(bytes: number): void {
    this.#counts.received.messages++;
    this.#counts.received.bytes += bytes;
  }

  /** Counts the outcome of a message, and its bytes, once it is known. */
  async sending(sent: Promise<number>): Promise<void> {
    try {
      const bytes = await sent;
      this.#counts.outcomes.sent++;
      this.#counts.sent.messages++;
      this.#counts.sent.bytes += bytes;
    } catch (error) {
      const { outcome = 'not-sent' } = error instanceof EspAtError ? error : {};
      this.#counts.outcomes[outcome]++;
      throw error;
    }
  }

  get statistics(): LinkStatistics {
    return {
      link: this.#link,
      stateMs: this.#times.all,
      ...structuredClone(this.#counts),
      dataLosses: this.dataLosses,
    };
  }
}
