import type { UartSettings } from '../serial/uart';

/**
 * Survives restarts and power loss: the values of `AT+SYSMFG`, by name space and key, and the UART settings. The Wi-Fi
 * settings are in `Station`.
 */
export class Flash {
  /** The UART settings of `AT+UART_DEF`; undefined for the default. */
  uart: UartSettings | undefined;
  readonly #spaces = new Map<string, Map<string, StoredValue>>();

  constructor(values: readonly FlashText[] = []) {
    for (const { space, key, type, text } of values)
      this.set(space, key, { type, bytes: Buffer.from(text, 'latin1') });
  }

  set(space: string, key: string, value: StoredValue): void {
    const values = this.#spaces.get(space) ?? new Map<string, StoredValue>();
    values.set(key, value);
    this.#spaces.set(space, values);
  }

  get(space: string, key: string): StoredValue | undefined {
    return this.#spaces.get(space)?.get(key);
  }

  /** Erases a value. Returns whether there was one. */
  erase(space: string, key: string): boolean {
    return this.#spaces.get(space)?.delete(key) ?? false;
  }

  /** Erases all values of a name space, or creates it empty. */
  clear(space: string): void {
    this.#spaces.set(space, new Map());
  }

  has(space: string): boolean {
    return this.#spaces.has(space);
  }

  /** Name spaces with values. */
  get spaces(): string[] {
    return [...this.#spaces].filter(([, values]) => values.size > 0).map(([space]) => space);
  }

  keys(space: string): string[] {
    return [...(this.#spaces.get(space)?.keys() ?? [])];
  }

  /** The text of a PEM value, without the NUL that ends it in flash. */
  text(space: string, key: string): string | undefined {
    return this.get(space, key)?.bytes.toString('latin1').replace(/\0+$/, '');
  }
}

export interface StoredValue {
  /** Type number as in `AT+SYSMFG`: 1-6 numbers, 7 string, 8 bytes. */
  readonly type: number;
  readonly bytes: Buffer;
}

/** A value with its name; one character a byte. */
export interface FlashText {
  readonly space: string;
  readonly key: string;
  /** See {@link StoredValue}. */
  readonly type: number;
  readonly text: string;
}
