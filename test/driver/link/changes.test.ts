import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cancel } from '../../../driver/clock';
import type { Harness } from '../../harness/harness';
import { endingOf, openHarness } from '../../harness/ready-harness';
import { testWith } from '../../harness/test-with';

const test = testWith(() => openHarness());

const uri = 'ws://host/plain';

describe('opening a link that is reconnecting', () => {
  test('succeeds only once the link is open', async (harness) => {
    const { link } = harness;
    harness.server.connections[0]?.drop();
    await harness.clock.advance(500);
    assert.equal(link.stateNumber, 3);
    assert.equal(await harness.ending(link.open({ uri, owner: 'second' })), 'done');
    assert.deepEqual([link.stateNumber, link.owner], [2, 'second']);
    assert.equal(harness.server.connections.length, 2);
    assert.deepEqual(harness.story(), ['lost 1', 'reconnecting 3', 'opening 3', 'opened 2']);
  });

  it('keeps the messages held for the link', async () => {
    await using harness = await openHarness({}, { keepOpen: true });
    const { link } = harness;
    harness.server.connections[0]?.drop();
    await harness.clock.advance(500);
    const sending = link.send('held', { holdMs: 60_000 });
    assert.equal(await harness.ending(link.open({ uri, keepOpen: true })), 'done');
    assert.equal(await harness.ending(sending), 'done');
    await harness.clock.advance(10);
    assert.equal(harness.server.connections[1]?.frames[0]?.payload.toString(), 'held');
  });
});

describe('a close with messages in the queue', () => {
  for (const urc of ['+WS_DISCONNECTED', '+WS_CLOSED'])
    test(`sends no more of them, and ends at once, when ${urc} ends the connection`, async (harness) => {
      const { link, clock } = harness;
      harness.outcome = (line) =>
        line.startsWith('AT+WSSEND') ? { kind: 'late', delay: 300 } : undefined;
      const endings = ['m1', 'm2', 'm3'].map((text) => endingOf(link.send(text)));
      endings.push(endingOf(link.close()));
      await clock.advance(100);
      harness.say(`\r\n${urc}:0\r\n`);
      await clock.advance(250);
      assert.deepEqual([harness.count('AT+WSSEND'), harness.count('AT+WSCLOSE')], [1, 1]);
      const expected = ['done', 'LINK_CLOSED', 'LINK_CLOSED', 'done'];
      assert.deepEqual(await clock.wait(Promise.all(endings)), expected);
    });
});

describe('a close that the device refuses', () => {
  for (const refusals of [2, 3, 6]) {
    test(`is retried until the link is closed: refused ${refusals} times`, async (harness) => {
      const { link } = harness;
      let refused = 0;
      harness.outcome = (line) => {
        if (!line.startsWith('AT+WSCLOSE') || refused >= refusals) return undefined;
        refused++;
        return { kind: 'error' };
      };
      const server = startTalking(harness);
      assert.equal(await harness.ending(link.close({ graceful: false })), 'COMMAND_FAILED');
      await harness.clock.advance(60_000);
      server.stop();
      assert.equal(refused, refusals);
      assert.deepEqual(harness.story(), ['closing 4', 'closed 0']);
      const asked = await harness.clock.wait(harness.device.checkLinks());
      assert.deepEqual(
        asked.map(({ stateNumber }) => stateNumber),
        [0, 0, 0],
      );
    });
  }

  test('does not leave a closed link in state closing', async (harness) => {
    const { link } = harness;
    let refused = 0;
    // The device executes the command, although it responds ERROR.
    harness.outcome = (line) =>
      line.startsWith('AT+WSCLOSE') && refused++ < 2 ? { kind: 'answer false' } : undefined;
    assert.equal(await harness.ending(link.close({ graceful: false })), 'COMMAND_FAILED');
    await harness.clock.advance(1500);
    assert.equal(link.stateNumber, 0);
  });

  it('ends its connection before the open that replaces it, with the requests on it', async () => {
    await using harness = await openHarness({ firmware: 'C' }, { owner: 'old' });
    const { link } = harness;
    let refused = 0;
    harness.outcome = (line) =>
      line.startsWith('AT+WSCLOSE') && refused++ < 2 ? { kind: 'error' } : undefined;
    const asked = harness.ending(link.request('question', { match: { by: 'next' } }));
    await harness.clock.advance(100);
    const other = 'ws://host/other';
    const opened = link.open({ uri: other, replace: true, owner: 'new' });
    assert.equal(await harness.ending(opened), 'done');
    harness.server.connections[1]?.send({ fin: true, opcode: 1, payload: Buffer.from('greeting') });
    assert.equal(await asked, 'REPLY_LOST');
    assert.equal(refused, 3);
    const events = harness.linkEvents.map(({ event, uri, owner }) => `${event} ${uri} ${owner}`);
    assert.deepEqual(events, [
      ...[`closing ${uri} old`, `closed ${uri} old`],
      ...[`opening ${other} new`, `opened ${other} new`],
    ]);
  });

  /** Has the server send a message every second, so that no silence starts a health check. */
  function startTalking(harness: Harness): { stop(): void } {
    let cancel: Cancel = () => undefined;
    const speak = () => {
      harness.serve('hello');
      cancel = harness.clock.after(1000, speak);
    };
    speak();
    return { stop: () => cancel() };
  }
});

