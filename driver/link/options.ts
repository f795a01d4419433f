import type { LinkId } from '../at/types';
import { wscfg, type LinkConfig } from '../commands/wscfg';
import { wshead, type Header } from '../commands/wshead';
import { placeAuthorization, wsopen } from '../commands/wsopen';
import type { Reason } from '../error-reasons';
import { EspAtError } from '../errors';
import type { WaitOptions } from '../wait';
import type { Capabilities } from '../commands/capabilities';
import { checkReceiving, type Framing } from './receive/options';

/** Options of {@link Link.open}. */
export interface OpenOptions {
  /**
   * `ws://` or `wss://`: at most 240 bytes, where `"`, `,` and `\` count twice. No space and no byte above 0x7f:
   * percent-encode those.
   */
  readonly uri: string;
  /** Subprotocols to offer (`Sec-WebSocket-Protocol`): tokens, with commas between several. */
  readonly subprotocol?: string | undefined;
  /**
   * Milliseconds, 1-180,000; default 15,000. The attempt fails if the server answers later. The call may reject later than
   * that: the device ends a failing attempt after up to 39 s, however short the timeout is. The driver waits as long as this
   * for a device that is not ready, and for the check of the links after a resync. Where several calls wait, the newest
   * call's `timeoutMs` counts for all, from that call on, but no longer than 180 s from the oldest on.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The whole value of the Authorization header, in place of the URI's user and password. At most about 200 bytes; more where
   * the firmware has headers. Secret: never in errors or logs.
   */
  readonly authorization?: string | undefined;
  /** Headers in the order of the request. */
  readonly headers?: readonly Header[] | undefined;
  /** Settings of the link (`AT+WSCFG`). */
  readonly config?: LinkConfig | undefined;
  /**
   * Opens again after every close, loss, restart or refused attempt, until {@link Link.close}. After an error that a retry
   * cannot change (`INVALID_*`, `*_NOT_SUPPORTED`, `CERTIFICATE_*`, `COMMAND_TOO_LONG`, `FIRMWARE_UNKNOWN`): only once the
   * device becomes ready again.
   */
  readonly keepOpen?: boolean | undefined;
  /**
   * Where the link is open, opening or reconnecting to another URI, or a call with another URI waits for a close: true ends
   * that first; false rejects with `LINK_IN_USE`. While keep-open waits for its next attempt, the link is free: a call takes
   * it over without this.
   */
  readonly replace?: boolean | undefined;
  /** A name that the link's events and messages repeat, so that users of one device find their own. */
  readonly owner?: string | undefined;
  /** How pieces become messages (classes A-C). Default `chunk`. */
  readonly framing?: Framing | undefined;
  /** Most bytes of a received message, 1 to 1 GiB; a larger one fails with `MESSAGE_TOO_LARGE`. Default 1 MiB. */
  readonly maxMessageBytes?: number | undefined;
}

/** Options of {@link Link.send}. */
export interface SendOptions extends WaitOptions {
  /** RFC 6455 opcode 0-15; default 1 (text). */
  readonly opcode?: number | undefined;
  /**
   * Milliseconds that the device may take to hand the message, or each fragment of it, to the network, 0-60,000; default
   * 10,000.
   */
  readonly timeoutMs?: number | undefined;
  /** Class D: false leaves the WebSocket message open for further fragments. Default true. */
  readonly fin?: boolean | undefined;
  /**
   * Milliseconds to wait for a link that is not open, 0 to 86,400,000. 0 or absent: `LINK_NOT_OPEN` at once.
   * {@link Link.close} ends the wait with `LINK_CLOSED`; so does a call of {@link Link.open} that claims the link for
   * another URI: a message never goes to another URI than that of the connection or attempt at its call. A message for a
   * link that is closed or closing waits for the next call of open, to any URI. Without `keepOpen`, the wait ends with
   * `LINK_NOT_OPEN` when an attempt fails, or when the server or the loss of the device ends the connection.
   */
  readonly holdMs?: number | undefined;
  /** Withdraws the message: the call rejects with `ABORTED`, unless the device has begun with it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * @internal Called each time the last bytes of the message may leave on the current connection. A reply comes after them,
   * because a server gets a message only as a whole.
   */
  readonly onLeaving?: () => void;
}

/** Options of {@link Link.close}. */
export interface CloseOptions extends WaitOptions {
  /**
   * true (default): sends a close frame, and waits for the server's answer before `AT+WSCLOSE`;
   * false: sends `AT+WSCLOSE` at once, which sends no close frame.
   */
  readonly graceful?: boolean | undefined;
  /** Close code (RFC 6455, section 7.4), 1000 unless given. */
  readonly code?: number | undefined;
  /** Reason, at most 123 bytes of UTF-8. */
  readonly reason?: string | undefined;
  /** Leaves the link alone where the newest {@link Link.open} named another owner. */
  readonly owner?: string | undefined;
}

/** Whether the device verifies the server's certificate, for which it has to know the time. */
export function verifiesServer({ uri, config }: OpenOptions): boolean {
  return isEncrypted(uri) && (config?.auth === 2 || config?.auth === 3);
}

/** Why the server of an encrypted connection is not verified; undefined where it is, or nothing is encrypted. */
export function unverifiedReason(
  options: OpenOptions,
  { authentication }: Capabilities,
): Reason | undefined {
  if (!isEncrypted(options.uri) || verifiesServer(options)) return undefined;
  return authentication ? 'VERIFICATION_OFF' : 'NEVER_VERIFIED';
}

function isEncrypted(uri: string): boolean {
  return /^wss:/i.test(uri);
}

/** Capabilities that accept every setting which any firmware class takes. */
const ANY_FIRMWARE = { authentication: true, maxBuffer: 16_384 };

/**
 * Checks the options of an open before the driver writes anything.
 * @param capabilities undefined while no device is ready
 * @throws EspAtError `INVALID_*`, `HEADERS_NOT_SUPPORTED`, `AUTH_NOT_SUPPORTED`
 */
export function checkOpen(link: LinkId, options: OpenOptions, capabilities?: Capabilities): void {
  const placed = placeAuthorization(options, capabilities?.headers ?? true);
  wsopen(link, placed);
  checkReceiving(options);
  placed.headers?.forEach((header) => wshead(header));
  wscfg(link, options.config ?? {}, capabilities ?? ANY_FIRMWARE);
  if (options.headers?.length && capabilities?.headers === false)
    throw new EspAtError('HEADERS_NOT_SUPPORTED');
}
