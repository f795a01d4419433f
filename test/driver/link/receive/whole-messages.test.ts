import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenOptions } from '../../../../driver/link/options';
import { encodeServerFrame } from '../../../../simulator/websocket/frame-codec';
import { Harness, type HarnessOptions } from '../../../harness/harness';
import type { Framing } from '../../../../driver/link/receive/options';

const MEBIBYTE = 1024 * 1024;

interface Opened {
  readonly harness: Harness;
  /** Sends a frame from the server. */
  readonly serve: (opcode: number, payload: Buffer | string, fin?: boolean) => void;
  /** The received messages. */
  readonly received: () => [opcode: number | undefined, bytes: Buffer][];
}

/** A harness with link 0 open. */
async function opened(
  options: HarnessOptions = {},
  open: Partial<OpenOptions> = {},
): Promise<Opened> {
  const harness = await new Harness(options).ready();
  await harness.open({ ...open });
  const [connection] = harness.server.connections;
  assert.ok(connection);
  harness.port.written.length = 0;
  return {
    harness,
    serve: (opcode, payload, fin = true) =>
      connection.send({ fin, opcode, payload: Buffer.from(payload) }),
    received: () => harness.messages.map(({ opcode, bytes }) => [opcode, bytes]),
  };
}

const errors = (harness: Harness) =>
  harness.linkEvents.flatMap(({ error }) => (error ? [error.code] : []));

describe('receiving whole messages, class D', () => {
  it('emits text and binary messages with any content, including empty ones', async () => {
    const { harness, serve, received } = await opened();
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const nasty = Buffer.from('\r\nOK\r\n+WS_CLOSED:0\r\n+WS_DATA:0,1,1,3,3,abc\r\n>');
    serve(1, nasty);
    serve(2, all);
    serve(1, '');
    serve(2, '');
    await harness.clock.advance(100);
    assert.deepEqual(received(), [
      [1, nasty],
      [2, all],
      [1, Buffer.alloc(0)],
      [2, Buffer.alloc(0)],
    ]);
    await harness.end();
  });

  it('joins fragments, some longer than the buffer and one empty, with a ping between them', async () => {
    const { harness, serve, received } = await opened();
    serve(2, Buffer.alloc(3000, 1), false);
    serve(9, 'ping');
    serve(0, Buffer.alloc(2500, 2), false);
    serve(0, '', false);
    serve(0, Buffer.alloc(1, 3));
    await harness.clock.advance(100);
    const whole = Buffer.concat([Buffer.alloc(3000, 1), Buffer.alloc(2500, 2), Buffer.alloc(1, 3)]);
    assert.deepEqual(received(), [[2, whole]]);
    await harness.end();
  });

  it('accepts 1 MiB by default, and reports the limit once for one byte more', async () => {
    const { harness, serve, received } = await opened();
    serve(2, Buffer.alloc(MEBIBYTE, 'a'));
    await harness.clock.advance(1000);
    assert.deepEqual(
      received().map(([, bytes]) => bytes.length),
      [MEBIBYTE],
    );
    serve(2, Buffer.alloc(MEBIBYTE, 'b'), false);
    serve(0, 'b');
    serve(1, 'next');
    await harness.clock.advance(1000);
    assert.deepEqual(errors(harness), ['MESSAGE_TOO_LARGE']);
    assert.deepEqual(harness.linkEvents.at(-1)?.error?.details, { link: 0, limit: MEBIBYTE });
    assert.deepEqual(received().slice(1), [[1, Buffer.from('next')]]);
    await harness.end();
  });
});

describe('receiving without message boundaries, class C', () => {
  /** Two texts, each byte of their UTF-8 as a character. */
  const sent = ['{"greeting":"g äöü"}\n', '{"n":[1,2,{"m":"}"}]}\n'].map((text) =>
    Buffer.from(text).toString('latin1'),
  );

  /** The messages that the link emits. The server sends each text in two segments, the first with 16 bytes of it. */
  async function joined(framing: Framing | undefined): Promise<string[]> {
    const { harness, received } = await opened({ firmware: 'C' }, { ...(framing && { framing }) });
    // The pong to the driver's first ping would come between the segments.
    await harness.clock.advance(10);
    for (const text of sent) {
      const payload = Buffer.from(text, 'latin1');
      const frame = encodeServerFrame({ fin: true, opcode: 1, payload });
      // The first segment ends within the first umlaut.
      const end = frame.length - payload.length + 16;
      for (const segment of [frame.subarray(0, end), frame.subarray(end)]) {
        harness.server.connections[0]?.sendRaw(segment);
        await harness.clock.advance(5);
      }
      await harness.clock.advance(500);
    }
    const texts = received().map(([opcode, bytes]) => {
      assert.equal(opcode, undefined);
      return bytes.toString('latin1');
    });
    await harness.end();
    return texts;
  }

  it('joins until JSON is complete, a delimiter comes, or the idle time has passed', async () => {
    const texts = sent.map((text) => text.trim());
    assert.deepEqual(await joined({ by: 'json' }), texts);
    assert.deepEqual(await joined({ by: 'delimiter', delimiter: Buffer.from('\n') }), texts);
    assert.deepEqual(await joined({ by: 'idle', idleMs: 200 }), sent);
  });
});
