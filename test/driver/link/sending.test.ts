import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacedLine } from '../../../simulator/serial/paced-line';
import { code, failure, openHarness, readyHarness, test } from '../../harness/ready-harness';
import { Harness } from '../../harness/harness';

describe('sending when the connection is lost', () => {
  test('fails the running and the queued message as not-sent when the loss comes before the prompt', async (harness) => {
    const { link } = await harness.open();
    // Delays the prompt, so that the loss comes first.
    harness.outcome = (line) =>
      line.startsWith('AT+WSSEND') ? { kind: 'late', delay: 100 } : undefined;
    // The ping is over.
    await harness.clock.advance(1000);
    const sends = ['one', 'two'].map((text) => failure(harness, link.send(text)));
    harness.server.connections[0]?.reset();
    for (const { code, outcome } of await Promise.all(sends)) {
      assert.deepEqual([code, outcome], ['LINK_NOT_OPEN', 'not-sent']);
    }
    assert.equal(harness.count('AT+WSSEND=0,3'), 1);
  });

  it('does not continue a fragmented message on the next connection', async () => {
    await using harness = await readyHarness({ simulator: { uart: new PacedLine().factory } });
    const { link } = await harness.open({ keepOpen: true });
    const sending = link.send(Buffer.alloc(40_000, 'x'), { opcode: 2 });
    const error = failure(harness, sending);
    await harness.until(() => (harness.server.connections[0]?.frames.length ?? 0) > 3, 5000);
    harness.server.connections[0]?.reset();
    assert.deepEqual([(await error).code, (await error).outcome], ['SEND_UNKNOWN', 'unknown']);
    await harness.until(() => link.stateNumber === 2, 30_000);
    await harness.clock.wait(link.send('next'));
    await harness.clock.advance(10);
    const data = harness.server.connections[1]?.frames.filter(({ opcode }) => opcode < 8);
    assert.deepEqual(
      data?.map(({ opcode, payload }) => [opcode, payload.length]),
      [[1, 4]],
    );
  });
});

