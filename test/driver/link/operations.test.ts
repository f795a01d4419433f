import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { Harness } from '../../harness/harness';
import { one, openToOne, test, three, two } from './open/open-harness';
import { corrupted } from '../../../driver/link/state/link-step';

test('an open during a close is not closed by the rest of that close', async (harness) => {
  const { link, ending, story, connections, count } = harness;
  harness.server.behavior.answersCloses = false;
  const closing = ending(link.close());
  await harness.clock.advance(200);
  assert.equal(await ending(link.open({ uri: two })), 'done');
  assert.equal(await closing, 'done');
  // Longer than the first close would have waited for an answer.
  await harness.clock.advance(5000);
  assert.deepEqual(story(), ['closing 4', 'closed 0', 'opening 0', 'opened 2']);
  assert.deepEqual(connections(), ['/one false', '/two true']);
  assert.equal(count('AT+WSCLOSE'), 1);
});

describe('a second close', () => {
  test('joins the first, and the close is emitted once', async (harness) => {
    const { link, ending, story, count } = harness;
    const endings = [ending(link.close()), ending(link.close({ code: 1001 }))];
    assert.deepEqual(await Promise.all(endings), ['done', 'done']);
    assert.equal(harness.count('AT+WSSEND=0,2,8'), 1);
    assert.equal(harness.server.connections[0]?.frames[0]?.payload.toString('hex'), '03e8');
    assert.deepEqual([story(), count('AT+WSCLOSE')], [['closing 4', 'closed 0'], 1]);
  });

  test('ends the close handshake of the first when graceful is false', async (harness) => {
    const { link, ending } = harness;
    harness.server.behavior.answersCloses = false;
    const closing = ending(link.close());
    await harness.clock.advance(200);
    const before = harness.clock.now();
    await harness.clock.wait(link.close({ graceful: false }));
    assert.equal(await closing, 'done');
    assert.ok(harness.clock.now() - before < 1500, `took ${harness.clock.now() - before} ms`);
  });
});

test('two concurrent opens with replace to two servers: the last call wins, and the first never starts', async (harness) => {
  const { link, ending, story, connections } = harness;
  const first = ending(link.open({ uri: two, replace: true }));
  const second = ending(link.open({ uri: three, replace: true }));
  assert.deepEqual([await first, await second], ['OPEN_ABORTED', 'done']);
  assert.deepEqual(story(), ['closing 4', 'closed 0', 'opening 0', 'opened 2']);
  assert.deepEqual(connections(), ['/one false', '/three true']);
});

test('an aborted open is closing until the device has ended it, and says so', async (harness) => {
  const { link, ending, story } = harness;
  await ending(link.close());
  const opening = ending(link.open({ uri: 'ws://host/slow=3000' }));
  await harness.clock.advance(1000);
  const closing = ending(link.close());
  assert.equal(link.state, 'closing');
  assert.deepEqual(story().slice(2), ['opening 0', 'closing 0']);
  assert.deepEqual([await opening, await closing], ['OPEN_ABORTED', 'done']);
  assert.deepEqual(story().slice(2), ['opening 0', 'closing 0', 'closed 0']);
});

it('a link that closes sends the messages of earlier calls although received data is corrupt', async () => {
  await using harness = await openToOne({ serial: { baudRate: 115_200 } });
  const { link, ending } = harness;
  const endings = [
    ending(link.send('x'.repeat(10_000))),
    ending(link.send('given before the close')),
    ending(link.close()),
  ];
  await harness.clock.advance(100);
  link.take((state) => corrupted(state, new EspAtError('FRAME_STALLED', { link: 0 })));
  assert.deepEqual(await Promise.all(endings), ['done', 'done', 'done']);
});

