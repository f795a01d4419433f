import type { DataChunk } from '../../at/types';
import type { Clock } from '../../clock';
import { DataPause } from './data-pause';
import type { LinkReceiver } from './link-receiver';

/**
 * Milliseconds without data before an empty chunk that shows a stalled frame. The device sends it after 10 s, but a busy
 * port may delay the chunks before it.
 */
const STALLED_CHUNK_MS = 5000;
/**
 * Milliseconds. Where a blocked event loop makes the pause uncertain, it counts as a stall if it may have been this long
 * (`atMost`). A smaller value would take an empty message for a stalled frame.
 */
const POSSIBLY_STALLED_MS = 9000;

/**
 * Marks an empty chunk that comes after a pause in which a frame may have stalled. Measures the pause as the data comes
 * in: the receivers behind it may hold data back.
 */
export class PauseMarker implements LinkReceiver {
  readonly #receiver: LinkReceiver;
  readonly #pause: DataPause;

  constructor(clock: Clock, receiver: LinkReceiver) {
    this.#receiver = receiver;
    this.#pause = new DataPause(clock);
    this.#pause.restart();
  }

  get connected(): boolean {
    return this.#receiver.connected;
  }

  get isEmpty(): boolean {
    return this.#receiver.isEmpty;
  }

  push(chunk: DataChunk): void {
    const isMarked = chunk.bytes.length === 0 && this.#mayHaveStalled;
    this.#pause.restart();
    this.#receiver.push(isMarked ? { ...chunk, afterPause: true } : chunk);
  }

  dataLost(): void {
    this.#receiver.dataLost();
  }

  end(): void {
    this.#pause.stop();
    this.#receiver.end();
  }

  get #mayHaveStalled(): boolean {
    return this.#pause.atLeast >= STALLED_CHUNK_MS || this.#pause.atMost >= POSSIBLY_STALLED_MS;
  }
}
