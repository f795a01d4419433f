import type { WsFrame } from '../harness/network/ws-server-frames';

/** Something the server, or the world between it and the device, does. */
export type Action =
  /** Whole frames in one TCP segment. */
  | { readonly kind: 'frames'; readonly frames: readonly WsFrame[] }
  /** A frame of which only `sent` bytes of payload go out for now; `header` only the first bytes of that. */
  | {
      readonly kind: 'half';
      readonly frame: WsFrame;
      readonly sent: number;
      readonly header?: number;
    }
  /** What a `half` left unsent, or the next `count` bytes of it. */
  | { readonly kind: 'rest'; readonly count?: number }
  /** Bytes that are no frame. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'close'; readonly payload: Buffer }
  | { readonly kind: 'drop'; readonly how: 'fin' | 'rst' }
  | { readonly kind: 'answers pings'; readonly value: boolean }
  | { readonly kind: 'answers closes'; readonly value: boolean }
  /** Whether the server ends TCP once close frames have been exchanged. */
  | { readonly kind: 'ends tcp'; readonly value: boolean }
  | { readonly kind: 'reads'; readonly value: boolean }
  /** Whether the host takes what the device says. */
  | { readonly kind: 'host reads'; readonly value: boolean }
  /** Whether anybody listens on the server's port; going away cuts what is open. */
  | { readonly kind: 'listens'; readonly value: boolean }
  /** Whether packets get through at all. */
  | { readonly kind: 'reachable'; readonly value: boolean }
  /** Whether the access point can be heard. */
  | { readonly kind: 'access point'; readonly value: boolean }
  | { readonly kind: 'certificate'; readonly which: CertificateKind }
  /** The device loses its power, gets it back, or both. */
  | { readonly kind: 'power'; readonly value: 'off' | 'on' | 'cycle' };

export type CertificateKind = 'good' | 'foreign' | 'expired' | 'future' | 'self-signed';

/** An action and when it is due. */
export interface TimedAction {
  readonly action: Action;
  /** Milliseconds after the action before it. */
  readonly after: number;
}

/** `abcdefghij…`, the payload that stands for "N bytes". */
export function alphabet(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => 97 + (index % 26)));
}
