import type { DataChunk, DataReceiver } from '../../at/types';

/** Most bytes of early data. On a slow port `OK` may take seconds. */
const MAX_EARLY_BYTES = 256 * 1024;
/** Bytes that each chunk takes in memory, beyond its data. */
const CHUNK_OVERHEAD = 16;

/** Keeps data until a receiver can take it: data that comes before the `OK` of `AT+WSOPEN`, for example. */
export class EarlyData implements DataReceiver {
  readonly #isConnected: () => boolean;
  readonly #chunks: (DataChunk | 'dataLost')[] = [];
  /** Greater than {@link MAX_EARLY_BYTES} once it has dropped data. */
  #bytes = 0;

  /** @param isConnected see {@link DataReceiver.connected} */
  constructor(isConnected: () => boolean = () => false) {
    this.#isConnected = isConnected;
  }

  get connected(): boolean {
    return this.#isConnected();
  }

  push(chunk: DataChunk): void {
    this.#bytes += chunk.bytes.length + CHUNK_OVERHEAD;
    if (this.#bytes <= MAX_EARLY_BYTES) this.#chunks.push(chunk);
    else this.dataLost();
  }

  /** Keeps one entry for consecutive losses. */
  dataLost(): void {
    if (this.#chunks.at(-1) !== 'dataLost') this.#chunks.push('dataLost');
  }

  /**
   * Passes the data to the receiver of the connection.
   * @param isOpen whether the connection is open: a flow may close it at one of these messages
   * @param onLoss called for each data loss
   */
  replay(receiver: DataReceiver, isOpen: () => boolean, onLoss: () => void): void {
    for (const chunk of this.#chunks) {
      if (!isOpen()) return;
      if (chunk !== 'dataLost') {
        receiver.push(chunk);
        continue;
      }
      receiver.dataLost();
      onLoss();
    }
  }
}
