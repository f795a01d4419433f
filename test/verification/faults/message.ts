import type { Random } from '../../../simulator';
import { between, pick } from '../../harness/random';

/** Payload bytes that look like AT lines. */
const lookalikes = [
  '\r\n',
  '>',
  '\r\n>',
  '\0',
  '\r\nOK\r\n',
  '\r\nERROR\r\n',
  '\r\nSEND OK\r\n',
  '\r\nOK\r\n\r\n>',
  '\r\nbusy p...\r\n',
  '\r\nready\r\n',
  'AT+RST\r\n',
  '\r\nAT\r\n',
  '\r\nOK\r\n+WS_CLOSED:0\r\n',
  '+WS_DISCONNECTED:1\r\n',
  '\r\n+WS_DATA:0,1,1,3,3,abc\r\n',
  '\r\n+WS_DATA:2,5,hello\r\n',
  '+WS_DATA:1,',
  'SEND OK',
] as const;

/** A message of about `size` bytes with its name at its start or at its end. */
export function compose(name: string, size: number, random: Random): Buffer {
  const rest = body(Math.max(0, size - name.length), random);
  const parts = [Buffer.from(name), rest];
  return Buffer.concat(random() < 0.5 ? parts : parts.reverse());
}

function body(size: number, random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0; length < size;) {
    const part =
      random() < 0.4
        ? Buffer.from(pick(random, lookalikes), 'latin1')
        : Buffer.from(
            Array.from({ length: between(random, 1, 24) }, () => between(random, 0, 255)),
          );
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, size);
}