describe('a connection loss without a URC', () => {
  it('is emitted when the device reports the next connection', async () => {
    await using harness = await openHarness(
      { firmware: 'C' },
      {
        framing: { by: 'json' },
      },
    );
    harness.serve('{"half":[');
    await harness.clock.advance(100);
    harness.alterOutput = (text) => text.replace('+WS_DISCONNECTED:0\r\n', '');
    harness.server.connections[0]?.drop();
    await harness.clock.advance(20_000);
    const events = harness.linkEvents.map(({ event, error }) => error?.code ?? event);
    assert.deepEqual(events, ['MESSAGE_INCOMPLETE', 'lost', 'reopened']);
  });

  test('is not emitted when the URC of a connection comes after the response that lists it', async (harness) => {
    const { link } = harness;
    let late = '';
    harness.alterOutput = (text) => {
      if (!text.includes('+WS_CONNECTED:0\r\n')) return text;
      late = '+WS_CONNECTED:0\r\n';
      return text.replace(late, '');
    };
    harness.server.connections[0]?.drop();
    await harness.until(() => late !== '', 30_000);
    await harness.clock.wait(harness.device.checkLinks());
    assert.equal(link.stateNumber, 2);
    harness.say(late);
    assert.deepEqual(harness.story(), ['lost 1', 'reconnecting 3', 'reopened 2']);
  });
});

describe('a password in a URI', () => {
  it('reaches the server, but no event or message', async () => {
    const secret = 'ws://user:hunter2@host/echo';
    await using harness = await openHarness({}, { uri: secret });
    const { link } = harness;
    assert.equal(
      harness.server.requests[0]?.headers.find(([name]) => name === 'Authorization')?.[1],
      `Basic ${Buffer.from('user:hunter2').toString('base64')}`,
    );
    await harness.clock.wait(link.send('hello'));
    await harness.clock.advance(10);
    const asked = await harness.clock.wait(harness.device.checkLinks());
    assert.equal(harness.messages[0]?.uri, 'ws://host/echo');
    assert.equal(link.uri, 'ws://host/echo');
    // The link is open to this URI already; another password makes another URI.
    assert.equal(await harness.ending(link.open({ uri: secret })), 'done');
    assert.equal(await harness.ending(link.open({ uri: 'ws://user:x@host/echo' })), 'LINK_IN_USE');
    await harness.clock.wait(link.close());
    const reported = JSON.stringify([harness.linkEvents, harness.events, harness.states, asked]);
    assert.ok(reported.includes('ws://host/echo') && !reported.includes('hunter2'), reported);
  });

  it('reaches no error when the device lists its links and then responds ERROR', async () => {
    await using harness = await openHarness({}, { uri: 'ws://user:hunter2@host/echo' });
    harness.outcome = (line) => (line === 'AT+WSOPEN?' ? { kind: 'answer false' } : undefined);
    await assert.rejects(harness.clock.wait(harness.device.checkLinks()), {
      code: 'COMMAND_FAILED',
      message: 'The device answered ERROR to AT+WSOPEN?. Check the settings for this command.',
    });
  });
});
