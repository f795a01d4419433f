/** Pieces that are merged at a time: a server may send a message byte by byte, and a piece takes some 100 bytes of memory. */
const MERGED_PIECES = 256;

/** The pieces of a message. They take little more memory than their bytes, however small they are. */
export class Pieces {
  #merged: Buffer[] = [];
  #latest: Buffer[] = [];

  /** Pieces in memory, for tests. */
  get count(): number {
    return this.#merged.length + this.#latest.length;
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#latest.push(bytes);
    if (this.#latest.length < MERGED_PIECES) return;
    this.#merged.push(Buffer.concat(this.#latest));
    this.#latest = [];
  }

  /** Joins the pieces; a single one is not copied. */
  joined(): Buffer {
    const [only] = this.#latest;
    if (only && this.count === 1) return only;
    return Buffer.concat([...this.#merged, ...this.#latest]);
  }
}
