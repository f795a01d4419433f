import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { FakeLink } from '../harness/nodes/fake-device';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, withoutId } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const URI = 'ws://example.org/feed';
const EURO = Buffer.from('a€b');
const BEGUN = EURO.subarray(0, 3);
const LONG = Buffer.from('a€😀b');
const NO_TEXT = Buffer.from([0xff, 0x61, 0xe2, 0x82]);

/** A class, which gives an opcode or none; what a link receives; and the payloads that the node sends of it. */
const rows: readonly (readonly [
  title: string,
  output: string,
  opcode: 1 | 2 | undefined,
  received: readonly (Buffer | ((link: FakeLink) => void))[],
  payloads: readonly unknown[],
])[] = [
  ['text: a string', 'auto', 1, [Buffer.from('grüß')], ['grüß']],
  ['binary: a Buffer', 'auto', 2, [Buffer.from([0, 255])], [Buffer.from([0, 255])]],
  ['invalid UTF-8: a Buffer, byte for byte', 'auto', 1, [BEGUN, EURO], [BEGUN, 'a€b']],
  ...(['auto', 'string'] as const).map(
    (output) =>
      [
        `class C, characters cut between chunks, as ${output}: one string has each`,
        output,
        undefined,
        [LONG.subarray(0, 2), LONG.subarray(2, 3), LONG.subarray(3, 7), LONG.subarray(7)],
        ['a', '€', '😀b'],
      ] as const,
  ),
  [
    'class C, a chunk that is no text: a Buffer with all of it, and none of it again',
    'auto',
    undefined,
    [NO_TEXT, Buffer.from('b')],
    [NO_TEXT, 'b'],
  ],
  [
    'class C, the connection ends within a character: a Buffer with the begun character',
    'auto',
    undefined,
    [BEGUN, (link) => link.become(0, 'closed-by-server')],
    ['a', EURO.subarray(1, 3)],
  ],
  [
    'class C, a close handshake begins within a character: the next chunk completes it',
    'auto',
    undefined,
    [EURO.subarray(0, 2), (link) => link.become(4, 'closing'), EURO.subarray(2)],
    ['a', '€b'],
  ],
  [
    'class C, data loss within a character: joins no character across it',
    'auto',
    undefined,
    [BEGUN, (link) => link.loseData(), Buffer.from('b')],
    ['a', EURO.subarray(1, 3), 'b'],
  ],
  ['JSON: parsed', 'json', 1, [Buffer.from('{"a":["ä"]}')], [{ a: ['ä'] }]],
];

onEachRuntime('ws-open: received messages', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2, { base: { uri: URI }, answers: 'out1' });

  async function open(settings: object = {}): Promise<FakeLink> {
    await fake.load(settings);
    await fake.ask();
    return fake.link;
  }

  for (const [title, output, opcode, received, payloads] of rows)
    it(title, async () => {
      const link = await open({ output });
      for (const each of received)
        if (Buffer.isBuffer(each)) link.receive(each, opcode);
        else each(link);
      for (const payload of payloads)
        assert.deepEqual(withoutId(await nodeRed.next('out0')), {
          payload,
          linkId: 0,
          ...(opcode && { opcode }),
          uri: URI,
        });
      assert.deepEqual(nodeRed.waiting('out0'), []);
    });

  for (const [what, bytes] of [
    ['no JSON', Buffer.from('{"a":')],
    ['JSON that is not valid UTF-8, as its text would change', Buffer.from('{"a":"ä"}', 'latin1')],
  ] as const)
    it(`${what}: goes to Catch with its text`, async () => {
      (await open({ output: 'json' })).receive(bytes, 1);
      const caught = await nodeRed.next('caught');
      const { payload, linkId } = caught;
      assert.deepEqual([codeOf(caught), payload, linkId], ['NOT_JSON', bytes.toString(), 0]);
    });

  it('class C, a connection of a node that does not join: one string has each character', async () => {
    await fake.load({ joining: 'json', output: 'string' });
    const { link } = fake;
    await link.open({ uri: URI, framing: { by: 'chunk' }, owner: 'other' });
    await fake.ask();
    for (const piece of [EURO.subarray(0, 2), EURO.subarray(2)]) link.receive(piece, undefined);
    for (const payload of ['a', '€b']) assert.equal((await nodeRed.next('out0')).payload, payload);
  });

  it('reports data loss on its second output', async () => {
    const link = await open();
    link.loseData(7);
    const msg = await nodeRed.next('out1');
    assert.deepEqual([msg.event, msg.omitted], ['data-loss', 7]);
    assert.deepEqual(msg.error, {
      code: 'DATA_LOST',
      message:
        'The serial port lost or corrupted data received on link 0. Check the cable, use RTS/CTS, or choose a lower baud rate.',
    });
    link.loseData();
    assert.ok(!('omitted' in (await nodeRed.next('out1'))));
  });
});
