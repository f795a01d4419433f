import type { LinkId } from '../at/types';
import { CLOSE_OPCODE } from '../commands/wssend';
import type { SendOptions } from '../link/options';
import { redacted } from './redact';
import type { SecretSet } from './secret-set';

/** A payload that holds a secret: where it stands in its memory, and its bytes without the secret. */
interface CleanPayload {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Messages without secrets. Finds a secret in the whole message, before the driver cuts it into commands, between which the
 * driver may write those of other links.
 */
export class SentMessages {
  readonly #secrets: SecretSet;
  /** By link: the beginning of a secret at the end of its latest fragment. Its rest may follow in the next one. */
  readonly #begun = new Map<LinkId, Uint8Array>();
  /** Payloads that hold a secret, by their memory. Small ones share it. */
  readonly #payloads = new WeakMap<ArrayBufferLike, readonly CleanPayload[]>();

  constructor(secrets: SecretSet) {
    this.#secrets = secrets;
  }

  /**
   * Returns the payload without secrets, and without the parts of one that fragments of a message cut. Keeps it for
   * {@link cleanPart}: nothing may change the payload, nor give its memory to another one.
   */
  add(link: LinkId, options: SendOptions, payload: Uint8Array): Uint8Array {
    const clean = this.#redact(link, options, payload);
    if (Buffer.compare(clean, payload) === 0) return payload;
    // With memory of its own: in shared memory it would keep the payloads there, and these the memory of further ones.
    const bytes = new Uint8Array(clean);
    const { buffer, byteOffset: start } = payload;
    this.#payloads.set(buffer, [...(this.#payloads.get(buffer) ?? []), { start, bytes }]);
    return bytes;
  }

  /**
   * Returns a part of a payload as {@link add} has returned it; undefined for other bytes.
   * @param part a view of the memory of the payload
   */
  cleanPart({ buffer, byteOffset, length }: Uint8Array): Uint8Array | undefined {
    const isPart = ({ start, bytes }: CleanPayload) =>
      start <= byteOffset && byteOffset + length <= start + bytes.length;
    const payload = this.#payloads.get(buffer)?.find(isPart);
    return payload?.bytes.subarray(byteOffset - payload.start).subarray(0, length);
  }

  #redact(link: LinkId, { opcode = 1, fin }: SendOptions, payload: Uint8Array): Uint8Array {
    // A control frame is no part of a message: the rest of a secret may follow it.
    if (opcode >= CLOSE_OPCODE) return redacted(this.#secrets.index, payload, 'complete').bytes;
    const before = this.#begun.get(link) ?? new Uint8Array();
    const joined = before.length > 0 ? Buffer.concat([before, payload]) : payload;
    const end = fin === false ? 'cut' : 'complete';
    const { bytes, begun } = redacted(this.#secrets.index, joined, end);
    if (begun) this.#begun.set(link, begun);
    else this.#begun.delete(link);
    return bytes.subarray(before.length);
  }
}
