import { identities } from './identities';
import { expand, lengthOf, parsePattern } from './pattern';
import type { TranscriptLine } from './transcript';

/** One write of the host. */
export interface HostWrite {
  readonly bytes: Buffer;
  /** It waits until the device has answered the one before. */
  readonly afterAnswer: boolean;
}

/**
 * The writes behind a line of the host; undefined when their bytes cannot be known. Writes less than
 * 12 ms apart are joined in a recording: commands that were all answered, with no `busy p...`, were
 * written one after the other's answer.
 *
 * @param answer what the device says up to the host's next line
 * @param command the command that is at work, should the line be its payload
 */
export function writesOf(
  line: TranscriptLine,
  answer: string,
  command: string,
): HostWrite[] | undefined {
  const bytes = ownMaterial(line.text, command) ?? expand(parsePattern(line.text));
  if (!bytes) return undefined;
  const text = bytes.toString('latin1');
  const parts = text.split(/(?<=\r\n)(?=.)/s);
  const results = answer.match(/\\r\\n(?:OK|ERROR|SEND OK|SEND FAIL)\\r\\n/g) ?? [];
  const apart = parts.length > 1 && /^AT/i.test(text) && !answer.includes('busy p...');
  if (!apart || results.length < 2) return [{ bytes, afterAnswer: false }];
  return parts.map((part, index) => ({
    bytes: Buffer.from(part, 'latin1'),
    afterAnswer: index > 0,
  }));
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
