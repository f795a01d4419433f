import { isUtf8 } from 'node:buffer';
import type { WebSocketClassOptions } from './options';

/** Type of binary messages, see {@link DeviceWebSocket.binaryType}. */
export type BinaryType = 'blob' | 'arraybuffer' | 'nodebuffer';

/** Returns the bytes of a binary message in the chosen type. */
export function binaryData(bytes: Buffer, type: BinaryType): Blob | ArrayBuffer | Buffer {
  switch (type) {
    case 'blob':
      return new Blob([Uint8Array.from(bytes)]);
    case 'arraybuffer':
      return Uint8Array.from(bytes).buffer;
    case 'nodebuffer':
      return bytes;
  }
}

/** Decides the opcode of a message, where the firmware does not report it. */
export function kindOf(bytes: Buffer, unknownKind: WebSocketClassOptions['unknownKind']): 1 | 2 {
  if (unknownKind === 'binary') return 2;
  return unknownKind === 'text' || isUtf8(bytes) ? 1 : 2;
}
