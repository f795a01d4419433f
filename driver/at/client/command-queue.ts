import type { CommandSequence } from '../command-sequence';
import type { Job } from './client-state';
import type { LinkId, SendSource } from '../types';

/** Commands of messages that may run before the first yielding sequence: as many as the send queues hold by default. */
const MAX_PASSED_COMMANDS = 1000;

/** A source, and its share. */
interface QueuedSource {
  readonly source: SendSource;
  /** Bytes of its commands that have run, or more: see {@link CommandQueue.updateActive}. */
  shareBytes: number;
  /** Whether it had something to send at the last check. */
  isActive: boolean;
}

/**
 * Picks the client's next work: sequences, in order; then the messages of the links, shared by bytes, so that a large
 * transfer leaves room for the other links; then sequences that yield. Messages stay in their sources.
 */
export class CommandQueue {
  #sequences: CommandSequence[] = [];
  /** Sequences before which messages run. */
  #yielding: CommandSequence[] = [];
  /** Commands of messages that have run before the first of them. */
  #passedCommands = 0;
  readonly #sources: QueuedSource[] = [];

  /** @param yields whether messages run before it */
  addSequence(sequence: CommandSequence, yields = false): void {
    (yields ? this.#yielding : this.#sequences).push(sequence);
  }

  removeSequence(sequence: CommandSequence): void {
    this.#sequences = this.#sequences.filter((each) => each !== sequence);
    if (this.#yielding[0] === sequence) this.#passedCommands = 0;
    this.#yielding = this.#yielding.filter((each) => each !== sequence);
  }

  addSource(source: SendSource): void {
    this.#sources.push({ source, shareBytes: 0, isActive: false });
  }

  /**
   * Checks which sources have something to send. A source that was idle gets no credit for that time: it starts at the
   * smallest share of the others.
   */
  updateActive(): void {
    for (const queued of this.#sources) {
      const wasActive = queued.isActive;
      queued.isActive = queued.source.peek() !== undefined;
      if (queued.isActive && !wasActive)
        queued.shareBytes = Math.max(queued.shareBytes, this.#leastShareBytes(queued));
    }
  }

  /** Returns the next job: a sequence, which leaves the queue, or a message, which stays in its source until it settles. */
  nextJob(): Job | undefined {
    this.updateActive();
    const sequence = this.#sequences.shift();
    if (sequence) return sequence;
    let chosen: QueuedSource | undefined;
    for (const queued of this.#sources)
      if (queued.isActive && (!chosen || queued.shareBytes < chosen.shareBytes)) chosen = queued;
    if (this.#yielding.length > 0 && (!chosen || this.#passedCommands >= MAX_PASSED_COMMANDS)) {
      this.#passedCommands = 0;
      return this.#yielding.shift();
    }
    if (this.#yielding.length > 0) this.#passedCommands++;
    return chosen?.source.peek();
  }

  /** Counts bytes of a command that has run for a link. */
  countBytes(link: LinkId, bytes: number): void {
    for (const queued of this.#sources) if (queued.source.link === link) queued.shareBytes += bytes;
  }

  /** Removes and returns all sequences. */
  takeSequences(): readonly CommandSequence[] {
    const sequences = [...this.#sequences, ...this.#yielding];
    this.#sequences = [];
    this.#yielding = [];
    this.#passedCommands = 0;
    return sequences;
  }

  /** The smallest share of the other active sources; 0 without one. */
  #leastShareBytes(except: QueuedSource): number {
    const others = this.#sources.filter((queued) => queued !== except && queued.isActive);
    return others.length === 0 ? 0 : Math.min(...others.map(({ shareBytes }) => shareBytes));
  }
}
