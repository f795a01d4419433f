import type { LinkId } from '../../../driver/at/types';

/** A report of the probe in Node-RED. Times are milliseconds since 1970. */
export type Report =
  /** The flow made a message. */
  | { readonly kind: 'made'; readonly number: number; readonly link: LinkId; readonly at: number }
  /** A node got an input. `number`: of the message that it sends; undefined: it sends none. */
  | {
      readonly kind: 'input';
      readonly input: string;
      readonly number?: number;
      readonly at: number;
    }
  /** A node ended an input, with the code of its error. */
  | { readonly kind: 'ended'; readonly input: string; readonly code?: string; readonly at: number }
  /** ws-open passed on a message. `number` is undefined for bytes that the server did not send. */
  | {
      readonly kind: 'received';
      readonly link: LinkId;
      readonly number: number | undefined;
      readonly head: string;
      readonly at: number;
    }
  /** ws-open or ws-status passed on an event of a link. */
  | { readonly kind: 'event'; readonly link: LinkId; readonly event: string; readonly at: number }
  /** ws-request passed on a reply. */
  | { readonly kind: 'reply'; readonly asked: number; readonly answered: number | undefined }
  | ({ readonly kind: 'sample' } & Sample);

/** The state of the Node-RED process. */
export interface Sample {
  readonly at: number;
  /** Bytes after a collection. */
  readonly heap: number;
  /** Bytes of buffers after a collection. */
  readonly buffers: number;
  readonly resident: number;
  /** Count of resources that keep the event loop alive. */
  readonly handles: number;
  /** Count of listeners on the driver's device and links. */
  readonly listeners: number;
  /** Milliseconds by which the event loop was late since the last sample: median, 99 %, longest. */
  readonly delay: { readonly median: number; readonly high: number; readonly longest: number };
}

/** An order of the parent process: whether the probe makes messages, and blocks the event loop. */
export interface Order {
  readonly kind: 'traffic';
  readonly messages: boolean;
  readonly stalls: boolean;
}
