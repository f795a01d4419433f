/** Limit of the wait for the end of an input. */
const END_TIMEOUT_MS = 240_000;

/** Inputs that send no message: they open, close and ask. Each must end exactly once. */
export class Inputs {
  readonly violations: string[] = [];
  readonly #open = new Map<string, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get pending(): number {
    return this.#open.size;
  }

  begun(input: string, at: number): void {
    this.#count++;
    if (this.#open.has(input)) this.violations.push(`input ${input} came twice`);
    this.#open.set(input, at);
  }

  ended(input: string): void {
    if (!this.#open.delete(input))
      this.violations.push(`input ${input} ended twice, or without an input`);
  }

  settle(now: number, isEnd = false): void {
    for (const [input, at] of this.#open) {
      if (!isEnd && now - at < END_TIMEOUT_MS) continue;
      this.violations.push(`input ${input} did not end in ${now - at} ms`);
      this.#open.delete(input);
    }
  }
}