test('a message that stops between its fragments is followed by no other message during the close', async (harness) => {
  const { link, ending } = harness;
  let sends = 0;
  harness.outcome = (line) =>
    line.startsWith('AT+WSSEND=0,16384') && ++sends > 1 ? { kind: 'error' } : undefined;
  const endings = [
    ending(link.send('x'.repeat(40_000))),
    ending(link.send('given before the close')),
    ending(link.close()),
  ];
  assert.deepEqual(await Promise.all(endings), ['SEND_UNKNOWN', 'LINK_CLOSED', 'done']);
  const frames = harness.server.connections[0]?.frames.filter(({ opcode }) => opcode < 8) ?? [];
  assert.ok(frames.length > 0 && frames.every(({ fin }) => !fin));
});

for (const event of ['closed-by-server', 'lost'] as const) {
  test(`an open from a listener of the end of a connection is the only open that follows the event ${event}`, async (harness) => {
    const { link, story, connections } = await harness.open({ uri: one, keepOpen: true });
    const openings: Promise<void>[] = [];
    link.on('statechange', ({ cause }) => {
      if (cause !== event || openings.length > 0) return;
      openings.push(link.open({ uri: two, replace: true, keepOpen: true }));
    });
    if (event === 'lost')
      link.take((state) => corrupted(state, new EspAtError('FRAME_STALLED', { link: 0 })));
    else harness.server.connections[0]?.close();
    await harness.clock.advance(20_000);
    await harness.clock.wait(Promise.all(openings));
    assert.ok(!story().includes('retry 0'), story().join());
    assert.equal(story().filter((each) => each.startsWith('opening')).length, 1);
    assert.deepEqual(connections(), ['/one false', '/two true']);
  });
}

// The next chunk of a long read may come after only a few promise reactions.
for (let reactions = 0; reactions < 16; reactions++) {
  it(`a close by the server right after the open is emitted when it comes ${reactions} promise reactions after the last response`, async () => {
    await using harness = await new Harness().ready();
    const { link } = harness;
    const deliver = harness.port.deliver.bind(harness.port);
    harness.port.deliver = (bytes) => {
      deliver(bytes);
      if (!bytes.toString('latin1').includes('+WSOPEN:0,2')) return;
      let last = Promise.resolve();
      for (let count = 0; count < reactions; count++) last = last.then(() => undefined);
      void last.then(() => deliver(Buffer.from('+WS_CLOSED:0\r\n')));
    };
    await harness.clock.wait(link.open({ uri: one }).catch(() => undefined));
    await harness.clock.advance(1000);
    assert.equal(link.stateNumber, 0);
    const events = harness.linkEvents.map(({ event, error }) => error?.code ?? event);
    assert.ok(['OPEN_CLOSED', 'closed-by-server'].includes(events.at(-1) ?? ''), events.join());
  });
}

for (const [event, urc, outcome] of [
  ['closed', '+WS_CLOSED:0\r\n', ['closed-by-server 0']],
  ['lost', '+WS_DISCONNECTED:0\r\n', ['lost 1', 'reopened 2']],
] as const) {
  for (const where of ['behind it', 'in it']) {
    test(`a response that lists a link does not override ${urc.trim()} that came ${where}`, async (harness) => {
      const { link, story } = harness;
      const deliver = harness.port.deliver.bind(harness.port);
      harness.port.deliver = (bytes) => {
        harness.port.deliver = deliver;
        const text = bytes.toString('latin1');
        const said = where === 'in it' ? text.replace('\r\n\r\n', `\r\n${urc}\r\n`) : text + urc;
        deliver(Buffer.from(said, 'latin1'));
      };
      const asking = harness.device.checkLinks();
      await harness.clock.wait(asking);
      assert.notEqual((await asking)[0]?.state, 2);
      await harness.clock.advance(100);
      // The driver asks again. The URC is the test's: the device still has the connection.
      assert.deepEqual(story(), outcome);
      assert.equal(link.stateNumber, event === 'closed' ? 0 : 2);
      assert.ok(harness.port.text.split('AT+WSOPEN?').length > 2);
    });
  }
}
