const PROMPT = Buffer.from('\r\nOK\r\n\r\n>');
export const SEND_OK = Buffer.from('\r\nSEND OK\r\n');
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * A device that knows only `AT+WSSEND`. Costs so little that a benchmark with it measures the driver. Lines must come whole
 * and alone; payloads may come in pieces.
 */
export class MinimalDevice {
  /** The next response; undefined: no command waits for one. */
  #response: Buffer | undefined;
  /** Payload bytes that have not arrived. */
  #missing = 0;

  write(bytes: Uint8Array): void {
    if (this.#missing > 0) {
      this.#missing -= bytes.length;
      if (this.#missing <= 0) this.#response = SEND_OK;
    } else {
      this.#missing = payloadLength(bytes);
      this.#response = this.#missing > 0 ? PROMPT : SEND_OK;
    }
  }

  take(): Buffer | undefined {
    const response = this.#response;
    this.#response = undefined;
    return response;
  }
}

/** The length in `AT+WSSEND=link,length`. */
function payloadLength(line: Uint8Array): number {
  let length = 0;
  for (let at = line.indexOf(COMMA) + 1; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte < ZERO || byte > NINE) break;
    length = length * 10 + byte - ZERO;
  }
  return length;
}
