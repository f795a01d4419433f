import type { LinkId } from './types';

/** Something that waits for its turn on a link. */
export interface Waiting {
  readonly link: LinkId;
  /** Bytes the next turn puts on the line. */
  readonly bytes: number;
}

/**
 * What waits to be sent, first in, first out on each link, and fair between the links: the turn goes
 * to the link that has had the fewest bytes, so that a large transfer leaves room for the others.
 */
export class SendQueue<T extends Waiting> {
  readonly #links: [Lane<T>, Lane<T>, Lane<T>] = [new Lane(), new Lane(), new Lane()];

  push(item: T): void {
    const lane = this.#links[item.link];
    // A link that was idle starts level with the others instead of claiming what it did not use.
    if (lane.length === 0) lane.served = Math.max(lane.served, this.#least());
    lane.push(item);
  }

  /** The item whose turn it is; it stays at the head of its link until {@link shift}. */
  peek(): T | undefined {
    let chosen: Lane<T> | undefined;
    for (const lane of this.#links) {
      if (lane.length > 0 && (!chosen || lane.served < chosen.served)) chosen = lane;
    }
    return chosen?.head;
  }

  /** Counts a turn's bytes for a link. */
  served(link: LinkId, bytes: number): void {
    this.#links[link].served += bytes;
  }

  /** Takes the head of a link off. */
  shift(link: LinkId): T | undefined {
    return this.#links[link].shift();
  }

  /** Takes out one item wherever it waits; false when it was not there. */
  remove(item: T): boolean {
    return this.#links[item.link].remove(item);
  }

  /** Takes out all of one link, or of all links, in order. */
  drain(link?: LinkId): T[] {
    const lanes = link === undefined ? this.#links : [this.#links[link]];
    return lanes.flatMap((lane) => lane.drain());
  }

  #least(): number {
    let least = Infinity;
    for (const lane of this.#links) if (lane.length > 0 && lane.served < least) least = lane.served;
    return least === Infinity ? 0 : least;
  }
}

/** One link's items: an array whose front is cut off now and then, so that a turn costs the same at any depth. */
class Lane<T> {
  served = 0;
  #items: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  get head(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.head;
    if (item === undefined) return undefined;
    // Let go of at once: it holds its payload.
    this.#items[this.#first++] = undefined;
    if (this.#first > 64 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  remove(item: T): boolean {
    if (item === this.head) return this.shift() !== undefined;
    const index = this.#items.indexOf(item, this.#first);
    if (index < 0) return false;
    this.#items.splice(index, 1);
    return true;
  }

  drain(): T[] {
    const items = this.#items.slice(this.#first).filter((item) => item !== undefined);
    this.#items = [];
    this.#first = 0;
    return items;
  }
}
