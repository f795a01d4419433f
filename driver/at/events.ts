import type { LinkId } from './types';
import type { Urc } from './urc';

/** Reason of a resync. */
export type OutOfSyncReason =
  /** no final result code, or no answer to a probe */
  | 'NO_RESPONSE'
  /** a line that cannot be a response to the command, or that no command asked for */
  | 'UNEXPECTED_RESPONSE'
  /** ERROR without a reason: it may be the response to noise */
  | 'UNEXPLAINED_ERROR'
  /** the payload of a message did not arrive as it was written */
  | 'CORRUPT_PAYLOAD'
  /** the device cannot have sent the bytes that arrived */
  | 'CORRUPT_DATA'
  /** an unknown line while links are open: it may be data */
  | 'CORRUPT_LINE'
  /** bytes that look like those of another baud rate */
  | 'WRONG_RATE';

/** Why the client resyncs. */
export interface OutOfSyncCause {
  /** Reason of the resync. */
  readonly reason: OutOfSyncReason;
  /** Name of the running command, without secrets or user text; absent where none was running. */
  readonly command?: string;
}

/** The steps of a resync, mildest first. */
export type ResyncStep = 'lineEnd' | 'pad' | 'restart';

/** Events of the AT client. */
export type ClientEvent =
  | { readonly kind: 'urc'; readonly urc: Urc }
  /** A line that is no known URC. */
  | { readonly kind: 'unknownLine'; readonly text: string }
  /** The device echoes although echo is off: it has restarted unnoticed. */
  | { readonly kind: 'restartSuspected' }
  /**
   * Received bytes are missing or corrupt; of which link is unknown. The client drops data, and URCs other than `ready`,
   * until it is in sync: until `inSync`, or the end of a resync within a sequence.
   */
  | { readonly kind: 'dataLost' }
  | { readonly kind: 'outOfSync'; readonly cause: OutOfSyncCause }
  | { readonly kind: 'resyncStep'; readonly step: ResyncStep }
  /** `corruptLink`: the peer of this link got corrupt bytes. */
  | { readonly kind: 'inSync'; readonly corruptLink: LinkId | undefined }
  /** The resync failed: the client runs nothing until it is reset. */
  | { readonly kind: 'unresponsive' };
