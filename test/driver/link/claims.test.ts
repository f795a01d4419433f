import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { Harness } from '../../harness/harness';
import { failure, readyHarness } from '../../harness/ready-harness';
import { one, test, two } from './open/open-harness';

describe('an abort', () => {
  const slow = 'ws://host/slow=700';

  /** A link whose open() by the owner `old` is under way at a slow server. */
  async function openingLink(harness: Harness) {
    await harness.clock.wait(harness.link.close());
    const controller = new AbortController();
    const first = harness.ending(harness.link.open({ uri: slow, owner: 'old' }, controller));
    await harness.clock.advance(100);
    return { controller, first };
  }

  test('of an open under way closes the link', async (harness) => {
    const { link } = harness;
    const { first, controller } = await openingLink(harness);
    controller.abort(new EspAtError('ABORTED'));
    assert.equal(await first, 'ABORTED');
    await harness.clock.advance(5000);
    assert.equal(link.stateNumber, 0);
    assert.ok(harness.server.connections.every(({ open }) => !open));
  });

  test('of an open that a newer open has joined changes nothing', async (harness) => {
    const { link, ending } = harness;
    const { first, controller } = await openingLink(harness);
    const second = ending(link.open({ uri: slow, owner: 'new' }));
    controller.abort();
    assert.deepEqual([await first, await second], ['done', 'done']);
    assert.deepEqual([link.stateNumber, link.owner], [2, 'new']);
  });

  test('of an open that has settled changes nothing, and its signal has no listener left', async (harness) => {
    const { link } = harness;
    const { first, controller } = await openingLink(harness);
    assert.equal(await first, 'done');
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
    controller.abort();
    await harness.clock.advance(5000);
    assert.equal(link.stateNumber, 2);
  });

  test('of a close ends the wait, not the close', async (harness) => {
    const { link, ending } = harness;
    harness.server.behavior.answersCloses = false;
    const controller = new AbortController();
    const closing = ending(link.close({ signal: controller.signal }));
    await harness.clock.advance(200);
    controller.abort(new EspAtError('ABORTED'));
    assert.equal(await closing, 'ABORTED');
    assert.equal(link.stateNumber, 4);
    await harness.clock.advance(5000);
    assert.equal(link.stateNumber, 0);
  });
});

describe('the owner of a link', () => {
  test('is the owner of the newest open from its call on; events of the old connection keep their owner', async (harness) => {
    const { link, ending } = harness;
    const opening = ending(link.open({ uri: two, replace: true, owner: 'new' }));
    assert.equal(link.owner, 'new');
    assert.equal(await opening, 'done');
    const owners = harness.linkEvents.map(({ event, uri, owner }) => [event, uri, owner]);
    assert.deepEqual(owners, [
      ['closing', one, undefined],
      ['closed', one, undefined],
      ['opening', two, 'new'],
      ['opened', two, 'new'],
    ]);
  });

  it('keeps the rest of its last message when another open replaces it', async () => {
    await using harness = await readyHarness({ firmware: 'C' });
    const { link } = harness;
    const heard: string[] = [];
    link.on('message', ({ bytes, uri, owner }) =>
      heard.push(`${bytes.toString()} ${uri} ${owner}`),
    );
    link.on('dataloss', ({ error, uri, owner }) => heard.push(`${error.code} ${uri} ${owner}`));
    const framings = [{ by: 'idle', idleMs: 10_000 }, { by: 'json' }, { by: 'chunk' }] as const;
    for (const [index, framing] of framings.entries()) {
      const uri = `ws://host/${index}`;
      const opening = link.open({ uri, replace: true, owner: `owner ${index}`, framing });
      await harness.clock.wait(opening);
      harness.server.connections[index]?.send({ fin: true, opcode: 1, payload: Buffer.from('{') });
      await harness.clock.advance(1000);
    }
    assert.deepEqual(heard, [
      '{ ws://host/0 owner 0',
      'MESSAGE_INCOMPLETE ws://host/1 owner 1',
      '{ ws://host/2 owner 2',
    ]);
  });
});

for (const replace of [false, true])
  it(`a message that is held for a link fails with an open of another URI ${replace ? 'that replaces one under way' : 'after a failed one'}`, async () => {
    await using harness = replace ? new Harness() : await readyHarness();
    const { device, clock, server } = harness;
    const [link] = device.links;
    device.start();
    link.open({ uri: 'ws://host:1/', keepOpen: true }).catch(() => undefined);
    if (!replace) await clock.until(() => harness.linkEvents.at(-1)?.event === 'retry', 20_000);
    const held = failure(harness, link.send('for the other', { holdMs: 60_000 }));
    await clock.wait(link.open({ uri: 'ws://host/plain', replace }));
    assert.deepEqual([(await held).code, (await held).outcome], ['LINK_CLOSED', 'not-sent']);
    await clock.advance(1000);
    assert.ok(server.connections[0]?.frames.every(({ opcode }) => opcode !== 1));
  });
