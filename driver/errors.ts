import { filled } from './error-reasons';

/**
 * Outcome of a send.
 *
 * - `not-sent`: no byte of the message can have reached the network; sending it again is safe.
 * - `unknown`: bytes of the message may have left; sending it again may deliver it twice.
 * - `sent`: the device has handed the message to the network. On the error of a request, no reply came, or the reply was
 *   an error; the server may have acted on the request.
 */
export type SendOutcome = 'not-sent' | 'unknown' | 'sent';

/**
 * Values in the error's sentence. Never secrets. `reason` is a key of the reasons in `error-reasons.ts`, or a text of
 * the device or the operating system.
 */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** All error codes, with the sentence for the user. `{name}` is a detail. */
const sentences = {
  // The port
  PORT_NOT_FOUND: 'There is no serial port {port}. Check the cable and the port name.',
  PORT_PERMISSION:
    'Access to {port} was denied. For a serial port on Linux, add your user to the group dialout, then log in again.',
  PORT_BUSY: 'Another program uses {port}. Close that program; the device then connects by itself.',
  PORT_UNREACHABLE: 'Nothing answers at {port}. Check the address, and that the bridge is running.',
  PORT_FAILED:
    'The port {port} does not work. Check the cable and the adapter. The system says: {reason}.',
  PORT_LOST: 'The port {port} went away. Plug it in again; the device then connects by itself.',
  PORT_CLOSED: 'The port is closed. Wait until the device is ready, then try again.',
  INVALID_PORT:
    '"{port}" is not a port. Use a serial path (/dev/ttyUSB0, COM3) or tcp://host:port.',
  // The device
  DEVICE_UNRESPONSIVE:
    'The device on {port} does not answer. Check the wiring (the AT port is UART1), the power and the baud rate.',
  DEVICE_NOT_READY: 'The device is not ready ({state}). Wait for it, then try again.',
  DEVICE_RESTARTED: 'The device restarted. Try again when it is ready.',
  DEVICE_STOPPED: 'The device was stopped. Start it, then try again.',
  DEVICE_DISCONNECTED:
    'The device is disconnected, and its port is free. Connect it again, then try again.',
  RATE_NOT_NEGOTIATED:
    'The serial port does not work at {rate} baud and now uses {current}. Check the cable, or choose a lower baud rate.',
  NO_WEBSOCKET:
    'This firmware has no WebSocket commands. Build ESP-AT with menuconfig: Component config > AT > AT WebSocket command support.',
  FIRMWARE_UNKNOWN:
    'The board answers {command} in another form than ESP-AT. Its firmware only uses the same command names: flash ESP-AT.',
  ECHO_STAYS_ON:
    'The port {port} echoes even after {command}. Switch off the echo of the adapter or bridge, or flash ESP-AT. Then restart the device.',
  // Commands
  COMMAND_FAILED:
    'The device answered ERROR to {command}{reason}. Check the settings for this command.',
  COMMAND_QUEUE_FULL:
    'The command was not sent: {limit} others wait already. Send it again when some of them have ended.',
  COMMAND_TOO_LONG:
    'The command is {length} bytes long, and at most {limit} fit. Make its values shorter.',
  INVALID_COMMAND: 'Change the AT command: {reason}.',
  INVALID_SETTING: 'Change the device setting "{setting}": {reason}.',
  OUT_OF_SYNC:
    'The serial port lost or corrupted the response to {command}. Check the cable, or choose a lower baud rate.',
  // What the flow asked for
  INVALID_LINK: 'There is no link {link}. Use 0, 1 or 2.',
  INVALID_URI: 'Change the URI: {reason}.',
  INVALID_SUBPROTOCOL: 'Change the subprotocol: {reason}.',
  INVALID_AUTHORIZATION: 'Change the authorization: {reason}.',
  INVALID_HEADER: 'Change the header "{name}": {reason}.',
  INVALID_TIMEOUT:
    'Change the timeout {value} to a whole number of milliseconds from {min} to {max}.',
  INVALID_OPCODE:
    'Change the opcode {opcode} to text, binary, continuation, close, ping, pong, or 0 to 15.',
  INVALID_PAYLOAD: 'Change the message: {reason}.',
  INVALID_CONFIG: 'Change the setting "{setting}": {reason}.',
  INVALID_CLOSE_CODE: 'Change the close code {closeCode} to 1000-1003, 1007-1014 or 3000-4999.',
  PAYLOAD_TOO_LONG:
    'The message is {length} bytes long, and this firmware sends at most {limit} at once. Send it in parts.',
  EMPTY_NOT_SUPPORTED: 'This firmware cannot send empty messages. Put something into the payload.',
  FRAGMENTS_NOT_SUPPORTED:
    'This firmware cannot send fragments. Send the message whole, without fin: false.',
  AUTH_NOT_SUPPORTED:
    'This firmware cannot verify servers or present certificates. Set auth to 0, or use newer firmware.',
  HEADERS_NOT_SUPPORTED: 'This firmware cannot send headers. Remove them, or use newer firmware.',
  // Links
  LINK_NOT_OPEN: 'Link {link} is not open. Open it first, or wait for it with the option holdMs.',
  LINK_IN_USE:
    'Link {link} is open to another URI. Close it first, or open it with the option replace.',
  NO_FREE_LINK:
    'All {count} links of the device are in use. Close a connection, then open this one.',
  OPEN_FAILED: 'Link {link} did not open: {reason}. Check the URI and the server.',
  OPEN_TIMEOUT:
    'Link {link} did not open within {timeout} ms. Check the server, or set a longer timeout.',
  OPEN_CLOSED:
    'The server closed link {link} as soon as it was open. Check the URI, the authorization and the subprotocol.',
  SERVER_NOT_VERIFIED: 'Link {link} is encrypted, but its server is not verified: {reason}.',
  FIRST_MESSAGE_AT_RISK:
    'Link {link} is open, but this firmware loses a message that the server sends together with its handshake response. If the server speaks first, send it a request, make it wait a moment, or use firmware v4.1 or newer.',
  OPEN_ABORTED: 'Link {link} was closed before it was open. Open it again if you need it.',
  LINK_CLOSED: 'Link {link} was closed before this was done. Open it, then try again.',
  // Sending
  SEND_FAILED: 'The device refused the message on link {link}; it was not sent. Send it again.',
  SEND_UNKNOWN:
    'The message on link {link} may or may not have been sent: {reason}. Sending it again may deliver it twice.',
  SEND_CORRUPT:
    'The serial port corrupted a message sent on link {link}. The link reconnects by itself; check the cable, or choose a lower baud rate.',
  QUEUE_FULL:
    'Too much is waiting to be sent or answered ({messages} messages, {bytes} bytes). Send less often, or raise the option sendLimit.',
  HOLD_TIMEOUT:
    'Link {link} did not open within {seconds} s; the message was not sent. Check the server, then send it again.',
  ABORTED: 'The message or request was aborted before it was sent. Send it again.',
  // Requests
  INVALID_REQUEST: 'Change the request setting "{setting}": {reason}.',
  REQUEST_ID_IN_USE:
    'The request on link {link} was not sent: the reply to an earlier request with the ID {id} may still come. Give each request an ID of its own.',
  REPLY_TIMEOUT:
    'The request on link {link} was sent, but no reply came within {timeout} ms. Check the server and how the request finds its reply, or set a longer timeout.',
  REPLY_LOST:
    'The request on link {link} was sent, but its reply is lost: {reason}. The server may have acted on it.',
  REPLY_ERROR: 'The server answered the request on link {link} with an error: {reason}.',
  REPLY_OUTSTANDING:
    'The request on link {link} was not sent: the request before it still waits for its reply. Close and open the link if no reply will come, or use requests with IDs.',
  MATCH_FAILED: 'Change the condition for the reply on link {link}: {reason}.',
  // Receiving
  DATA_LOST:
    'The serial port lost or corrupted data received on link {link}. Check the cable, use RTS/CTS, or choose a lower baud rate.',
  MESSAGE_TOO_LARGE:
    'A message of more than {limit} bytes on link {link} was dropped. Raise the option maxMessageBytes.',
  PAUSE_BUFFER_FULL:
    'A paused WebSocket on link {link} was closed: more than {limit} bytes were waiting. Resume it sooner.',
  MESSAGE_NOT_TEXT:
    'A text message on link {link} is not valid UTF-8. The connection was closed; check the server.',
  MESSAGE_INCOMPLETE:
    'A message on link {link} broke off after {length} bytes. Check the option framing.',
  FRAME_STALLED:
    'The server stopped in the middle of a frame on link {link}. The link reconnects by itself; check the server.',
  FRAMING_LOST:
    'Link {link} lost its message boundaries: the firmware cannot read a frame header that arrives in two parts. The link reconnects by itself; a newer firmware mends it.',
  LINK_STALLED:
    'The network took no data on link {link} for {seconds} s, although it seems open. It reconnects by itself; check the network.',
  // Wi-Fi, clock, certificates
  WIFI_TIMEOUT: 'Joining the network {ssid} took too long. Check the access point and the signal.',
  WIFI_PASSWORD: 'The network {ssid} refused the password. Check it.',
  WIFI_NOT_FOUND: 'The network {ssid} was not found. Check its name; the ESP32 uses 2.4 GHz only.',
  WIFI_FAILED: 'The device could not join the network {ssid}. Check the access point.',
  WIFI_NO_ADDRESS:
    'The network {ssid} gave the device no IP address. Check DHCP at the access point.',
  WIFI_NOT_JOINED: 'The device is in no Wi-Fi network. Set the option wifi.',
  WIFI_LOST:
    'The device lost its Wi-Fi network. It joins again by itself; check the access point and the signal.',
  CLOCK_NOT_SET:
    'SNTP did not set the clock within {seconds} s, and no server can be verified without it. Check the option sntp.',
  CERTIFICATE_MISSING:
    'Slot {index} of the device has no {material}. Give it in the option certificates, or choose another slot.',
  CERTIFICATE_INVALID: 'Replace the {material} in slot {index}: {reason}.',
  CERTIFICATE_WRITE:
    'The device did not store the {material} in slot {index}. Choose another slot, or flash the device again.',
  CERTIFICATE_UNCONFIRMED:
    'The device does not show the {material} in slot {index} as the driver wrote it. If links that need it do not open, check the cable, or choose another slot.',
} as const;

