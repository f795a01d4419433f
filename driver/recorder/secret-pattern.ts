import { placeholderOf, placeholderText } from './placeholder';

/** One encoding of a secret, and the bytes that replace it: as many. */
export interface SecretPattern {
  readonly find: Buffer;
  readonly put: Buffer;
}

/** A secret, and the texts between which the driver writes it. */
export interface Secret {
  readonly text: string;
  /** What replaces the text, where {@link placeholderText} does not: of the same structure. */
  readonly placeholder?: string;
  /** Finds secrets too short to be looked for anywhere. For example `["X-Key: ", ""]`. */
  readonly between: readonly (readonly [before: string, after: string])[];
}

/** Bytes from which on a secret is replaced wherever it comes. */
const MIN_BYTES = 4;
/** Digits from which on: fewer may be the length of a payload. */
const MIN_DIGITS = 8;
/** What driver and device say without secrets: a secret that is part of it is replaced between its neighbours only. */
const vocabulary = [
  'AT+CWJAP=AT+CWMODE=AT+CWLAP AT+WSOPEN=AT+WSSEND=AT+WSCLOSE=AT+WSHEAD=AT+WSCFG=AT+WSDATAFMT=AT+SYSMFG=AT+SYSSTORE=',
  'AT+CIPSNTPCFG=AT+UART_CUR=AT+GMR AT+CMD?AT+RST ATE0 wss_ca wss_cert wss_key',
  'OK ERROR SEND OK SEND FAIL busy p... ready WIFI CONNECTED WIFI DISCONNECT WIFI GOT IP ERR CODE:',
  '+WS_DATA:+WS_CONNECTED:+WS_DISCONNECTED:+WS_CLOSED:+WSOPEN:+WSHEAD:+WSCFG:+CWJAP:+CWSTATE:+TIME_UPDATED',
  'AT version: SDK version: compile time Bin version: ws:// wss:// Authorization: Basic Bearer',
].join(' ');

/** Returns the encodings in which a secret may pass: as it is, quoted, base64, percent-encoded, within JSON. */
export function patternsOf({
  text,
  placeholder = placeholderText(text),
  between,
}: Secret): SecretPattern[] {
  // A replayed driver has placeholders in place of secrets.
  if (text === '' || text === placeholder) return [];
  const near = between.flatMap(([before, after]) =>
    [text, quoted(text)].map((form, index) => ({
      find: Buffer.from(`${before}${form}${after}`),
      put: Buffer.from(`${before}${index === 0 ? placeholder : quoted(placeholder)}${after}`),
    })),
  );
  return unique([...near, ...(isDistinct(text) ? encodings(text, placeholder) : [])]);
}

function encodings(text: string, placeholder: string): SecretPattern[] {
  const bytes = Buffer.from(text);
  const opaque = [
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    percentEncoded(text),
    JSON.stringify(text).slice(1, -1),
  ];
  return [
    { find: bytes, put: Buffer.from(placeholder) },
    { find: Buffer.from(quoted(text)), put: Buffer.from(quoted(placeholder)) },
    ...opaque.map((form) => ({ find: Buffer.from(form), put: placeholderOf(Buffer.from(form)) })),
  ];
}

/** Whether it can be replaced wherever it comes, without damage to what frames the bytes. */
function isDistinct(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  if (bytes < MIN_BYTES || (bytes < MIN_DIGITS && /^[\d,.:-]+$/.test(text))) return false;
  return !vocabulary.includes(text) && /[^\s"\\,]/.test(text);
}

/** As the driver quotes a parameter, without the quotes. */
function quoted(text: string): string {
  return text.replace(/["\\,]/g, '\\$&');
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[\w.~-]/.test(char) ? char : `%${hex(char)}`))
    .join('');
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}

/** Without those of an encoding that equals an earlier one. */
function unique(patterns: readonly SecretPattern[]): SecretPattern[] {
  const newestFirst = patterns.toReversed();
  return [...new Map(newestFirst.map((each) => [each.find.toString('latin1'), each])).values()];
}
