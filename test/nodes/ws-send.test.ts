import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { EspAtError } from '../../driver/errors';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { turns } from '../harness/nodes/turns';

onEachRuntime('ws-send', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-send', 1);
  const { load, ask } = fake;

  it('passes the message on once the device has sent it', async () => {
    await load();
    const confirm = fake.link.suspend();
    const payload = { temperature: 21 };
    nodeRed.give('node', { _msgid: 'abc', topic: 'mine', payload });
    await turns(2);
    assert.equal(fake.link.sent.length, 1);
    assert.deepEqual(nodeRed.waiting('out0'), []);
    assert.deepEqual(nodeRed.waiting('completed'), []);
    confirm();
    assert.deepEqual(await nodeRed.next('out0'), { _msgid: 'abc', topic: 'mine', payload });
    assert.equal((await nodeRed.next('completed'))._msgid, 'abc');
    assert.deepEqual(nodeRed.waiting('completed'), []);
  });

  it('a message that Node-RED cannot copy for a second wire: MESSAGE_UNUSABLE, although it was sent', async () => {
    await load({ wires: [['out0', 'completed']] });
    const unreadable = {
      get value(): never {
        throw new Error('unreadable');
      },
    };
    await ask({ payload: 'x', unreadable });
    await turns(2);
    assert.equal(fake.shown(), 'red ring MESSAGE_UNUSABLE');
    assert.equal(fake.link.sent.length, 1);
  });

  const bytes = (...values: number[]) => new Uint8Array(values);
  /** A value as a Function node makes it: of another realm, with its own `Uint8Array`. */
  const foreign = (source: string): unknown => runInNewContext(source);

  const payloads: readonly (readonly [string, unknown, string | Uint8Array, number])[] = [
    ['text as text', 'grüß', 'grüß', 1],
    ['no text as an empty message', '', '', 1],
    ['a Buffer as binary', Buffer.from([0, 13, 10]), Buffer.from([0, 13, 10]), 2],
    ['bytes of another kind as binary', new Uint8Array([1, 2]), new Uint8Array([1, 2]), 2],
    ['bytes of a Function node as binary', foreign('new Uint8Array([1, 2])'), bytes(1, 2), 2],
    [
      'a part of a buffer as it is',
      foreign('new Uint8Array([1, 2, 3]).subarray(1)'),
      bytes(2, 3),
      2,
    ],
    ['a buffer of a Function node as binary', foreign('new ArrayBuffer(2)'), bytes(0, 0), 2],
    ['a view as the bytes it is of', new DataView(bytes(1, 2).buffer, 1), bytes(2), 2],
    ['an object as JSON', { a: [1, 'ü'] }, '{"a":[1,"ü"]}', 1],
    ['a list as JSON', [1, null], '[1,null]', 1],
    ['a date as JSON', new Date(0), '"1970-01-01T00:00:00.000Z"', 1],
    ['a number as text', 0.5, '0.5', 1],
    ['zero as text', 0, '0', 1],
    ['false as text', false, 'false', 1],
  ];
  for (const [what, payload, sent, opcode] of payloads) {
    it(`sends ${what}`, async () => {
      await load();
      await ask({ payload });
      const [call] = fake.link.sent;
      assert.deepEqual(call?.payload, sent);
      assert.equal(call.options.opcode, opcode);
    });
  }

  const opcodes: readonly (readonly [unknown, number])[] = [
    ['text', 1],
    ['Binary', 2],
    ['continuation', 0],
    ['close', 8],
    ['ping', 9],
    ['pong', 10],
    [0, 0],
    [15, 15],
    ['3', 3],
    ['', 1],
    [null, 1],
    [undefined, 1],
  ];
  for (const [opcode, expected] of opcodes) {
    it(`opcode ${JSON.stringify(opcode)}: sent as ${expected}`, async () => {
      await load();
      await ask({ payload: 'x', opcode });
      assert.equal(fake.link.sent[0]?.options.opcode, expected);
    });
  }

  it('passes timeout and fin of the message to the driver, else its settings', async () => {
    await load({ timeout: '2500' });
    await ask({ payload: 'x', timeout: '100', fin: false });
    await ask({ payload: 'y', fin: 1 });
    const [first, second] = fake.link.sent;
    assert.deepEqual([first?.options.timeoutMs, first?.options.fin], [100, false]);
    assert.deepEqual([second?.options.timeoutMs, second?.options.fin], [2500, true]);
    assert.deepEqual([first?.options.holdMs, second?.options.holdMs], [0, 0]);
  });

  it('sends over the link in the message, as number or text', async () => {
    await load({ link: 'msg' });
    await ask({ payload: 'a', linkId: 2 });
    await ask({ payload: 'b', linkId: '1' });
    assert.deepEqual(
      fake.device.links.map((link) => link.sent.map(({ payload }) => payload)),
      [[], ['b'], ['a']],
    );
  });

  it('keeps the order of the messages', async () => {
    await load();
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    for (const number of numbers) nodeRed.give('node', { payload: number });
    for (const number of numbers) assert.equal((await nodeRed.next('out0')).payload, number);
    assert.deepEqual(
      fake.link.sent.map(({ payload }) => payload),
      numbers.map(String),
    );
  });

  it('sends a failure to Catch, with the unchanged message', async () => {
    await load();
    fake.link.failure = new EspAtError('LINK_NOT_OPEN', { link: 0 }, { outcome: 'not-sent' });
    const payload = Buffer.from([1]);
    const { error, ...msg } = await ask({ _msgid: 'abc', topic: 't', payload }, 'caught');
    assert.deepEqual(msg, { _msgid: 'abc', topic: 't', payload });
    assert.equal(codeOf({ error }), 'LINK_NOT_OPEN');
    assert.equal(
      sentenceOf({ error }),
      'Link 0 is not open. Open it first, or wait for it with the option holdMs.',
    );
    assert.deepEqual(nodeRed.waiting('out0'), []);
    assert.deepEqual(nodeRed.waiting('completed'), []);
  });
});
