import type { Message } from '../events';
import type { SendOptions } from '../options';

/**
 * How the link recognizes a reply.
 *
 * - `property`: JSON objects. The reply has at the path `reply` the value that the request has at the path `request`. A
 *   request without a value there gets a number that no other request on the link has.
 * - `array`: JSON arrays, as in OCPP: `[3,"id",…]` replies to `[2,"id",…]`, and `[4,"id",…]` is an error
 *   (`REPLY_ERROR`). A request without an ID gets a UUID.
 * - `function` (a condition): the first message for which `matches` returns true. Later messages wait for its promise.
 * - `next`: the next message after the request has left. The link sends one such request at a time; others wait.
 */
export type ReplyMatch =
  | {
      readonly by: 'property';
      /** Names with dots between them, positions in brackets: `params[0].id`. */
      readonly request: string;
      /** The same path unless given. */
      readonly reply?: string;
    }
  | {
      readonly by: 'array';
      /** Position of the ID in request and reply, 0-99; default 1. */
      readonly id?: number;
      /** Position of the message type in the reply, 0-99; default 0. */
      readonly type?: number;
      /** Type of a reply; default 3. */
      readonly reply?: string | number;
      /** Type of an error; default 4. */
      readonly error?: string | number;
    }
  | {
      readonly by: 'function';
      /** @param json the message as JSON; undefined unless it is an object or an array */
      readonly matches: (message: Message, json: unknown) => boolean | Promise<boolean>;
    }
  | { readonly by: 'next' };

/**
 * An object or array goes as JSON text. The link parses and rewrites a JSON text to which it adds an ID: integers above 2^53
 * in it change.
 */
export type RequestPayload =
  Uint8Array | string | readonly unknown[] | Readonly<Record<string, unknown>>;

/** A message that answers a request. */
export interface Reply {
  /** The message. */
  readonly message: Message;
  /** The message as JSON; undefined if it is neither an object nor an array, and always with `next`. */
  readonly json: unknown;
}

/** Options of {@link Link.request}. */
export interface RequestOptions extends Omit<SendOptions, 'fin'> {
  /** How the link recognizes the reply. */
  readonly match: ReplyMatch;
  /**
   * Milliseconds from the device's confirmation of the request to its reply, 1 to 86,400,000; default 10,000. With `next`
   * also the longest wait behind a request that has failed, but whose reply may still come (`REPLY_OUTSTANDING`).
   */
  readonly replyTimeoutMs?: number;
  /**
   * Ends the call: it rejects with `ABORTED` where the device has not begun with the request; otherwise with `REPLY_LOST`, once
   * the device has confirmed it.
   */
  readonly signal?: AbortSignal | undefined;
  /** Whether the link emits the reply as a message too. Default true. */
  readonly emitReply?: boolean;
  /** Whether the link emits a late reply as a message. Default true. */
  readonly emitLate?: boolean;
  /**
   * Called with a reply that comes after the request has failed, on the same connection; not where its condition has failed
   * (`MATCH_FAILED`).
   */
  readonly onLate?: (reply: Reply) => void;
}
