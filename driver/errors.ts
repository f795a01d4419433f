/**
 * What is known of the bytes of a failed send.
 *
 * - `not-sent`: nothing of the message can have reached the network; sending it again is safe.
 * - `unknown`: it may have left, whole or in part; sending it again may deliver it twice.
 */
export type SendOutcome = 'not-sent' | 'unknown';

/** Values that a sentence about the error mentions. Never secrets. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** Every failure the driver can report, with the sentence for its user. `{name}` is a detail. */
const sentences = {
  // The port
  PORT_NOT_FOUND: 'There is no serial port {port}. Check the cable and the port name.',
  PORT_PERMISSION:
    'Access to {port} was denied. Add the user that runs Node-RED to the group dialout, then log in again.',
  PORT_BUSY: 'Another program holds {port}. Close it, then this device connects by itself.',
  PORT_UNREACHABLE: 'Nothing answers at {port}. Check the address and that the bridge is running.',
  PORT_FAILED: 'The port {port} could not be used: {reason}.',
  PORT_LOST: 'The port {port} went away. The device connects again when it is back.',
  PORT_CLOSED: 'The port is closed.',
  INVALID_PORT: 'The port address "{port}" is not one of: a serial path, tcp://host:port, sim:.',
  PORT_SHARED:
    'The port {port} already belongs to the device "{device}". Use that device, or another port.',
  // The device
  NO_DEVICE: 'No device is chosen, or it is disabled.',
  DEVICE_SILENT:
    'The device on {port} does not answer. Check wiring (AT port is UART1), power and baud rate.',
  DEVICE_NOT_READY: 'The device is not ready: {reason}.',
  DEVICE_RESTARTED: 'The device restarted while this was under way.',
  DEVICE_STOPPED: 'The device was stopped while this was under way.',
  RATE_NOT_RAISED:
    'The line does not work at {rate} bits a second and stays at {before}. Check the cable, or choose a lower rate.',
  NO_WEBSOCKET:
    'This firmware has no WebSocket commands. Build ESP-AT with menuconfig: Component config > AT > AT WebSocket command support.',
  // Commands
  COMMAND_FAILED: 'The device answered ERROR to {command}{reason}.',
  COMMAND_TOO_LONG: 'The command is {length} bytes long; a command line takes {limit}.',
  INVALID_COMMAND: 'This is not a command that may be sent: {reason}.',
  INVALID_SETTING: 'The device setting "{setting}" cannot be used: {reason}.',
  OUT_OF_STEP: 'The answer to {command} was lost or damaged on the serial line.',
  // What the flow asked for
  INVALID_LINK: 'Link ID {link} does not exist; links are 0, 1 and 2.',
  INVALID_URI: 'The URI {reason}.',
  INVALID_SUBPROTOCOL: 'The subprotocol {reason}.',
  INVALID_AUTHORIZATION: 'The authorization {reason}.',
  INVALID_HEADER: 'The header {name} {reason}.',
  INVALID_TIMEOUT: 'The timeout {value} is not a whole number from {min} to {max} ms.',
  INVALID_OPCODE:
    'Opcode {opcode} is unknown; use text, binary, continuation, close, ping, pong or 0-15.',
  INVALID_PAYLOAD: 'The payload cannot be sent: {reason}.',
  INVALID_CONFIG: 'The link settings cannot be used: {reason}.',
  INVALID_CLOSE_CODE: 'Close code {closeCode} may not be sent (RFC 6455, section 7.4).',
  TEMPLATE_FAILED: 'The template {field} cannot be rendered: {reason}.',
  PAYLOAD_TOO_LONG:
    'The message is {length} bytes long; this firmware sends at most {limit} at once.',
  EMPTY_NOT_SUPPORTED: 'This firmware cannot send empty messages.',
  FRAGMENTS_NOT_SUPPORTED: 'This firmware cannot send messages in fragments.',
  AUTH_NOT_SUPPORTED: 'This firmware cannot verify servers or present certificates.',
  HEADERS_NOT_SUPPORTED: 'This firmware cannot add headers to the opening handshake.',
  // Links
  LINK_NOT_OPEN: 'Link {link} is not open.',
  LINK_IN_USE: 'Link {link} is open to another URI. Close it first, or allow replacing it.',
  OPEN_FAILED: 'Link {link} could not be opened: {reason}.',
  OPEN_TIMEOUT: 'Link {link} could not be opened in {timeout} ms.',
  OPEN_CLOSED: 'The server closed link {link} as soon as it was open.',
  SERVER_NOT_VERIFIED: 'Link {link} is encrypted, but its server was not verified: {reason}.',
  OPEN_ABORTED: 'Opening link {link} was given up because it was closed.',
  LINK_CLOSED: 'Link {link} was closed while this was under way.',
  // Sending
  SEND_FAILED: 'The message was not sent: the device refused it on link {link}.',
  SEND_UNKNOWN: 'The message may or may not have been sent on link {link}: {reason}.',
  SEND_DAMAGED:
    'A message sent on link {link} was damaged on the serial line; the link is opened again.',
  QUEUE_FULL: 'Too much is waiting to be sent ({messages} messages, {bytes} bytes).',
  HOLD_TIMEOUT: 'Link {link} did not open within {seconds} s; the message was not sent.',
  ABORTED: 'The request was withdrawn before it was sent.',
  // Receiving
  MESSAGES_LOST: 'Something received on link {link} was lost or damaged on the serial line.',
  MESSAGE_TOO_LARGE: 'A message of more than {limit} bytes arrived on link {link} and was dropped.',
  MESSAGE_INCOMPLETE: 'A message on link {link} broke off after {length} bytes.',
  NOT_JSON: 'A message on link {link} is not valid JSON: {reason}.',
  FRAME_STALLED:
    'The server stopped in the middle of a frame on link {link}; the link is opened again.',
  LINK_STALLED:
    'Link {link} took nothing for {seconds} s although it seems open; it is opened again.',
  // Wi-Fi, clock, certificates
  WIFI_TIMEOUT: 'Joining the network {ssid} took too long.',
  WIFI_PASSWORD: 'The network {ssid} refused the password.',
  WIFI_NOT_FOUND: 'The network {ssid} was not found.',
  WIFI_FAILED: 'The network {ssid} could not be joined.',
  WIFI_NO_ADDRESS: 'The network {ssid} was joined but gave no IP address.',
  WIFI_NOT_JOINED: 'The device is in no Wi-Fi network. Choose one in its settings.',
  WIFI_LOST: 'The device lost its Wi-Fi network; it joins again by itself.',
  CLOCK_NOT_SET:
    'The clock was not set by SNTP within {seconds} s; servers cannot be verified without it. Check the SNTP settings of the device.',
  CERTIFICATE_MISSING: 'The device has no {material} in slot {index}.',
  CERTIFICATE_INVALID: 'The {material} in slot {index} cannot be used: {reason}.',
  CERTIFICATE_WRITE: 'The {material} could not be written to slot {index}.',
} as const;