/** A stable error code. Its meaning never changes. */
export type ErrorCode = keyof typeof sentences;

/** All codes, for tables and translations. */
export const errorCodes = Object.keys(sentences) as readonly ErrorCode[];

/** The one error class of the driver: a stable `code`, the details, and an English sentence. */
export class EspAtError extends Error {
  /** Name of the class. */
  override readonly name = 'EspAtError';
  /** Stable code. */
  readonly code: ErrorCode;
  /** Values of the sentence. */
  readonly details: ErrorDetails;
  /** Present on errors of sends and requests only. */
  readonly outcome?: SendOutcome;

  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    options: { readonly cause?: unknown; readonly outcome?: SendOutcome } = {},
  ) {
    super(
      // A reason may be a complete sentence.
      filled(sentences[code], details).replace(/\.\.(?= [A-Z]|$)/, '.'),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.details = details;
    if (options.outcome !== undefined) this.outcome = options.outcome;
  }
}

/** Whether a retry is useless until the settings or the device's contents change. */
export function isPermanent({ code }: EspAtError): boolean {
  return /^INVALID_|_NOT_SUPPORTED$|^FIRMWARE_UNKNOWN$|^COMMAND_TOO_LONG$|^CERTIFICATE_/.test(code);
}

/** Converts a thrown value to an {@link EspAtError}; an unknown one becomes `PORT_FAILED`. */
export function asEspAtError(error: unknown, port = ''): EspAtError {
  if (error instanceof EspAtError) return error;
  return new EspAtError('PORT_FAILED', { port, reason: String(error) }, { cause: error });
}

/** Whether the device answered ERROR. */
export function isRefusal(error: unknown): error is EspAtError {
  return error instanceof EspAtError && error.code === 'COMMAND_FAILED';
}
