/** Details whose value is a key of {@link names}: a sentence shows the words. */
export const NAMED_DETAILS = ['setting', 'material', 'state'] as const;

/**
 * Reasons of a refusal, by the key in `details.reason`: each a clause of the error's sentence. `{name}` is a detail.
 */
export const reasons = {
  // Values in general
  MISSING: 'it is missing',
  EMPTY: 'it is empty',
  NOT_TEXT: 'it is not text',
  NOT_LIST: 'it is not a list',
  OUT_OF_RANGE: '{value} is not a number from {min} to {max}',
  NOT_SECONDS: '{value} ms is not a multiple of 1000 from {min} to {max} ms',
  NOT_WHOLE: '{value} is not a whole number from {min} to {max}',
  TOO_MANY: '{count} are given, at most {max} are allowed',
  TOO_MANY_BYTES: 'it has {length} bytes, at most {max} are allowed',
  CONTROL_CHARACTER: 'it contains a control character',
  LONE_SURROGATE: 'it contains half of a surrogate pair',
  NOT_FRAMING: 'it is none of chunk, json, delimiter and idle',
  NOT_BUFFER: 'it is not a Buffer',
  NOT_TOKENS: "only letters, digits and !#$%&'*+-.^_`|~ are allowed, and commas between several",
  // Device settings
  NOT_HOURS: '{value} is not a number of hours from -12 to 14, in steps of 0.25',
  NOT_HOST: 'one is not a host name',
  NOT_BSSID: 'it does not look like aa:bb:cc:dd:ee:ff',
  NOT_PASSWORD:
    'it has {length} bytes, but Wi-Fi passwords have 8 to 63, or 64 hexadecimal digits, or 5 (WEP)',
  // URI and headers
  NOT_ASCII: 'it contains a space or a character beyond ASCII: percent-encode it',
  NO_SCHEME: 'it does not begin with ws:// or wss://',
  NO_HOST: 'it has no host',
  BAD_AUTHORITY:
    'its user, password or host contains a character that the firmware refuses: percent-encode it',
  BAD_BRACKETS: 'brackets may only enclose an IPv6 address, as in ws://[::1]:8080',
  BAD_COLONS:
    'host and port have more than one colon: put an IPv6 address in brackets, as in ws://[::1]:8080',
  BAD_PORT: 'its port is not a number from 1 to 65535',
  BAD_FRAGMENT: 'its fragment follows the host: put a slash before the #',
  TOO_LONG: 'it is {excess} bytes too long (commas, quotes and backslashes count twice)',
  TOO_LONG_WITH_URI:
    'together with the URI it is {excess} bytes too long (commas, quotes and backslashes count twice)',
  TOO_LONG_WITH_TIMEOUT:
    'together with the timeout it is {excess} bytes too long (commas, quotes and backslashes count twice)',
  HEADER_WITHOUT_NAME: 'one has no name',
  NOT_TOKEN: "only letters, digits and !#$%&'*+-.^_`|~ are allowed in names",
  VALUE_NOT_TEXT: 'its value is not text',
  RESERVED_HEADER: 'the device sends this one itself: remove it',
  HEADER_TOO_LONG: 'it is {excess} bytes too long',
  REQUEST_TOO_LONG:
    'the upgrade request with all headers is {excess} bytes too long for the firmware',
  ALSO_HEADER: 'a header sends one already: use one of the two',
  // Commands
  NOT_COMMAND: 'it is not a single AT command',
  RESERVED_COMMAND: 'the driver relies on what this command changes',
  // Messages
  NOT_BYTES: 'it is neither text nor bytes',
  UNREADABLE: 'its bytes cannot be read',
  NOT_SERIALIZABLE: 'it cannot be written as JSON',
  NOT_JSON_OBJECT: 'it is not a JSON object',
  NOT_JSON_ARRAY: 'it is not a JSON array',
  BAD_ID: 'its ID is neither text nor a number',
  NO_PLACE_FOR_ID:
    'a value on the path to its ID is neither the object nor the array that it should be',
  NOT_BOOLEAN: 'fin is neither true nor false',
  NOT_FRAGMENTABLE: 'only text and binary messages can go in fragments',
  CONTROL_TOO_LONG: 'a control frame carries at most {max} bytes',
  CLOSE_REASON_NOT_TEXT: 'the close reason is not text',
  CLOSE_REASON_TOO_LONG: 'the close reason has {length} bytes, at most {max} are allowed',
  NOT_PATH: 'it is not a path of names with dots and positions in brackets',
  // Replies
  CONNECTION_ENDED: 'the connection ended',
  WAIT_ABORTED: 'the wait for it was aborted',
  CONDITION_TOO_SLOW: 'it takes too long, and too many messages wait for it',
  // Servers
  UNREACHABLE: 'the server refused, cannot be reached, or is no WebSocket server',
  UNREACHABLE_OR_UNTRUSTED:
    'the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link',
  NEVER_VERIFIED: 'this firmware never verifies servers',
  VERIFICATION_OFF: 'authentication 0 and 1 verify nothing',
  // Certificates
  NOT_PEM: 'it is not PEM text: -----BEGIN {label}----- is missing',
  CUT_OFF: 'it is cut off: -----END {label}----- is missing',
  OTHER_PEM: 'it is something else: {label}',
  DAMAGED: 'it is damaged',
  SEVERAL_KEYS: 'it contains several keys',
  ENCRYPTED_KEY: 'it is encrypted, and the device cannot be given a password',
  KEY_TYPE: 'the device cannot use keys of the type {type}',
  NO_CERTIFICATE: 'its client certificate is missing',
  KEY_MISMATCH: 'it does not fit the client certificate',
  EXPIRED: 'it expired on {date}',
  NOT_YET_VALID: 'it is not valid before {date}',
  PASSPHRASE_MISSING: 'it is encrypted, and its passphrase is missing',
  PASSPHRASE_WRONG: 'its passphrase is wrong',
  CIPHER_NOT_SUPPORTED: 'it cannot be decrypted ({cipher}): export it again with AES-256',
  TOO_MANY_ITERATIONS:
    'its keys take more than {max} iterations to derive: export it again with fewer',
} as const;

