import assert from 'node:assert/strict';
import { it } from 'node:test';
import { catalog } from '../harness/editor/catalog';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { flowOf } from '../harness/nodes/flows';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-open: settings, templates and messages', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2, { base: { uri: URI }, answers: 'out1' });
  const { load, ask } = fake;

  it('takes settings from the message verbatim, not as templates', async () => {
    const header = (name: string) => [{ name, value: 'set' }];
    const own = { uri: URI, subprotocol: 'never', timeout: '9', headers: header('X-Own') };
    const flow = flowOf('ws-open', 2, own, { headers: header('X-Shared') });
    await nodeRed.load(() => fake.device, flow, { node: { authorization: 'never' } });
    nodeRed.give('node', {
      uri: 'wss://other.example/{{payload}}',
      subprotocol: 'chat',
      timeout: 5000,
      auth: 'Bearer {{payload}}',
      headers: { 'X-One': 1, 'X-Many': ['a', 'b'] },
      topic: 'kept',
    });
    const { _msgid, ...answer } = await nodeRed.next('out1');
    assert.equal(typeof _msgid, 'string');
    assert.deepEqual(answer, {
      topic: 'kept',
      payload: 2,
      state: 'established',
      event: 'opened',
      linkId: 0,
      uri: 'wss://other.example/{{payload}}',
    });
    const [options] = fake.link.opened;
    assert.equal(options?.uri, 'wss://other.example/{{payload}}');
    assert.equal(options.subprotocol, 'chat');
    assert.equal(options.timeoutMs, 5000);
    assert.equal(options.authorization, 'Bearer {{payload}}');
    assert.deepEqual(options.headers, [
      { name: 'X-Shared', value: 'set' },
      { name: 'X-One', value: '1' },
      { name: 'X-Many', value: 'a' },
      { name: 'X-Many', value: 'b' },
    ]);
  });

  it('passes the settings of device and node to the driver', async () => {
    const settings = {
      link: '2',
      uri: URI,
      timeout: '2500',
      keepOpen: false,
      replace: true,
      joining: 'delimiter',
      delimiter: '\\r\\n\\x00;',
      maxMessage: '4096',
      headers: [{ name: 'X-Own', value: 'own' }],
    };
    const headers = [
      { name: 'X-Device', value: 'shared' },
      { name: 'x-own', value: 'replaced' },
      { name: 'X-Key', secret: true, slot: 3 },
    ];
    const links = [{}, {}, { pingInterval: '5', pongTimeout: '20', auth: '3', pki: '1', ca: '0' }];
    const flow = flowOf('ws-open', 2, settings, { headers, links });
    await nodeRed.load(() => fake.device, flow, { device: { headerSecret3: 'hidden' } });
    await ask();
    const [options] = fake.device.links[2].opened;
    assert.deepEqual(
      { ...options, owner: '' },
      {
        uri: URI,
        timeoutMs: 2500,
        keepOpen: false,
        replace: true,
        framing: { by: 'delimiter', delimiter: Buffer.from('\r\n\0;') },
        maxMessageBytes: 4096,
        headers: [
          { name: 'X-Device', value: 'shared' },
          { name: 'X-Key', value: 'hidden' },
          { name: 'X-Own', value: 'own' },
        ],
        config: {
          pingIntervalMs: 5000,
          pongTimeoutMs: 20_000,
          bufferBytes: undefined,
          auth: 3,
          pki: 1,
          ca: 0,
        },
        owner: '',
      },
    );
  });

  it('renders templates from message, flow, global and environment, without escaping', async () => {
    process.env.ESP_AT_TEST_HOST = 'env.example';
    await load(
      {
        uri: 'ws://${ESP_AT_TEST_HOST}/{{env.ESP_AT_TEST_HOST}}/{{flow.room}}/{{global.id}}?q={{msg.payload.q}}{{unknown}}',
        headers: [{ name: 'X-Topic', value: '{{topic}}' }],
      },
      { node: { authorization: 'Bearer {{flow.token}}' } },
    );
    const context = nodeRed.node('node').context();
    context.flow.set('room', 'a/b');
    context.flow.set('token', 'x&y');
    context.global.set('id', 7);
    await ask({ topic: '<"\'>', payload: { q: '1/2' } });
    const [options] = fake.link.opened;
    assert.equal(options?.uri, 'ws://env.example/env.example/a/b/7?q=1/2');
    assert.equal(options.authorization, 'Bearer x&y');
    assert.deepEqual(options.headers, [{ name: 'X-Topic', value: '<"\'>' }]);
    delete process.env.ESP_AT_TEST_HOST;
  });

  it('keeps the order of messages whose options take different times', async () => {
    await load({ uri: 'ws://{{flow.host}}/{{flow.path}}' });
    const context = nodeRed.node('node').context();
    context.flow.set('host', 'first');
    nodeRed.give('node', {});
    await ask({ uri: 'ws://second/' });
    await nodeRed.next('out1');
    const uris = fake.link.opened.map(({ uri }) => uri);
    assert.deepEqual(uris, ['ws://first/', 'ws://second/']);
  });

  for (const [headers, sentence] of [
    ['X: y', 'Change the header "msg.headers": it is neither an object nor a list.'],
    [
      [{ name: 'X', value: 'y' }, { value: 'y' }],
      'Change the header "msg.headers[1]": it has no name.',
    ],
    [[{ name: 'X' }], 'Change the header "X": its value is not text.'],
  ] as const) {
    it(`msg.headers ${JSON.stringify(headers)}: says what to change, where the flow has it`, async () => {
      await load({}, {}, catalog('en-US'));
      assert.equal(sentenceOf(await ask({ headers }, 'caught')), sentence);
    });
  }

  it('reports an invalid template', async () => {
    await load({ uri: 'ws://host/{{#open}}' });
    assert.equal(codeOf(await ask({}, 'caught')), 'TEMPLATE_FAILED');
  });

  for (const [where, own, ofDevice] of [
    ['the node', [{ name: 'X-Key', secret: true, slot: 0 }], []],
    ['the device', [], [{ name: 'X-Key', secret: true, slot: 0 }]],
  ] as const)
    it(`asks for a secret header of ${where} that Node-RED has lost, or not imported`, async () => {
      const flow = flowOf('ws-open', 2, { uri: URI, headers: own }, { headers: ofDevice });
      await nodeRed.load(() => fake.device, flow, {}, catalog('en-US'));
      nodeRed.give('node');
      assert.equal(
        sentenceOf(await nodeRed.next('caught')),
        'Change the header "X-Key": Node-RED has no value for it, enter it again.',
      );
      assert.equal(fake.link.opened.length, 0);
    });

  for (const authorization of [
    'Basic {{#hunter2}}',
    'Basic {{/hunter2}}',
    'Basic {{#hunter2}}{{/a}}',
    'Basic {{=hunter2=}}',
    'Basic {{/a"hunter2}}',
  ]) {
    it(`hides an authorization that is no template: ${authorization}`, async () => {
      await load({}, { node: { authorization } }, catalog('en-US'));
      const msg = await ask({}, 'caught');
      assert.equal(codeOf(msg), 'TEMPLATE_FAILED');
      assert.match(
        sentenceOf(msg),
        /^Change the template of authorization: (a section is .* \(position \d+\)|its delimiters are not valid)\.$/,
      );
      assert.doesNotMatch(sentenceOf(msg), /hunter2/);
    });
  }
});
