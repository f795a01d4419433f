import { identities } from './identities';
import { unescape } from './escapes';
import { expand, lengthOf, parsePattern, type BytePattern } from './pattern';
import type { TranscriptLine } from './transcript';

/** One write of the host. */
export interface HostWrite {
  readonly bytes: Buffer;
  /** It waits until the device has answered the one before. */
  readonly afterAnswer: boolean;
}

/**
 * The writes behind a line of the host. Writes less than 12 ms apart are joined in a recording: commands
 * that were all answered, with no `busy p...`, were written one after the other's answer.
 *
 * @param answer what the device says up to the host's next line
 * @param command the command that is at work, should the line be its payload
 */
export function writesOf(line: TranscriptLine, answer: string, command: string): HostWrite[] {
  const pattern = parsePattern(line.text);
  const bytes = ownMaterial(line.text, command) ?? expand(pattern) ?? fill(pattern, answer);
  const results = answer.match(/\\r\\n(?:OK|ERROR|SEND OK|SEND FAIL)\\r\\n/g) ?? [];
  const apart =
    /^(?:\\r\\n)?AT/i.test(line.text) && !answer.includes('busy p...') && results.length > 1;
  if (!apart) return [{ bytes, afterAnswer: false }];
  return partsOf(bytes).map((part, index) => ({ bytes: part, afterAnswer: index > 0 }));
}

/** Command lines, each with its CR LF, and payloads, each as long as its command announces. */
function partsOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', start);
    const end = lineEnd < 0 ? bytes.length : lineEnd + 2;
    const line = bytes.subarray(start, end);
    parts.push(line);
    const length = payloadAfter(line.toString('latin1'));
    if (length > 0 && end < bytes.length) parts.push(bytes.subarray(end, end + length));
    start = end + length;
  }
  return parts;
}

/** How many bytes a command asks for. */
function payloadAfter(line: string): number {
  const length =
    /^AT\+WSSEND=\d,(\d+)/i.exec(line)?.[1] ??
    /^AT\+WSHEAD=(\d+)/i.exec(line)?.[1] ??
    /^AT\+SYSMFG=2,"[^"]*","[^"]*",8,(\d+)/i.exec(line)?.[1];
  return Number(length ?? 0);
}

/**
 * What was left out of noise cannot be known, and does not matter but for its length and for its NUL
 * bytes, which are not echoed.
 */
function fill(pattern: BytePattern, answer: string): Buffer {
  if (pattern.kind === 'whole') return pattern.bytes;
  const { head, tail, total } = pattern;
  const middle = Buffer.alloc(Math.max(0, total - head.length - tail.length), 'x');
  const results = /(?:\\r\\n(?:OK|ERROR|busy p\.\.\.)\\r\\n)+$/.exec(answer)?.[0] ?? '';
  const said = parsePattern(answer);
  if (said.kind === 'elided') {
    const shown = [...head, ...tail].filter((byte) => byte === 0).length;
    const unechoed = total - (said.total - unescape(results).length) - shown;
    middle.fill(0, 0, Math.max(0, Math.min(middle.length, unechoed)));
  }
  return Buffer.concat([head, middle, tail]);
}

/**
 * Certificates and keys are this replay's own, filled up to the recorded length: those of a recording
 * mostly have their middle left out, and no server has the key to them.
 */
function ownMaterial(text: string, command: string): Buffer | undefined {
  const space = /^AT\+SYSMFG=2,"(wss_ca|wss_cert|wss_key)"/i.exec(command)?.[1];
  if (space === undefined || !text.startsWith('-----BEGIN')) return undefined;
  const { authority, client } = identities();
  const own = { wss_ca: authority.certificate, wss_cert: client.certificate, wss_key: client.key };
  const pem = new Map(Object.entries(own)).get(space.toLowerCase()) ?? '';
  const bytes = Buffer.alloc(lengthOf(parsePattern(text)), '\n');
  if (text.endsWith('\\x00')) bytes[bytes.length - 1] = 0;
  return pem.length < bytes.length && bytes.write(pem) > 0 ? bytes : undefined;
}