/** The stable names of all failures. A code keeps its meaning for ever. */
export type ErrorCode = keyof typeof sentences;

/** All codes, for tables and translations. */
export const errorCodes = Object.keys(sentences) as readonly ErrorCode[];

/** The one error class of the driver: a stable `code`, the details, and an English sentence. */
export class EspAtError extends Error {
  override readonly name = 'EspAtError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** Only on errors of sends. */
  readonly outcome?: SendOutcome;

  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    options: { readonly cause?: unknown; readonly outcome?: SendOutcome } = {},
  ) {
    super(
      sentences[code]
        .replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? ''))
        // A reason may be a sentence of its own.
        .replace(/\.\.$/, '.'),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.details = details;
    if (options.outcome !== undefined) this.outcome = options.outcome;
  }
}

/** Anything thrown as an {@link EspAtError}; what no code fits is a failure of the port. */
export function asEspAtError(error: unknown, port = ''): EspAtError {
  if (error instanceof EspAtError) return error;
  return new EspAtError('PORT_FAILED', { port, reason: String(error) }, { cause: error });
}

/** Whether the device answered ERROR. */
export function isRefusal(error: unknown): error is EspAtError {
  return error instanceof EspAtError && error.code === 'COMMAND_FAILED';
}

const losses: readonly ErrorCode[] = [
  'DEVICE_RESTARTED',
  'DEVICE_SILENT',
  'DEVICE_STOPPED',
  'PORT_CLOSED',
  'PORT_LOST',
];

/** Whether an error means that the device forgot everything or is gone, and its links with it. */
export function isDeviceLoss(error: unknown): boolean {
  return error instanceof EspAtError && losses.includes(error.code);
}
