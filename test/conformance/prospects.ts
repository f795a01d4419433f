import { eventsIn, type FormatOf } from './inference';
import { parsePattern } from './pattern';
import type { Exchange, Section, TranscriptLine } from './transcript';

/** What a recording shows of a link after a given line. */
export interface Prospect {
  /** What happens to it next; undefined when nothing does before the host takes it in hand. */
  readonly kind: 'connected' | 'disconnected' | 'closed' | undefined;
  /** Milliseconds until then; undefined when that is in another step. */
  readonly after: number | undefined;
  /** The states that `AT+WSOPEN?` shows of it until then. */
  readonly states: readonly number[];
}

/** Looks ahead in a section. */
export class Prospects {
  readonly #section: Section;
  readonly #formatOf: FormatOf;

  constructor(section: Section, formatOf: FormatOf) {
    this.#section = section;
    this.#formatOf = formatOf;
  }

  of(link: number, exchange: Exchange, after: TranscriptLine): Prospect {
    const { items } = this.#section;
    const taken = new RegExp(`^AT\\+(?:WSOPEN|WSCLOSE)=${link}\\b|^AT\\+(?:RST|RESTORE)`, 'i');
    const states: number[] = [];
    for (const item of items.slice(items.indexOf(exchange))) {
      if (item.kind !== 'exchange') continue;
      const from = item === exchange ? item.lines.indexOf(after) + 1 : 0;
      for (const line of item.lines.slice(from)) {
        if (line.actor === 'host' && taken.test(line.text)) {
          return { kind: undefined, after: undefined, states };
        }
        if (line.actor !== 'device') continue;
        const shown = new RegExp(`\\+WSOPEN:${link},(\\d),`).exec(line.text)?.[1];
        if (shown !== undefined) states.push(Number(shown));
        for (const event of eventsIn(parsePattern(line.text), this.#formatOf)) {
          if (!('link' in event) || event.link !== link) continue;
          const gap = item === exchange ? line.time - after.time : undefined;
          return { kind: event.kind, after: gap, states };
        }
      }
    }
    return { kind: undefined, after: undefined, states };
  }
}
