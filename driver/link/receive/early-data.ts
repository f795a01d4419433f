import type { DataChunk, DataReceiver } from '../../at/types';

/** Most bytes of early data. On a slow port `OK` may take seconds. */
const MAX_EARLY_BYTES = 256 * 1024;
/** Bytes that each chunk takes in memory, beyond its data. */
const CHUNK_OVERHEAD = 16;

/** `dataLost`: on the way to the host. `dropped`: more came than is kept. */
type Loss = 'dataLost' | 'dropped';

/** Keeps data until a receiver can take it: data that comes before the `OK` of `AT+WSOPEN`, for example. */
export class EarlyData implements DataReceiver {
  readonly connected = false;
  readonly #chunks: (DataChunk | Loss)[] = [];
  /** Greater than {@link MAX_EARLY_BYTES} once it has dropped data. */
  #bytes = 0;

  push(frame: DataChunk): void {
    this.#bytes += frame.bytes.length + CHUNK_OVERHEAD;
    if (this.#bytes <= MAX_EARLY_BYTES) this.#chunks.push(frame);
    else this.#add('dropped');
  }

  dataLost(): void {
    this.#add('dataLost');
  }

  /** Keeps one entry for consecutive losses of a kind. */
  #add(loss: Loss): void {
    if (this.#chunks.at(-1) !== loss) this.#chunks.push(loss);
  }

  /** Passes the data to the receiver of the connection. @param onLoss called for each data loss */
  replay(receiver: DataReceiver, onLoss: (loss: Loss) => void): void {
    for (const chunk of this.#chunks) {
      if (typeof chunk === 'object') {
        receiver.push(chunk);
        continue;
      }
      receiver.dataLost();
      onLoss(chunk);
    }
  }
}
