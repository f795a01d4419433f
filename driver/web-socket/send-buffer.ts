import { types } from 'node:util';

/** Data as send() takes it. */
export type WebSocketData = string | ArrayBuffer | ArrayBufferView | Blob;

/** A message of a WebSocket: its bytes, now or later, and how many they are. */
export interface Outgoing {
  readonly opcode: 1 | 2;
  readonly length: number;
  readonly bytes: Uint8Array | Promise<Uint8Array>;
}

/** Anything but bytes becomes text, as Web IDL converts it; half a surrogate pair becomes U+FFFD. */
export function outgoing(data: unknown, asBinary = false): Outgoing {
  if (data instanceof Blob) {
    const bytes = data.arrayBuffer().then((buffer) => new Uint8Array(buffer));
    return { opcode: 2, length: data.size, bytes };
  }
  const bytes = bytesOf(data);
  // A copy: the caller may change its bytes at once.
  if (bytes) return { opcode: 2, length: bytes.length, bytes: Uint8Array.from(bytes) };
  const text = Buffer.from(String(data));
  return { opcode: asBinary ? 2 : 1, length: text.length, bytes: text };
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (!ArrayBuffer.isView(data)) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
