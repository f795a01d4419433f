import type { DataFrame, DataReceiver } from '../../at/types';

/** Bytes of early data at most. On a slow port `OK` may take seconds. */
const MOST_EARLY_BYTES = 256 * 1024;
/** Bytes that each chunk counts for in addition to its data. */
const CHUNK_OVERHEAD = 16;

/** Keeps data that comes before the `OK` of AT+WSOPEN. */
export class EarlyData implements DataReceiver {
  readonly connected = false;
  readonly #chunks: (DataFrame | 'dataLost')[] = [];
  /** Exceeds {@link MOST_EARLY_BYTES} once it has dropped data. */
  #bytes = 0;

  push(frame: DataFrame): void {
    this.#bytes += frame.bytes.length + CHUNK_OVERHEAD;
    if (this.#bytes <= MOST_EARLY_BYTES) this.#chunks.push(frame);
    else this.dataLost();
  }

  /** Keeps one mark for consecutive losses. */
  dataLost(): void {
    if (this.#chunks.at(-1) !== 'dataLost') this.#chunks.push('dataLost');
  }

  end(): void {
    this.#chunks.length = 0;
  }

  /** Passes the data to the receiver of the connection. @param onLoss called for each data loss */
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