/** A key of {@link reasons}. */
export type Reason = keyof typeof reasons;

/** Names of settings, materials and states in sentences, by the key in the details of an error. */
export const names = {
  // Device settings
  port: 'port',
  rate: 'rate',
  negotiatedRate: 'negotiated rate',
  recorderBytes: 'memory of the recorder',
  ssid: 'network',
  password: 'password',
  bssid: 'BSSID',
  timezone: 'time zone',
  servers: 'SNTP servers',
  slot: 'certificate slot',
  queueMessages: 'messages in the queue',
  queueBytes: 'bytes in the queue',
  // Link settings
  pingIntervalMs: 'ping interval',
  pongTimeoutMs: 'pong timeout',
  bufferBytes: 'buffer size',
  auth: 'authentication mode',
  pki: 'client certificate slot',
  ca: 'CA slot',
  maxMessageBytes: 'largest message',
  framing: 'framing',
  idleMs: 'idle time',
  holdMs: 'waiting time',
  delimiter: 'delimiter',
  // Requests
  requestPath: 'path in the request',
  replyPath: 'path in the reply',
  idPosition: 'position of the ID',
  typePosition: 'position of the type',
  replyTimeoutMs: 'reply timeout',
  condition: 'condition',
  // Certificate material
  caCertificate: 'CA',
  clientCertificate: 'client certificate',
  privateKey: 'private key',
  pfx: 'PFX file',
  // Device states
  stopped: 'stopped',
  disconnected: 'disconnected',
  absent: 'absent',
  initializing: 'starting',
  ready: 'ready',
  resyncing: 'resyncing',
  unusable: 'unusable',
} as const;

/** A key of {@link names}. */
export type Name = keyof typeof names;

export function isReason(value: unknown): value is Reason {
  return typeof value === 'string' && Object.hasOwn(reasons, value);
}

const namesByKey: ReadonlyMap<unknown, string> = new Map(Object.entries(names));

/** Fills each `{name}` in a text with its detail; writes keys of {@link reasons} and {@link names} in words. */
export function filled(text: string, details: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = details[name] ?? '';
    if (name === 'reason' && isReason(value)) return filled(reasons[value], details);
    const isNamed = NAMED_DETAILS.some((each) => each === name);
    return String((isNamed ? namesByKey.get(value) : undefined) ?? value);
  });
}
