import { escaped } from '../values/text';
import { placeholderOf, placeholderText } from './placeholder';

/** One encoding of a secret, and as many bytes that replace it. */
export interface SecretPattern {
  readonly find: Buffer;
  readonly put: Buffer;
}

/** A secret, and the texts around it in the driver's commands. */
export interface Secret {
  readonly text: string;
  /** Replaces the text. Default {@link placeholderText}. */
  readonly placeholder?: string;
  /** Texts before and after it, for secrets that are too short to be found by themselves. For example `["X-Key: ", ""]`. */
  readonly between: readonly (readonly [before: string, after: string])[];
  /** Whether to replace it only there, however long it is. */
  readonly onlyBetween?: boolean;
}

/** A shorter secret gets a placeholder only between the texts around it. */
const MIN_BYTES = 4;
/** A shorter secret of digits gets one only there, too: it may be the length of a payload. */
const MIN_DIGITS = 8;
/** A secret that is part of these words of driver and device gets a placeholder only between the texts around it. */
const VOCABULARY = [
  'AT+CWJAP=AT+CWMODE=AT+CWLAP AT+CWLAPOPT=AT+WSOPEN=AT+WSSEND=AT+WSCLOSE=AT+WSHEAD=AT+WSCFG=AT+WSDATAFMT=AT+SYSMFG=AT+SYSSTORE=',
  'AT+CIPSNTPCFG=AT+UART_CUR=AT+GMR AT+CMD?AT+RST ATE0 wss_ca wss_cert wss_key',
  'OK ERROR SEND OK SEND FAIL busy p... ready WIFI CONNECTED WIFI DISCONNECT WIFI GOT IP ERR CODE:',
  '+WS_DATA:+WS_CONNECTED:+WS_DISCONNECTED:+WS_CLOSED:+WSOPEN:+WSHEAD:+WSCFG:+CWJAP:+CWSTATE:+TIME_UPDATED',
  'AT version: SDK version: compile time Bin version: ws:// wss:// Authorization: Basic Bearer',
].join(' ');

/** Returns the encodings in which a secret may pass: plain, quoted, base64, percent-encoded, within JSON. */
export function patternsOf({
  text,
  placeholder = placeholderText(text),
  between,
  onlyBetween = false,
}: Secret): SecretPattern[] {
  // A replayed driver has placeholders in place of secrets.
  if (text === '' || text === placeholder) return [];
  const near = between.flatMap(([before, after]) =>
    [text, escaped(text)].map((form, index) => ({
      find: Buffer.from(`${before}${form}${after}`),
      put: Buffer.from(`${before}${index === 0 ? placeholder : escaped(placeholder)}${after}`),
    })),
  );
  const isFoundAlone = !onlyBetween && isDistinct(text);
  return unique([...near, ...(isFoundAlone ? encodings(text, placeholder) : [])]);
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
    { find: Buffer.from(escaped(text)), put: Buffer.from(escaped(placeholder)) },
    ...opaque.map((form) => ({ find: Buffer.from(form), put: placeholderOf(Buffer.from(form)) })),
  ];
}

/** Whether the recorder can replace a text everywhere, and keep commands and responses readable. */
function isDistinct(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  if (bytes < MIN_BYTES || (bytes < MIN_DIGITS && /^[\d,.:-]+$/.test(text))) return false;
  return !VOCABULARY.includes(text) && /[^\s"\\,]/.test(text);
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

/** Removes patterns that find the same as an earlier one. */
function unique(patterns: readonly SecretPattern[]): SecretPattern[] {
  const newestFirst = patterns.toReversed();
  return [...new Map(newestFirst.map((each) => [each.find.toString('latin1'), each])).values()];
}
