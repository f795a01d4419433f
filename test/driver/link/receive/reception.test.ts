import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FirmwareClass } from '../../../../simulator';
import { Harness } from '../../../harness/harness';
import { openToOne, test } from '../open/open-harness';

const DATA_FORMAT = 'AT+WSDATAFMT=0,0,55';

/** A `+WS_DATA` with a corrupt byte in its name. */
const corruptData = Buffer.from('+WS_DXTA:0,5,hello\r\n');

/** The reasons of the resyncs so far. */
const resyncs = (harness: Harness) =>
  harness.events.flatMap(({ event, detail }) => (event === 'outofsync' ? [detail] : []));

describe('an unknown line', () => {
  for (const firmware of ['A', 'C', 'D'] as const)
    it(`causes a resync and one data loss while a link of class ${firmware} is open, and neither later`, async () => {
      await using harness = await openToOne({ firmware });
      const { link, ending } = harness;
      await harness.clock.advance(1000);
      harness.port.deliver(corruptData);
      await harness.clock.advance(10_000);
      assert.deepEqual(resyncs(harness), ['CORRUPT_LINE']);
      const losses = () => harness.linkEvents.filter(({ event }) => event === 'dataloss').length;
      assert.equal(losses(), 1);
      assert.equal(await ending(link.close()), 'done');
      harness.port.deliver(corruptData);
      await harness.clock.advance(10_000);
      assert.deepEqual([resyncs(harness), losses()], [['CORRUPT_LINE'], 1]);
    });

  test('causes a resync while the device reconnects a link', async (harness) => {
    const { story } = harness;
    harness.say('+WS_DISCONNECTED:0\r\n');
    harness.port.deliver(corruptData);
    await harness.clock.advance(10);
    assert.deepEqual(story().slice(0, 1), ['lost 1']);
    assert.deepEqual(resyncs(harness), ['CORRUPT_LINE']);
  });
});

describe('after data loss', () => {
  async function commands(firmware: FirmwareClass, corrupt: string): Promise<string[]> {
    await using harness = await openToOne({ firmware });
    await harness.clock.advance(1000);
    harness.port.written.length = 0;
    harness.say(corrupt);
    await harness.clock.advance(10_000);
    const written = harness.lines();
    return written;
  }

  it('the driver sets the data format of an open link again once in sync, where there is one', async () => {
    const corrupt = corruptData.toString();
    for (const [firmware, count] of [
      ['D', 1],
      ['C', 0],
    ] as const) {
      const formats = (await commands(firmware, corrupt)).filter((line) => line === DATA_FORMAT);
      assert.equal(formats.length, count, firmware);
    }
  });

  test('the driver leaves the data format of a link alone while it closes', async (harness) => {
    const { link, ending } = harness;
    harness.server.behavior.answersCloses = false;
    const closing = ending(link.close());
    await harness.clock.advance(200);
    harness.port.deliver(corruptData);
    assert.equal(await closing, 'done');
    assert.deepEqual(resyncs(harness), ['CORRUPT_LINE']);
    assert.ok(!harness.lines().includes(DATA_FORMAT), harness.port.text);
  });

  it('the driver leaves the data format alone where a resync lost no data', async () => {
    const written = await commands('D', 'OK\r\n');
    assert.ok(written.includes('AT+SYSSTORE?'), written.join());
    assert.ok(!written.includes(DATA_FORMAT), written.join());
  });
});

describe('data before the OK of AT+WSOPEN', () => {
  /** Opens a link; the device sends `early` right before the URC `+WS_CONNECTED`. */
  async function opened(early: string) {
    const harness = await new Harness().ready();
    harness.alterOutput = (text) => {
      if (!text.includes('+WS_CONNECTED:0')) return text;
      harness.alterOutput = undefined;
      return early + text;
    };
    await harness.clock.wait(harness.link.open({ uri: 'ws://host/plain' }));
    return harness;
  }

  it('is delivered in order once the link is open, and none of it to the next connection', async () => {
    await using harness = await opened('+WS_DATA:0,1,1,3,3,one\r\n+WS_DATA:0,1,0,3,3,tw\r\n');
    const { link, texts } = harness;
    assert.deepEqual(texts(), ['one']);
    await harness.clock.wait(link.close());
    harness.say('+WS_DATA:0,1,1,4,4,none\r\n');
    await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
    harness.say('+WS_DATA:0,1,1,3,3,new\r\n');
    assert.deepEqual(texts(), ['one', 'new']);
  });

  it('is reported as lost once the link is open, when its header is corrupt', async () => {
    await using harness = await opened('+WS_DATA:0,1,1,5,6,hello\r\n');
    const events = harness.linkEvents.map(({ event, error }) => error?.code ?? event);
    assert.deepEqual(events, ['opening', 'opened', 'DATA_LOST']);
  });
});

describe('a link that the device reconnects emits the message that comes before a check shows the connection', () => {
  for (const [kind, urc, expected, before] of [
    ['is lost', '', ['lost', 'reopened', 'hello'], ''],
    [
      'is corrupt, behind a data loss',
      '+WS_CONNXCTED:0\r\n',
      ['lost', 'reopened', 'DATA_LOST', 'hello'],
      '',
    ],
    [
      'is corrupt, without that data loss where the connection has ended since',
      '+WS_CONNXCTED:0\r\n',
      ['lost', 'reopened', 'hello'],
      '+WS_DISCONNECTED:0\r\n',
    ],
  ] as const)
    test(`where its +WS_CONNECTED ${kind}`, async (harness) => {
      const { link, device, server, clock } = harness;
      const told: string[] = [];
      link.on('statechange', ({ cause }) => cause !== 'reconnecting' && told.push(cause));
      link.on('dataloss', ({ error }) => told.push(error.code));
      link.on('message', ({ bytes }) => told.push(bytes.toString()));
      const inserted = [`${before}+WS_DATA:0,1,1,5,5,hello\r\n`];
      harness.alterOutput = (text) =>
        text
          .replace('+WS_CONNECTED:0\r\n', urc)
          .replace('+WSOPEN:0,2', (found) => `${inserted.shift() ?? ''}${found}`);
      server.connections[0]?.reset();
      await harness.until(() => server.connections.length === 2);
      await clock.advance(100);
      await clock.wait(device.checkLinks());
      assert.deepEqual(told.slice(0, expected.length), expected);
    });
});

test('a link that the device reconnects twice, without a +WS_CONNECTED, joins no message of one connection to that of the next', async (harness) => {
  const { link, device, server, clock } = harness;
  const half = (text: string) => `+WS_DATA:0,1,1,10,5,${text}\r\n`;
  const again = `${half('first')}+WS_DISCONNECTED:0\r\n${half('other')}${half('whole')}`;
  harness.alterOutput = (text) => text.replace('+WS_CONNECTED:0\r\n', again);
  server.connections[0]?.reset();
  await harness.until(() => server.connections.length === 2);
  await clock.advance(100);
  await clock.wait(device.checkLinks());
  assert.equal(link.state, 'open');
  assert.deepEqual(harness.texts(), ['otherwhole']);
});
