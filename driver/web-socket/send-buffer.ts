import { types } from 'node:util';
import { EspAtError } from '../errors';

/** Data as send() takes it. */
export type WebSocketData = string | ArrayBuffer | ArrayBufferView | Blob;

/** Called once the device has handed the message to the network, or with the reason why not. */
export type SendCallback = (error?: Error) => void;

/** A message to send. */
export interface SendData {
  readonly opcode: 1 | 2;
  readonly length: number;
  readonly content: Uint8Array | Blob;
}

/**
 * Converts the argument of send(). Other values than bytes become text (Web IDL); half a surrogate pair becomes U+FFFD.
 * @param options the second argument of send(), which the package ws allows to be null. `binary`: whether the message is
 * binary; default: where the data is bytes
 */
export function toSendData(data: unknown, options?: unknown): SendData {
  const { binary } = Object(options) as { readonly binary?: boolean };
  const opcode = (isBinary: boolean) => ((binary ?? isBinary) ? 2 : 1);
  if (data instanceof Blob) return { opcode: opcode(true), length: data.size, content: data };
  const bytes = bytesOf(data);
  // A copy: the caller may change its bytes at once.
  if (bytes) return { opcode: opcode(true), length: bytes.length, content: Uint8Array.from(bytes) };
  const text = Buffer.from(String(data));
  return { opcode: opcode(false), length: text.length, content: text };
}

/** @throws EspAtError `INVALID_PAYLOAD` */
export async function bytesOfBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    const details = { reason: 'UNREADABLE' };
    throw new EspAtError('INVALID_PAYLOAD', details, { outcome: 'not-sent', cause });
  }
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (!ArrayBuffer.isView(data)) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
