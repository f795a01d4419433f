/** Whether a part of the device is out: while the user takes it away, and during each fault that does. */
export class Outage {
  readonly #causes = new Set<object>();
  readonly #changed: (isOut: boolean) => void;

  /** @param changed called when the part goes out, and when it comes back */
  constructor(changed: (isOut: boolean) => void) {
    this.#changed = changed;
  }

  get isOut(): boolean {
    return this.#causes.size > 0;
  }

  /** Sets whether the user takes the part away. */
  set(isOut: boolean): void {
    if (isOut) this.#begin(this);
    else this.#end(this);
  }

  /** Takes the part away for a fault. Returns a function that ends this. */
  begin(): () => void {
    const cause = {};
    this.#begin(cause);
    return () => this.#end(cause);
  }

  #begin(cause: object): void {
    const wasOut = this.isOut;
    this.#causes.add(cause);
    if (!wasOut) this.#changed(true);
  }

  #end(cause: object): void {
    if (this.#causes.delete(cause) && !this.isOut) this.#changed(false);
  }
}
