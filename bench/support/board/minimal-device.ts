const PROMPT = Buffer.from('\r\nOK\r\n\r\n>');
/** Its last answer to a message. */
export const RESULT = Buffer.from('\r\nSEND OK\r\n');
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * The least that a device can be: it answers `AT+WSSEND` and knows nothing else. Costs so little that what
 * is measured with it is the other side. Lines must come whole and alone; payloads may come in pieces.
 */
export class MinimalDevice {
  /** What it says next; undefined: nothing is owed. */
  #answer: Buffer | undefined;
  /** Payload bytes that it waits for. */
  #missing = 0;

  write(bytes: Uint8Array): void {
    if (this.#missing > 0) {
      this.#missing -= bytes.length;
      if (this.#missing <= 0) this.#answer = RESULT;
    } else {
      this.#missing = announced(bytes);
      this.#answer = this.#missing > 0 ? PROMPT : RESULT;
    }
  }

  take(): Buffer | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }
}

/** The length in `AT+WSSEND=link,length`. */
function announced(line: Uint8Array): number {
  let length = 0;
  for (let at = line.indexOf(COMMA) + 1; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte < ZERO || byte > NINE) break;
    length = length * 10 + byte - ZERO;
  }
  return length;
}
