import type { DataFrame, DataReceiver } from '../../at/types';

/** Bytes kept before the device says that the link is open: on a slow port that may take seconds. */
const MOST_EARLY_BYTES = 256 * 1024;
/** Bytes a chunk counts for beyond its own. */
const CHUNK_OVERHEAD = 16;

/** Keeps what may be the beginning of a connection until the device says that the link is open. */
export class EarlyData implements DataReceiver {
  readonly connected = false;
  readonly #chunks: (DataFrame | 'dataLost')[] = [];
  /** More than {@link MOST_EARLY_BYTES} once data was dropped. */
  #bytes = 0;

  push(frame: DataFrame): void {
    if (this.#bytes > MOST_EARLY_BYTES) return;
    this.#bytes += frame.bytes.length + CHUNK_OVERHEAD;
    if (this.#bytes <= MOST_EARLY_BYTES) this.#chunks.push(frame);
    else this.dataLost();
  }

  /** Several losses in a row are one. */
  dataLost(): void {
    if (this.#chunks.at(-1) !== 'dataLost') this.#chunks.push('dataLost');
  }

  end(): void {
    this.#chunks.length = 0;
  }

  /** Hands all of it to the receiver of the connection. @param onLoss told of each loss in it */
  replay(receiver: DataReceiver, onLoss: () => void): void {
    for (const chunk of this.#chunks) {
      if (chunk !== 'dataLost') {
        receiver.push(chunk);
        continue;
      }
      receiver.dataLost();
      onLoss();
    }
  }
}
