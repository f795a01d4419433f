import type { LinkId, OutOfSyncCause, ResyncStep } from './types';
import type { Urc } from './urc';

/** Events of the AT client. */
export type ClientEvent =
  | { readonly kind: 'urc'; readonly urc: Urc }
  /** A line that is no known URC. */
  | { readonly kind: 'unknownLine'; readonly text: string }
  /** The device echoes although echo is off: it has restarted unnoticed. */
  | { readonly kind: 'restartSuspected' }
  /**
   * Received bytes are missing or corrupt; of which link is unknown. The client drops data until it is in sync: until
   * `inSync`, or the end of a resync within a sequence.
   */
  | { readonly kind: 'dataLost' }
  | { readonly kind: 'outOfSync'; readonly cause: OutOfSyncCause }
  | { readonly kind: 'resyncStep'; readonly step: ResyncStep }
  /** `corruptLink`: the peer of this link got corrupt bytes. */
  | { readonly kind: 'inSync'; readonly corruptLink: LinkId | undefined }
  /** The resync failed: the client runs nothing until it is reset. */
  | { readonly kind: 'unresponsive' };
