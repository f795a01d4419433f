import type { EspAtError } from '../../errors';
import type { CommandSequence } from '../command-sequence';
import type { Job } from './client-state';
import type { LinkId, SendSource } from '../types';

/** Messages that a yielding sequence lets pass: as many as the send queue holds. */
const MAX_PASSED = 1000;

/** A source, and the bytes that the client has sent for it. */
interface Lane {
  readonly source: SendSource;
  servedBytes: number;
  /** Whether it had something to send at the last check. */
  isActive: boolean;
}

/**
 * Picks the client's next work: sequences first, in order; then the messages of the links, fair by bytes, so that a
 * large transfer leaves room for the other links. Messages stay in their sources.
 */
export class CommandQueue {
  #sequences: CommandSequence[] = [];
  /** Sequences that let messages pass. */
  #yielding: CommandSequence[] = [];
  /** Messages that the first of them has let pass. */
  #passed = 0;
  readonly #lanes: Lane[] = [];

  /** @param yields whether it lets messages pass that wait to be sent */
  addSequence(sequence: CommandSequence, yields = false): void {
    (yields ? this.#yielding : this.#sequences).push(sequence);
  }

  removeSequence(sequence: CommandSequence): void {
    this.#sequences = this.#sequences.filter((each) => each !== sequence);
    this.#yielding = this.#yielding.filter((each) => each !== sequence);
  }

  addSource(source: SendSource): void {
    this.#lanes.push({ source, servedBytes: 0, isActive: false });
  }

  /** Looks again which sources have something to send. A source that was idle starts level with the others. */
  recount(): void {
    for (const lane of this.#lanes) {
      const wasActive = lane.isActive;
      lane.isActive = lane.source.peek() !== undefined;
      if (lane.isActive && !wasActive)
        lane.servedBytes = Math.max(lane.servedBytes, this.#leastServed(lane));
    }
  }

  /** Returns the next job: a sequence, which leaves the queue, or a message, which stays in its source until it settles. */
  nextJob(): Job | undefined {
    this.recount();
    const sequence = this.#sequences.shift();
    if (sequence) return sequence;
    let chosen: Lane | undefined;
    for (const lane of this.#lanes)
      if (lane.isActive && (!chosen || lane.servedBytes < chosen.servedBytes)) chosen = lane;
    if (this.#yielding.length > 0 && (!chosen || this.#passed >= MAX_PASSED)) {
      this.#passed = 0;
      return this.#yielding.shift();
    }
    if (this.#yielding.length > 0) this.#passed++;
    return chosen?.source.peek();
  }

  /** Counts bytes sent for a link. */
  countServed(link: LinkId, bytes: number): void {
    for (const lane of this.#lanes) if (lane.source.link === link) lane.servedBytes += bytes;
  }

  /** Removes all sequences; returns a function that rejects them. */
  clear(): (error: EspAtError) => void {
    const sequences = [...this.#sequences, ...this.#yielding];
    this.#sequences = [];
    this.#yielding = [];
    this.#passed = 0;
    return (error) => {
      for (const sequence of sequences) sequence.reject(error);
    };
  }

  /** The least bytes of any other active source; 0 without one. */
  #leastServed(except: Lane): number {
    let least = Infinity;
    for (const lane of this.#lanes)
      if (lane !== except && lane.isActive && lane.servedBytes < least) least = lane.servedBytes;
    return least === Infinity ? 0 : least;
  }
}
