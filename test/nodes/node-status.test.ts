import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { LatestEvents } from '../../nodes/shared/device/latest-events';
import { NodeStatus } from '../../nodes/shared/status/node-status';
import { onInput } from '../../nodes/shared/message/input';
import { statusText } from '../../nodes/shared/status/status-words';
import { catalog } from '../harness/editor/catalog';
import { FakeDevice, type FakeLink } from '../harness/nodes/fake-device';
import type { DetailedStatus } from '../harness/nodes/node-red';
import { unchecked } from '../harness/refused';
import { VirtualClock } from '../../simulator/replay/virtual-clock';

const URI = 'ws://example.org/';
const failure = new EspAtError('OPEN_FAILED', { link: 0, reason: 'UNREACHABLE' });

/** A node's status on a ready device, in English. */
function stage() {
  const clock = new VirtualClock();
  const device = new FakeDevice();
  const shown: DetailedStatus[] = [];
  const handlers: ((...parameters: unknown[]) => void)[] = [];
  const node = unchecked({
    id: 'n1',
    status: (status: DetailedStatus) => void shown.push(status),
    on: (_event: string, handler: () => void) => void handlers.push(handler),
  });
  const latestEvents = new LatestEvents(clock);
  latestEvents.deviceChanged(device);
  const host = { clock, links: device.links, state: { name: 'ready' }, latestEvents };
  const published: [string, unknown, boolean][] = [];
  const RED = unchecked({
    _: catalog('en-US'),
    comms: {
      publish: (...publication: [string, unknown, boolean]) => void published.push(publication),
    },
  });
  const status = new NodeStatus(RED, node, unchecked({ host }), '0');
  status.deviceChanged(device);
  /** Deploys a node beside it, with a status that its function returns. */
  const deployBeside = (setting: string) => {
    const shownBeside: DetailedStatus[] = [];
    const beside = unchecked({
      id: 'n2',
      status: (each: DetailedStatus) => shownBeside.push(each),
    });
    const second = new NodeStatus(RED, beside, unchecked({ host }), setting);
    second.deviceChanged(device);
    return { end: () => second.end(), text: () => shownBeside.at(-1)?.text };
  };
  const [link] = device.links;
  return { clock, node, status, shown, published, handlers, device, link, deployBeside };
}

