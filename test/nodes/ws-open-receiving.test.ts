import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, withoutId } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-open: received messages', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2, { base: { uri: URI } });
  const { load } = fake;

  it('sends text as a string and binary as a Buffer', async () => {
    await load();
    nodeRed.give('node');
    await nodeRed.next('out1');
    fake.device.links[0].receive(Buffer.from('grüß'), 1);
    assert.deepEqual(withoutId(await nodeRed.next('out0')), {
      payload: 'grüß',
      linkId: 0,
      opcode: 1,
      uri: URI,
    });
    fake.device.links[0].receive(Buffer.from([0, 255]), 2);
    assert.deepEqual(withoutId(await nodeRed.next('out0')), {
      payload: Buffer.from([0, 255]),
      linkId: 0,
      opcode: 2,
      uri: URI,
    });
  });

  it('sends invalid UTF-8 as a Buffer, byte for byte', async () => {
    await load();
    nodeRed.give('node');
    await nodeRed.next('out1');
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x28]);
    fake.device.links[0].receive(bytes, 1);
    const { payload, opcode } = await nodeRed.next('out0');
    assert.deepEqual({ payload, opcode }, { payload: bytes, opcode: 1 });
  });

  it('class C: no opcode; joins characters cut between chunks', async () => {
    await load();
    nodeRed.give('node');
    await nodeRed.next('out1');
    const bytes = Buffer.from('a€b');
    fake.device.links[0].receive(bytes.subarray(0, 2), undefined);
    fake.device.links[0].receive(bytes.subarray(2, 3), undefined);
    fake.device.links[0].receive(bytes.subarray(3), undefined);
    const first = await nodeRed.next('out0');
    assert.deepEqual(withoutId(first), { payload: 'a', linkId: 0, uri: URI });
    assert.equal((await nodeRed.next('out0')).payload, '€b');
  });

  it('the connection ends within a character: sends the begun character', async () => {
    await load();
    nodeRed.give('node');
    await nodeRed.next('out1');
    fake.device.links[0].receive(Buffer.from([0xe2, 0x82]), undefined);
    fake.device.links[0].become(0, 'closed-by-server');
    assert.deepEqual((await nodeRed.next('out0')).payload, Buffer.from([0xe2, 0x82]));
  });

  it('data loss: joins no character across it', async () => {
    await load();
    nodeRed.give('node');
    await nodeRed.next('out1');
    const [link] = fake.device.links;
    link.receive(Buffer.from([0x61, 0xe2, 0x82]), undefined);
    link.loseData();
    link.receive(Buffer.from('b'), undefined);
    const payloads = [];
    for (let count = 0; count < 3; count++) payloads.push((await nodeRed.next('out0')).payload);
    assert.deepEqual(payloads, ['a', Buffer.from([0xe2, 0x82]), 'b']);
  });

  it('parses JSON; invalid JSON goes to Catch with its text', async () => {
    await load({ output: 'json' });
    nodeRed.give('node');
    await nodeRed.next('out1');
    fake.device.links[0].receive(Buffer.from('{"a":[1]}'), 1);
    assert.deepEqual((await nodeRed.next('out0')).payload, { a: [1] });
    fake.device.links[0].receive(Buffer.from('{"a":'), 1);
    const caught = await nodeRed.next('caught');
    assert.equal(codeOf(caught), 'NOT_JSON');
    assert.equal(caught.payload, '{"a":');
    assert.equal(caught.linkId, 0);
  });

  it('reports data loss on its second output', async () => {
    await load();
    nodeRed.give('node');
    await nodeRed.next('out1');
    fake.device.links[0].loseData();
    const msg = await nodeRed.next('out1');
    assert.equal(msg.event, 'data-loss');
    assert.deepEqual(msg.error, {
      code: 'DATA_LOST',
      message:
        'The serial port lost or corrupted data received on link 0. Check the cable, use RTS/CTS, or choose a lower baud rate.',
    });
  });
});
