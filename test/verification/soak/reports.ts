import type { LinkId } from '../../../driver/at/types';

/** What the probe in Node-RED reports. Times are milliseconds since 1970. */
export type Report =
  /** The flow made a message. */
  | { readonly kind: 'made'; readonly number: number; readonly link: LinkId; readonly at: number }
  /** A node got an input. `number`: the message in it, of nodes that send; undefined: another input. */
  | {
      readonly kind: 'input';
      readonly input: string;
      readonly number?: number;
      readonly at: number;
    }
  /** A node ended an input, with the code of its error. */
  | { readonly kind: 'ended'; readonly input: string; readonly code?: string; readonly at: number }
  /** ws-open sent a message on. `number` undefined: its bytes are none that the server sent. */
  | {
      readonly kind: 'received';
      readonly link: LinkId;
      readonly number: number | undefined;
      readonly head: string;
      readonly at: number;
    }
  /** ws-open, or ws-status, told of a link. */
  | { readonly kind: 'event'; readonly link: LinkId; readonly event: string; readonly at: number }
  /** ws-request sent a reply on. */
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
  /** What keeps the event loop alive. */
  readonly handles: number;
  /** Listeners on the driver's device and links. */
  readonly listeners: number;
  /** Milliseconds that turns of the event loop were late, since the last sample: median, 99 %, longest. */
  readonly delay: { readonly median: number; readonly high: number; readonly longest: number };
}

/** What the process that started Node-RED tells the probe: whether messages are made, and the event loop blocked. */
export interface Order {
  readonly kind: 'traffic';
  readonly messages: boolean;
  readonly stalls: boolean;
}
