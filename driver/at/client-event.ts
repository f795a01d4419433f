import type { ResyncStep } from './resync';
import type { LinkId } from './types';
import type { Urc } from './urc';

/** What the AT client tells. */
export type ClientEvent =
  | { readonly kind: 'urc'; readonly urc: Urc }
  /** A line that is no URC the driver knows. */
  | { readonly kind: 'unknownLine'; readonly text: string }
  /** The device echoes although it was told not to: it has restarted unnoticed. */
  | { readonly kind: 'restartSuspected' }
  /** Received bytes are missing or corrupt, of whichever link. What follows is dropped until `inSync`. */
  | { readonly kind: 'dataLost' }
  | { readonly kind: 'outOfSync'; readonly reason: string }
  | { readonly kind: 'resyncStep'; readonly step: ResyncStep }
  /** `corrupt`: the peer of this link got corrupt bytes. */
  | { readonly kind: 'inSync'; readonly corrupt: LinkId | undefined }
  /** The resync failed: the client runs nothing until it is reset. */
  | { readonly kind: 'unresponsive' };
