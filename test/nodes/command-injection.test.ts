import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import fc from 'fast-check';
import type { NodeMessage } from 'node-red';
import { errorCodes } from '../../driver/errors';
import { nodeErrorCodes } from '../../nodes/shared/errors/node-error';
import { anyText, anyValue } from '../harness/any-text';
import { writtenCommands, type WrittenCommand } from '../harness/port/host-stream';
import type { Harness } from '../harness/harness';
import { wholeFlow } from '../harness/nodes/flows';
import { harnessFlow } from '../harness/nodes/harness-flow';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime, type NodeRed } from '../harness/nodes/node-red';
import {
  isFirstPing,
  openValues,
  headerPayloads,
  expectedHeaders,
  bytesOf,
  closeFrame,
} from './values-on-the-wire';

const RUNS = { numRuns: 250, seed: 20261125 };
const URI = 'ws://host/plain';

/** A field that is left out, right, or anything at all. */
const field = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 3, arbitrary: right },
    { weight: 1, arbitrary: anyText() },
    { weight: 1, arbitrary: anyValue() },
  );

const link = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 1, '2') },
  { weight: 1, arbitrary: anyValue() },
);

const opening = fc.record({
  linkId: link,
  uri: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(URI, 'ws://host/"q",\\') },
    { weight: 1, arbitrary: anyText() },
    { weight: 1, arbitrary: anyText().map((text) => `ws://host/${text}`) },
    { weight: 1, arbitrary: anyValue() },
  ),
  subprotocol: field(fc.constantFrom('chat', 'a, b')),
  timeout: field(fc.constantFrom(1000, '2000')),
  auth: field(fc.constantFrom('Bearer "x",\\y', 'Basic eDp5')),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    {
      weight: 3,
      arbitrary: fc.dictionary(
        fc.constantFrom('X-A', 'X-B', 'X-C', 'X:D'),
        fc.oneof({ weight: 4, arbitrary: fc.constantFrom('v, "w"', 7) }, anyText(), anyValue()),
        { maxKeys: 2 },
      ),
    },
    { weight: 1, arbitrary: anyValue() },
  ),
});

