import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FirmwareClass } from '../../../../simulator';
import { encodeServerFrame } from '../../../../simulator/websocket/frame-codec';
import { readyHarness } from '../../../harness/ready-harness';

const text = (payload: string) => ({ fin: true, opcode: 1, payload: Buffer.from(payload) });

/** A link that is kept open, and its connection at the server. */
async function openLink(firmware: FirmwareClass) {
  const harness = await readyHarness({ firmware });
  const { clock, server, link } = await harness.open({ keepOpen: true });
  const [connection] = server.connections;
  assert.ok(connection);
  // Waits for the ping of the driver, by which class C delivers a first message.
  await clock.advance(100);
  harness.port.written.length = harness.linkEvents.length = 0;
  return {
    harness,
    clock,
    link,
    server,
    connection,
    messages: () => harness.messages.map(({ bytes }) => bytes.toString('latin1')),
    events: () =>
      harness.linkEvents.map(({ event, error }) => `${event} ${error?.code ?? ''}`.trim()),
  };
}

describe('a frame header that arrives in two parts', () => {
  for (const firmware of ['A', 'B'] as const)
    it(`reconnects a link of class ${firmware}, and delivers nothing that follows`, async () => {
      const { harness, clock, link, server, connection, messages, events } =
        await openLink(firmware);
      connection.send(text('before'));
      await clock.advance(100);
      const frame = encodeServerFrame(text('cut'));
      connection.sendRaw(frame.subarray(0, 1));
      await clock.advance(20);
      connection.sendRaw(frame.subarray(1));
      await clock.advance(100);
      for (const payload of ['one', 'two', 'three']) connection.send(text(payload));
      // Without its framing, the device takes seconds to close a link.
      assert.ok(
        await clock.until(() => link.stateNumber === 2 && events().includes('reopened'), 30_000),
      );
      assert.deepEqual(messages(), ['before']);
      assert.deepEqual(events(), ['lost FRAMING_LOST', 'opening', 'reopened']);
      server.connections.at(-1)?.send(text('after'));
      await clock.advance(100);
      assert.equal(link.stateNumber, 2);
      assert.deepEqual(messages(), ['before', 'after']);
      await harness.end();
    });

  it('is found out by the first ping that class A refuses; later messages may fill the frame that does not exist, and vanish', async () => {
    for (const [ms, heard, told] of [
      [250, ['', 'after'], []],
      [700, ['after'], ['lost FRAMING_LOST', 'opening', 'reopened']],
    ] as const) {
      const { harness, clock, link, connection, messages, events } = await openLink('A');
      const frame = encodeServerFrame(text('good'));
      connection.sendRaw(frame.subarray(0, 1));
      await clock.advance(20);
      connection.sendRaw(frame.subarray(1));
      await clock.advance(ms);
      // The device takes "g", 103, for a length: the other three letters and these five frames of 20 bytes.
      for (let count = 0; count < 5; count++) connection.send(text('eighteen bytes 012'));
      await clock.advance(30_000);
      assert.equal(link.stateNumber, 2);
      harness.serve('after');
      await clock.advance(100);
      assert.deepEqual([messages(), events()], [heard, told]);
      await harness.end();
    }
  });

  it('is read by class C, without a ping', async () => {
    const { harness, clock, connection, messages, events } = await openLink('C');
    const frame = encodeServerFrame(text('cut'));
    connection.sendRaw(frame.subarray(0, 1));
    await clock.advance(20);
    connection.sendRaw(frame.subarray(1));
    connection.send(text(''));
    await clock.advance(2000);
    assert.deepEqual([messages(), events(), harness.lines()], [['cut', ''], [], []]);
    await harness.end();
  });
});

it('an empty message to class A is delivered in order once a ping has proven the framing', async () => {
  const { harness, clock, link, connection, messages, events } = await openLink('A');
  for (const payload of ['one', '', 'two', '', 'three']) connection.send(text(payload));
  await clock.advance(2000);
  assert.deepEqual(messages(), ['one', '', 'two', '', 'three']);
  assert.deepEqual([link.stateNumber, events()], [2, []]);
  const [command] = harness.lines();
  assert.equal(command, 'AT+WSSEND=0,1,9,300');
  await harness.end();
});

for (const [ms, heard, told] of [
  [200, ['', 'g', 'ood'], []],
  [400, [], ['lost FRAMING_LOST', 'opening', 'reopened']],
] as const)
  it(`an empty message to class A, and a rest of the next one that comes ${ms} ms late at a ping, ${told.length > 0 ? 'look like a lost framing' : 'are delivered'}`, async () => {
    const { harness, clock, connection, messages, events } = await openLink('A');
    connection.send(text(''));
    await clock.advance(250);
    const frame = encodeServerFrame(text('good'));
    connection.sendRaw(frame.subarray(0, 3));
    await clock.advance(ms);
    connection.sendRaw(frame.subarray(3));
    await clock.advance(30_000);
    assert.deepEqual([messages(), events()], [heard, told]);
    await harness.end();
  });

for (const busy of [false, true])
  it(`an empty message is delivered, without a reconnect, by a build of class B that answers ERROR to every AT+WSSEND${busy ? ', while its pings wait in the command queue' : ''}`, async () => {
    const { harness, clock, link, connection, messages, events } = await openLink('B');
    harness.outcome = (line) =>
      line.startsWith('AT+WSSEND') ? { kind: 'answer false' } : undefined;
    for (const payload of ['', 'two']) connection.send(text(payload));
    // An open that fails takes 5 s.
    const other = harness.device.links[1];
    if (busy) await harness.ending(other.open({ uri: 'ws://host:1/' }));
    await clock.advance(5000);
    assert.deepEqual(messages(), ['', 'two']);
    assert.equal(link.stateNumber, 2);
    assert.deepEqual(events(), busy ? ['opening', 'failed OPEN_FAILED'] : []);
    await harness.end();
  });
