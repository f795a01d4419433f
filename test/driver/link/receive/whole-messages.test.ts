import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Framing, OpenOptions } from '../../../../driver/link/options';
import { encodeFrame } from '../../../harness/network/ws-server-frames';
import { Harness, type HarnessOptions } from '../../../harness/harness';

const MEBIBYTE = 1024 * 1024;

interface Opened {
  readonly harness: Harness;
  /** Has the server send a frame. */
  readonly serve: (opcode: number, payload: Buffer | string, fin?: boolean) => void;
  /** What has been received: opcode and bytes. */
  readonly received: () => [opcode: number | undefined, bytes: Buffer][];
}

/** A harness with link 0 open. */
async function opened(
  options: HarnessOptions = {},
  open: Partial<OpenOptions> = {},
): Promise<Opened> {
  const harness = new Harness(options);
  await harness.ready();
  await harness.clock.wait(harness.device.links[0].open({ uri: 'ws://host/plain', ...open }));
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
  harness.links.flatMap(({ error }) => (error ? [error.code] : []));

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

  it('joins fragments, each longer than the buffer, with a ping between them', async () => {
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
    assert.deepEqual(harness.links.at(-1)?.error?.details, { link: 0, limit: MEBIBYTE });
    assert.deepEqual(received().slice(1), [[1, Buffer.from('next')]]);
    await harness.end();
  });
});

describe('receiving without message boundaries, class C', () => {
  /** What comes out of two texts that the server sends in segments of 16 bytes. */
  async function joined(joining: Framing | undefined): Promise<string[]> {
    const { harness, received } = await opened(
      { firmware: 'C' },
      { ...(joining && { framing: joining }) },
    );
    // The pong to the driver's first ping would come between the segments.
    await harness.clock.advance(10);
    for (const text of ['{"greeting":"ge äöü"}\n', '{"n":[1,2,{"m":"}"}]}\n']) {
      const payload = Buffer.from(text);
      const frame = encodeFrame({ fin: true, opcode: 1, payload });
      // The umlaut lies across the end of the first segment.
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
  const latin1 = (text: string) => Buffer.from(text).toString('latin1');

  it('emits each chunk as it comes', async () => {
    const pieces = ['{"greeting":"ge ', latin1('äöü"}\n'), '{"n":[1,2,{"m":"', '}"}]}\n'];
    assert.deepEqual(await joined(undefined), pieces);
    assert.deepEqual(await joined({ by: 'chunk' }), pieces);
  });

  it('joins until JSON is complete, a delimiter comes, or the idle time has passed', async () => {
    const texts = [latin1('{"greeting":"ge äöü"}'), '{"n":[1,2,{"m":"}"}]}'];
    assert.deepEqual(await joined({ by: 'json' }), texts);
    assert.deepEqual(await joined({ by: 'delimiter', delimiter: Buffer.from('\n') }), texts);
    assert.deepEqual(
      await joined({ by: 'idle', idleMs: 200 }),
      texts.map((text) => `${text}\n`),
    );
  });

  it('reports the limit for a message that is too large, and emits the next one', async () => {
    const joining: Framing = { by: 'delimiter', delimiter: Buffer.from('\n') };
    const { harness, serve, received } = await opened(
      { firmware: 'C' },
      { framing: joining, maxMessageBytes: 3000 },
    );
    serve(1, `${'x'.repeat(3001)}\nshort\n`);
    await harness.clock.advance(500);
    assert.deepEqual(errors(harness), ['MESSAGE_TOO_LARGE']);
    assert.deepEqual(received(), [[undefined, Buffer.from('short')]]);
    await harness.end();
  });
});

describe('sending streams of messages', () => {
  it('writes the next command in the same turn in which a response is complete', async () => {
    const written: number[] = [];
    await using harness: Harness = new Harness({
      simulator: {
        output: (bytes) => {
          const before = harness.port.written.length;
          harness.port.deliver(bytes);
          if (bytes.includes('SEND OK')) written.push(harness.port.written.length - before);
        },
      },
    });
    await harness.ready();
    const [link] = harness.device.links;
    await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
    await harness.clock.advance(10);
    written.length = 0;
    await harness.clock.wait(Promise.all(['one', 'two', 'three', 'four'].map((m) => link.send(m))));
    assert.deepEqual(written, [1, 1, 1, 0]);
  });

  it('sends short messages while another link sends 1 MiB', async () => {
    const { harness } = await opened({ serial: { baudRate: 115_200 } });
    const [large, small] = harness.device.links;
    await harness.clock.wait(small.open({ uri: 'ws://host/plain?1' }));
    harness.port.written.length = 0;
    const transfer = large.send(Buffer.alloc(MEBIBYTE), { opcode: 2 });
    const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    const before = harness.clock.now();
    await harness.clock.wait(Promise.all(texts.map((text) => small.send(text))));
    // One fragment was at work when they were given; then all of them went, one after the other.
    assert.equal(fragments(harness), 2);
    const taken = harness.clock.now() - before;
    assert.ok(taken < 2000, `${taken} ms`);
    await harness.clock.wait(transfer);
    await harness.clock.advance(10);
    assert.equal(fragments(harness), MEBIBYTE / 16_384);
    const [first, second] = harness.server.connections;
    assert.ok(first && second);
    const bytes = first.frames.reduce((sum, { payload }) => sum + payload.length, 0);
    assert.equal(bytes, MEBIBYTE);
    // Beside pings: it takes a minute and a half.
    const got = second.frames.filter(({ opcode }) => opcode === 1);
    assert.deepEqual(
      got.map(({ payload }) => payload.toString()),
      texts,
    );
    await harness.end();
  });

  it('shares the port equally between two large transfers', async () => {
    const { harness } = await opened();
    const [one, other] = harness.device.links;
    await harness.clock.wait(other.open({ uri: 'ws://host/plain?1' }));
    harness.port.written.length = 0;
    await harness.clock.wait(
      Promise.all([one, other].map((link) => link.send(Buffer.alloc(163_840), { opcode: 2 }))),
    );
    const order = [...harness.port.text.matchAll(/AT\+WSSEND=([01]),16384/g)].map(
      ([, link]) => link,
    );
    assert.deepEqual(order.join(''), '01'.repeat(10));
    await harness.end();
  });

  it('emits the level of the send queue', async () => {
    const { harness } = await opened({ device: { sendLimit: { messages: 8, bytes: 1e6 } } });
    const levels: number[] = [];
    harness.device.on('sendqueue', (level) => levels.push(level));
    const sends = Array.from({ length: 8 }, () => harness.device.links[0].send('x'));
    assert.deepEqual(levels.splice(0), [0.25, 0.5, 0.75, 1]);
    await harness.clock.wait(Promise.all(sends));
    assert.deepEqual(levels, [0.875, 0.625, 0.375, 0.125]);
    await harness.end();
  });
});

/** How many of the fragments of 1 MiB have been announced. */
function fragments(harness: Harness): number {
  return harness.port.text.split('AT+WSSEND=0,16384').length - 1;
}