onEachRuntime('command injection: arbitrary values in every field of a message', (nodeRed) => {
  const begin = harnessFlow(nodeRed);
  let harness: Harness;

  beforeEach(async () => {
    harness = await begin();
    assert.ok(await harness.clock.until(() => harness.device.state.name === 'ready'));
  });

  /** Gives a message to a node. Returns how it ended, and the commands of that time: none after `INVALID_*`. */
  async function give(node: string, msg: object): Promise<Ending> {
    harness.port.written.length = 0;
    nodeRed.give(node, { ...msg });
    const failed = await ended(nodeRed, harness);
    // Time for what comes by itself.
    await harness.clock.advance(100);
    // The driver asks for the states of the links now and then, whatever the flow does.
    const said = writtenCommands(Buffer.concat(harness.port.written)).filter(
      ({ name, kind }) => name !== '+WSOPEN' || kind !== 'query',
    );
    const code = failed ? codeOf(failed) : undefined;
    if (String(code).startsWith('INVALID_'))
      assert.deepEqual(
        said.filter((each) => !isFirstPing(each)),
        [],
      );
    if (failed) {
      assert.ok(
        [...errorCodes, ...nodeErrorCodes].some((known) => known === code),
        String(code),
      );
      // One line, which does not hold all of a long value.
      assert.match(sentenceOf(failed), /^[^\r\n\0]{1,300}$/);
    }
    return { code, said };
  }

  /** Acts on arbitrary messages. `act` returns whether one went through: of all, one in `divisor` must. */
  async function check<T>(
    messages: fc.Arbitrary<T>,
    divisor: number,
    act: (msg: T) => Promise<boolean>,
  ): Promise<void> {
    let passed = 0;
    const property = fc.asyncProperty(messages, async (msg) => {
      if (await act(msg)) passed++;
    });
    await fc.assert(property, RUNS);
    assert.ok(passed > RUNS.numRuns / divisor, `${passed} went through: too few to prove much`);
  }

  it('ws-open opens with exactly these values, or writes nothing', async () => {
    await check(opening, 10, async (msg) => {
      const { code, said: all } = await give('open', msg);
      const said = all.filter((each) => !isFirstPing(each));
      const texts = said.map(({ name }) => name);
      const allowed = ['+WSHEAD', '+WSCFG', '+WSDATAFMT', '+WSOPEN', '+WSCLOSE'];
      assert.deepEqual(
        texts.filter((name) => !allowed.includes(name)),
        [],
      );
      const open = said.filter(({ name }) => name === '+WSOPEN');
      for (const { values } of open) assert.deepEqual(values, openValues(msg));
      if (open.length > 0) {
        // An opening that failed for no visible reason is tried twice.
        const times = code === undefined ? 1 : open.length;
        const headers = Array.from({ length: times }, () => expectedHeaders(msg.headers));
        assert.deepEqual(headerPayloads(said), headers.flat());
      }
      const links = said.filter(({ name, kind }) => kind === 'set' && name !== '+WSHEAD');
      for (const { values } of links) assert.equal(values[0], Number(msg.linkId));
      await closeAll(harness);
      return open.length > 0;
    });
  });

  it('ws-open templates: exactly the rendered values, or nothing is written', async () => {
    const open = {
      link: '0',
      uri: 'ws://host/{{payload}}?{{flow.query}}',
      subprotocol: '{{msg.protocol}}',
      headers: [{ name: 'X-A', value: 'v {{topic}}' }],
    };
    await nodeRed.deploy(wholeFlow({ open }), 'nodes');
    const short = fc.constantFrom('x', '{{payload}}', 'a,"b"');
    const message = fc.record({
      payload: fc.oneof(short, anyText()),
      topic: fc.oneof({ weight: 3, arbitrary: short }, anyText()),
      protocol: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('chat', '') }, anyText()),
      query: fc.oneof({ weight: 3, arbitrary: short }, anyText()),
    });
    await check(message, 10, async ({ query, ...msg }) => {
      nodeRed.node('open').context().flow.set('query', query);
      const { said } = await give('open', msg);
      const opens = said.filter(({ name }) => name === '+WSOPEN');
      for (const { values } of opens) {
        const uri = `ws://host/${msg.payload}?${query}`;
        assert.deepEqual(values, openValues({ linkId: 0, uri, subprotocol: msg.protocol }));
        assert.equal(headerPayloads(said)[0], `X-A: v ${msg.topic}`);
      }
      await closeAll(harness);
      return opens.length > 0;
    });
  });

  it('ws-open with a URI and a subprotocol from an expression: exactly these, or nothing is written', async () => {
    const open = {
      settingsVersion: 2,
      link: '0',
      uri: '"ws://host/" & payload',
      uriType: 'jsonata',
      subprotocol: 'protocol',
      subprotocolType: 'flow',
    };
    await nodeRed.deploy(wholeFlow({ open }), 'nodes');
    const short = fc.constantFrom('x', 'a,"b"', 'chat');
    const message = fc.record({
      payload: fc.oneof(short, anyText()),
      protocol: fc.oneof(short, anyText()),
    });
    await check(message, 10, async ({ payload, protocol }) => {
      nodeRed.node('open').context().flow.set('protocol', protocol);
      const { said } = await give('open', { payload });
      const opens = said.filter(({ name }) => name === '+WSOPEN');
      for (const { values } of opens) {
        const uri = `ws://host/${payload}`;
        assert.deepEqual(values, openValues({ linkId: 0, uri, subprotocol: protocol }));
      }
      await closeAll(harness);
      return opens.length > 0;
    });
  });

  it('ws-send sends exactly this payload, or writes nothing', async () => {
    const message = fc.record({
      linkId: link,
      payload: fc.oneof(anyText(), anyValue(), fc.uint8Array({ maxLength: 300 })),
      opcode: fc.oneof(fc.constant(undefined), fc.constantFrom('text', 'binary', 1, 2), anyValue()),
      timeout: fc.oneof(fc.constant(undefined), fc.constant(500), anyValue(), anyText()),
      fin: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(undefined, true) },
        { weight: 1, arbitrary: anyValue() },
      ),
    });
    await check(message, 5, async (msg) => {
      await openAll(harness);
      const { said } = await give('send', msg);
      const sends = said.filter(({ name }) => name === '+WSSEND');
      if (sends.length === 0) return false;
      const payload = Buffer.concat(sends.flatMap((each) => each.payload ?? []));
      assert.deepEqual(payload, bytesOf(msg.payload));
      for (const { values } of sends) assert.equal(values[0], Number(msg.linkId));
      return true;
    });
  });

  it('ws-close sends exactly this code and reason, or writes nothing', async () => {
    const message = fc.record({
      linkId: link,
      code: field(fc.constantFrom(1000, '3001', 4999)),
      reason: field(fc.constantFrom('done', 'grüß')),
    });
    await check(message, 10, async (msg) => {
      await openAll(harness);
      const { code, said } = await give('close', msg);
      if (code !== undefined) return false;
      const shown = said.map(({ name, values, payload }) => [name, values[0], payload]);
      const frame = closeFrame(msg.code, msg.reason ?? '');
      assert.deepEqual(shown[0], ['+WSSEND', Number(msg.linkId), frame]);
      const rest = shown.slice(1).filter(([name]) => name !== '+WSCLOSE');
      assert.deepEqual(rest, []);
      return true;
    });
  });

  it('ws-status writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record({ linkId: fc.oneof(link, anyText()) }), async (msg) => {
        assert.deepEqual((await give('status', msg)).said, []);
      }),
      RUNS,
    );
  });
});

interface Ending {
  /** Undefined when it ended well. */
  readonly code: unknown;
  readonly said: readonly WrittenCommand[];
}

/** Waits until the message has ended; returns it if it failed. */
async function ended(nodeRed: NodeRed, harness: Harness): Promise<NodeMessage | undefined> {
  const arrived = (id: string) => nodeRed.waiting(id).length > 0;
  assert.ok(await harness.clock.until(() => arrived('completed') || arrived('caught'), 120_000));
  assert.ok(!(arrived('completed') && arrived('caught')));
  if (arrived('caught')) return nodeRed.next('caught');
  await nodeRed.next('completed');
  return undefined;
}

/** Opens the links that are not open. */
async function openAll(harness: Harness): Promise<void> {
  await harness.clock.wait(
    Promise.all(harness.device.links.map((each) => each.open({ uri: URI }))),
  );
}

async function closeAll(harness: Harness): Promise<void> {
  for (const each of harness.device.links) {
    await harness.clock.wait(each.close({ graceful: false }));
  }
}
