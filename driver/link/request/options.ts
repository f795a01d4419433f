import type { Message } from '../events';
import type { SendOptions } from '../options';

/**
 * How a reply is known.
 *
 * - `property`: JSON objects. The reply has at the path `reply` what the request has at the path `request`. A request
 *   without a value there gets a number that no other request on the link has.
 * - `array`: JSON arrays, as in OCPP: `[2,"id",…]` is answered by `[3,"id",…]`, or by `[4,"id",…]`, an error
 *   (`REPLY_ERROR`). A request without an ID gets a UUID.
 * - `function`: the first message for which `matches` returns true.
 * - `next`: the next message after the request has left. The link has one such request at a time; others wait for it.
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
      /** @param json the message as JSON; undefined where it is no JSON text */
      readonly matches: (message: Message, json: unknown) => boolean | Promise<boolean>;
    }
  | { readonly by: 'next' };

/** An object or array goes as JSON text. */
export type RequestPayload =
  Uint8Array | string | readonly unknown[] | Readonly<Record<string, unknown>>;

/** A message that answers a request. */
export interface Reply {
  /** The message. */
  readonly message: Message;
  /** The message as JSON; undefined where it is no JSON text, or was matched as the next message. */
  readonly json: unknown;
}

/** Options of {@link Link.request}. */
export interface RequestOptions extends Omit<SendOptions, 'fin'> {
  /** How the link tells the reply from other messages. */
  readonly match: ReplyMatch;
  /** Milliseconds from the moment the device has confirmed the request until its reply, 1 to 86,400,000; default 10,000. */
  readonly replyTimeoutMs?: number;
  /** Whether the link emits the reply as a message too. Default true. */
  readonly emitReply?: boolean;
  /** Whether the link emits a reply that comes too late as a message. Default true. */
  readonly emitLate?: boolean;
  /** Called with a reply that comes after the request has failed, on the same connection. */
  readonly onLate?: (reply: Reply) => void;
}