describe('sending', () => {
  const nasty = Buffer.from('\0>\r\nOK\r\n+WS_CLOSED:0\r\n\r\nSEND OK\r\nAT+RST\r\n\xff', 'latin1');

  for (const firmware of ['A', 'B', 'C', 'D'] as const) {
    it(`transfers any bytes in both directions, class ${firmware}`, async () => {
      await using harness = await readyHarness({ firmware });
      const { link } = await harness.open({ uri: 'ws://host/echo', config: { bufferBytes: 8192 } });
      const large = Buffer.from(Array.from({ length: 8192 }, (_, index) => (index * 7) & 0xff));
      await harness.clock.wait(
        Promise.all([link.send(nasty, { opcode: 2 }), link.send(large, { opcode: 2 })]),
      );
      await harness.clock.advance(1000);
      assert.deepEqual(
        Buffer.concat(harness.messages.map(({ bytes }) => bytes)),
        Buffer.concat([nasty, large]),
      );
    });
  }

  test('refuses half a surrogate pair in a message, request or close reason, and writes nothing', async (harness) => {
    const { link } = await harness.open();
    const { length } = harness.port.text;
    for (const half of ['\ud800', 'a\udc00b', '\udc00\ud800', '{"id":"\udfff"}']) {
      const refusals = [
        link.send(half),
        link.send(half, { opcode: 2, holdMs: 1000 }),
        link.request(half, { match: { by: 'next' } }),
        link.request(half, { match: { by: 'function', matches: () => true } }),
        link.close({ reason: half }),
      ];
      const errors = refusals.map((refusal) => failure(harness, refusal));
      for (const { code, details } of await Promise.all(errors)) {
        assert.deepEqual([code, details.reason], ['INVALID_PAYLOAD', 'LONE_SURROGATE']);
      }
    }
    assert.equal(harness.port.text.length, length);
    // JSON.stringify() escapes it, so that the server gets the same value.
    const reply = link.request({ id: '\ud800' }, { match: { by: 'property', request: 'id' } });
    const sent = () => harness.received(harness.server.connections[0]);
    await harness.until(() => sent().length === 1, 1000);
    const payload = Buffer.from('{"id":"\\ud800"}');
    assert.deepEqual(sent(), [payload.toString()]);
    harness.server.connections[0]?.send({ fin: true, opcode: 1, payload });
    assert.deepEqual((await harness.clock.wait(reply)).json, { id: '\ud800' });
  });

  test('keeps the messages of three links separate', async (harness) => {
    const { links } = harness.device;
    await harness.clock.wait(
      Promise.all(links.map((link) => link.open({ uri: `ws://host/echo?${link.id}` }))),
    );
    const sends = Array.from({ length: 60 }, (_, index) =>
      harness.device.link(index % 3).send(`${index % 3}: ${index}`),
    );
    await harness.clock.wait(Promise.all(sends));
    await harness.clock.advance(1000);
    for (const { id } of links) {
      const got = harness.messages
        .filter(({ link }) => link === id)
        .map(({ bytes }) => bytes.toString());
      assert.deepEqual(
        got,
        Array.from({ length: 20 }, (_, index) => `${id}: ${index * 3 + id}`),
      );
    }
  });

  test('sends large messages in fragments that the server joins, class D', async (harness) => {
    const { link } = harness;
    await harness.clock.wait(
      link.open({ uri: 'ws://host/plain', config: { bufferBytes: 16_384 } }),
    );
    harness.port.written.length = 0;
    await harness.clock.wait(link.send('x'.repeat(40_000)));
    assert.deepEqual(
      harness
        .lines()
        .map((line) => line.replace(/^x*/, ''))
        .filter((line) => line !== ''),
      [
        'AT+WSSEND=0,16384,1,10000,0',
        'AT+WSSEND=0,16384,0,10000,0',
        'AT+WSSEND=0,7232,0,10000,0',
        'AT+WSSEND=0,0,0',
      ],
    );
    await harness.clock.advance(10);
    const frames = harness.server.connections[0]?.frames ?? [];
    const sent = frames.map(({ fin, opcode, payload }) => `${fin} ${opcode} ${payload.length}`);
    assert.deepEqual(sent, ['false 1 16384', 'false 0 16384', 'false 0 7232', 'true 0 0']);
  });

  it('fails with the limit when the firmware cannot fragment', async () => {
    await using harness = await openHarness({ firmware: 'C' });
    const error = await failure(harness, harness.link.send('x'.repeat(8193)));
    assert.deepEqual(
      [error.code, error.details, error.outcome],
      ['PAYLOAD_TOO_LONG', { length: 8193, limit: 8192 }, 'not-sent'],
    );
  });

  test('sends every opcode from 1 to 15, and refuses what is no opcode', async (harness) => {
    const { link } = await harness.open();
    harness.server.behavior.answersCloses = false;
    const opcodes = Array.from({ length: 15 }, (_, index) => index + 1);
    for (const opcode of opcodes) await harness.clock.wait(link.send('abc', { opcode }));
    await harness.clock.advance(10);
    assert.deepEqual(
      harness.server.connections[0]?.frames.map(({ opcode }) => opcode),
      opcodes,
    );
    harness.port.written.length = 0;
    for (const opcode of [16, -1, 1.5, NaN]) {
      const error = await failure(harness, link.send('abc', { opcode }));
      assert.deepEqual([error.code, error.outcome], ['INVALID_OPCODE', 'not-sent']);
    }
    assert.equal(harness.port.text, '');
  });

  it('fails on v4.0.0.0 beyond the buffer size, which the firmware frames wrongly', async () => {
    await using harness = new Harness({ firmware: 'B' });
    harness.alterOutput = (text) => text.replace('3.3.0.0', '4.0.0.0');
    await harness.ready();
    const { link } = await harness.open({ config: { bufferBytes: 2000 } });
    const error = await failure(harness, link.send('x'.repeat(2001)));
    assert.deepEqual(
      [error.code, error.outcome, error.details.limit],
      ['PAYLOAD_TOO_LONG', 'not-sent', 2000],
    );
    await harness.clock.wait(link.send('x'.repeat(2000)));
  });

  test('fails with an invalid hold time', async (harness) => {
    for (const holdMs of [NaN, Infinity, -1, 86_400_001]) {
      const error = await failure(harness, harness.link.send('x', { holdMs }));
      assert.deepEqual([error.code, error.outcome], ['INVALID_CONFIG', 'not-sent']);
    }
  });

  it('is refused at once for a control frame that is too long or not final, whether or not the device is known', async () => {
    const unknown = new Harness();
    for (const harness of [unknown, await readyHarness()]) {
      const [link] = harness.device.links;
      for (const opcode of [8, 9, 10]) {
        const options = { opcode, holdMs: 30_000 };
        for (const [length, fin] of [
          [126, true],
          [20_000, true],
          [1, false],
        ] as const) {
          const before = harness.clock.now();
          const sending = link.send('x'.repeat(length), { ...options, fin });
          const error = await failure(harness, sending);
          assert.deepEqual([error.code, error.outcome], ['INVALID_PAYLOAD', 'not-sent']);
          assert.equal(harness.clock.now(), before);
        }
      }
      await harness.end();
    }
  });

  test('holds messages while the link is not open, in order, no longer than holdMs', async (harness) => {
    const { link } = await harness.open({ keepOpen: true });
    harness.simulator.restart();
    await harness.until(() => link.stateNumber === 0, 5000);
    const short = code(harness, link.send('never', { holdMs: 100 }));
    const sends = ['one', 'two', 'three'].map((text) => link.send(text, { holdMs: 30_000 }));
    await harness.clock.wait(Promise.all(sends));
    await harness.clock.advance(10);
    assert.equal(await short, 'HOLD_TIMEOUT');
    assert.deepEqual(harness.received(harness.server.connections[1]), ['one', 'two', 'three']);
  });

  test('can be aborted while it waits, but not once it runs', async (harness) => {
    const { link } = await harness.open();
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }, index) =>
      link.send(`m${index}`, { signal }),
    );
    controllers.forEach((controller) => controller.abort());
    assert.ok(first && second);
    const error = await failure(harness, second);
    await harness.clock.wait(first);
    await harness.clock.advance(10);
    assert.deepEqual([error.code, error.outcome], ['ABORTED', 'not-sent']);
    assert.equal(harness.server.connections[0]?.frames.length, 1);
  });
});