describe('the status of a node', () => {
  it('after a failed attempt: red, with the reason and a countdown that moves', async () => {
    const { clock, shown, link, status } = stage();
    link.uri = URI;
    link.become(0, 'failed', failure);
    link.retry(28_000);
    await clock.advance(28_000);
    const texts = shown.map(({ text }) => text);
    assert.deepEqual(texts, [
      'closed',
      'not reached',
      'not reached, again in 28 s',
      'not reached, again in 20 s',
      'not reached, again in 10 s',
      'not reached, again in 5 s',
    ]);
    assert.deepEqual(shown.at(-1), {
      fill: 'red',
      shape: 'ring',
      text: 'not reached, again in 5 s',
      event: 'retrying',
      link: 0,
      state: 0,
      code: 'OPEN_FAILED',
    });
    status.end();
  });

  const fails = (link: FakeLink) => link.become(0, 'failed', failure);
  const moments: readonly (readonly [string, (link: FakeLink) => void])[] = [
    ['closed', () => undefined],
    ['opening', (link) => link.become(0, 'opening')],
    ['not reached', fails],
    ['example.org', (link) => link.become(2, 'opened')],
    ['closing', (link) => link.become(4, 'closing')],
  ];
  for (const [text, happen] of moments)
    it(`of a node deployed after its link: ${text}, as on the nodes beside it`, () => {
      const { link, status, shown, deployBeside } = stage();
      link.uri = URI;
      happen(link);
      const [one, all] = [deployBeside('0'), deployBeside('all')];
      assert.deepEqual([shown.at(-1)?.text, one.text()], [text, text]);
      assert.equal(all.text(), text === 'closed' ? text : `0: ${text}`);
      for (const each of [status, one, all]) each.end();
    });

  it('of a node deployed while keep-open waits: the reason, and a countdown that moves', async () => {
    const { clock, link, status, shown, deployBeside } = stage();
    fails(link);
    link.retry(28_000);
    await clock.advance(10_500);
    const beside = deployBeside('0');
    assert.equal(beside.text(), 'not reached, again in 18 s');
    await clock.advance(10_000);
    for (const text of [beside.text(), shown.at(-1)?.text])
      assert.equal(text, 'not reached, again in 10 s');
    beside.end();
    status.end();
    assert.equal(clock.pending, 0);
  });

  it('that changes 1,000 times a second: shows at most 10 at once and 4 a second, and the last one', async () => {
    const { clock, shown, link, status } = stage();
    link.uri = URI;
    shown.length = 0;
    for (let ms = 0; ms < 5000; ms++) {
      if (ms % 2 === 0) link.become(0, 'failed', failure);
      else link.become(2, 'opened');
      await clock.advance(1);
    }
    link.become(0, 'failed', failure);
    await clock.advance(1000);
    assert.ok(shown.length >= 20 && shown.length <= 32, `${shown.length} statuses`);
    assert.equal(shown.at(-1)?.text, 'not reached');
    const omitted = shown.reduce((sum, each) => sum + (each.omitted ?? 0), 0);
    assert.equal(shown.length + omitted, 5001);
    link.become(2, 'opened');
    link.become(0, 'failed', failure);
    status.end();
    assert.equal(clock.pending, 0);
  });

  it('reaches the editor without a language too, and is forgotten when the node ends', () => {
    const { link, status, published } = stage();
    link.become(0, 'failed', failure);
    link.retry(28_000);
    status.end();
    const reason = { key: 'short.OPEN_FAILED', otherwise: { text: 'OPEN_FAILED' } };
    assert.deepEqual(published, [
      ['esp-at/status/n1', { key: 'status.closed' }, true],
      ['esp-at/status/n1', reason, true],
      ['esp-at/status/n1', { key: 'status.retrying', values: { reason, seconds: 28 } }, true],
      ['esp-at/status/n1', {}, false],
    ]);
    const [retrying] = published.filter(([, words]) => JSON.stringify(words).includes('retrying'));
    assert.equal(statusText(catalog('zh-CN'), unchecked(retrying?.[1])), '无法到达，28 秒后重试');
  });

  it('that counts down: stops when the link opens, and when the node ends', async () => {
    const { clock, shown, link, status } = stage();
    link.become(0, 'failed', failure);
    link.retry(60_000);
    link.uri = URI;
    link.become(2, 'opened');
    await clock.advance(60_000);
    assert.equal(shown.at(-1)?.text, 'example.org');
    link.become(0, 'closed-by-server');
    link.retry(60_000);
    assert.equal(shown.at(-1)?.text, 'closed, again in 60 s');
    status.end();
    const { length } = shown;
    await clock.advance(60_000);
    assert.equal(shown.length, length);
  });

  it('after a failed input: says what to change, until an input succeeds', async () => {
    const { shown, handlers, node, status } = stage();
    let error: EspAtError | undefined = new EspAtError('INVALID_PAYLOAD', { reason: 'EMPTY' });
    const handle = () => (error ? Promise.reject(error) : Promise.resolve());
    onInput(node, catalog('en-US'), handle, status);
    const give = () => new Promise((done) => handlers[0]?.({}, () => undefined, done));
    await give();
    assert.deepEqual(shown.at(-1), {
      fill: 'red',
      shape: 'ring',
      text: 'change the payload',
      event: 'input-failed',
      code: 'INVALID_PAYLOAD',
    });
    error = undefined;
    await give();
    assert.equal(shown.at(-1)?.text, 'closed');
    status.end();
  });

  for (const [code, text] of [
    ['LINK_NOT_OPEN', 'link not open'],
    ['DEVICE_NOT_READY', 'closed'],
  ] as const) {
    it(`after an input that failed with ${code}, and a change of the device: ${text}`, () => {
      const { shown, status, device } = stage();
      status.inputDone(new EspAtError(code, { link: 0, state: 'initializing' }));
      device.become({ name: 'disconnected' });
      device.become({ name: 'ready' });
      assert.equal(shown.at(-1)?.text, text);
      status.end();
    });
  }
});
