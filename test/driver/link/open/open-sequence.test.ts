import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import type { OpenOptions } from '../../../../driver/link/options';
import type { FirmwareClass } from '../../../../simulator';
import { Harness, type HarnessOptions } from '../../../harness/harness';
import { makeAuthority, makeIdentity } from '../../../harness/network/ws-server-certificates';
import { corrupted } from '../../../../driver/link/state/link-step';

const now = Date.UTC(2026, 10, 25);
const own = makeAuthority('Home CA');
const impostor = makeIdentity(makeAuthority('Foreign CA'), 'server.example');

/** Changes the chunks that pass a port in one direction. */
type Corruption = (text: string) => string;

const none: Corruption = (text) => text;

/** Changes the first occurrence of a text, and nothing after it. */
function once(from: string, to: string): Corruption {
  let done = false;
  return (text) => {
    if (done || !text.includes(from)) return text;
    done = true;
    return text.replace(from, to);
  };
}

/** A ready harness whose port may corrupt bytes in both directions. */
async function corruptingHarness(
  options: HarnessOptions,
  fromDevice: Corruption,
  toDevice = none,
): Promise<Harness> {
  const harness = new Harness(options);
  harness.alterOutput = fromDevice;
  harness.alterInput = toDevice;
  await harness.ready();
  harness.port.written.length = 0;
  return harness;
}

/** How an open of link 0 ends, see {@link endingOf}. */
const opened = (harness: Harness, options: OpenOptions): Promise<string> =>
  harness.ending(harness.link.open(options));

describe('a link that has to verify its server', () => {
  const options: OpenOptions = {
    uri: 'wss://server.example/echo',
    authorization: 'Bearer secret',
    config: { auth: 2, ca: 0 },
  };

  /** A harness in which every server is an impostor. */
  async function impostorHarness(
    firmware: FirmwareClass,
    fromDevice: Corruption,
    toDevice = none,
  ): Promise<Harness> {
    const made: Harness = await corruptingHarness(
      {
        firmware,
        simulator: { time: () => now },
        device: {
          sntp: { timezone: 0, servers: ['time.example'] },
          certificates: [{ slot: 0, ca: own.certificate, certificate: '', key: '' }],
        },
        route: () => ({ kind: 'server', server: made.server, tls: { identity: impostor } }),
      },
      fromDevice,
      toDevice,
    );
    return made;
  }

  for (const firmware of ['C', 'D'] as const) {
    it(`does not open with default settings in a second attempt, class ${firmware}`, async () => {
      const corruption = once('+WS_DISCONNECTED:0', '*WS_DISCONNECTED:0');
      await using harness = await impostorHarness(firmware, corruption);
      assert.equal(await opened(harness, options), 'OPEN_FAILED');
      assert.equal(harness.server.requests.length, 0);
      // The driver retried after the corruption, and configured the second attempt like the first.
      const steps = harness.lines().flatMap((line) => /^AT\+WS(CFG|OPEN)=/.exec(line)?.[1] ?? []);
      assert.deepEqual(steps, ['CFG', 'CFG', 'OPEN', 'CFG', 'CFG', 'OPEN']);
    });

    it(`does not open with default settings when its WSCFG went to another link, class ${firmware}`, async () => {
      for (const other of [1, 2]) {
        await using harness = await impostorHarness(
          firmware,
          none,
          once('AT+WSCFG=0,10,120,1024,2', `AT+WSCFG=${other},10,120,1024,2`),
        );
        assert.equal(await opened(harness, options), 'OPEN_FAILED');
        assert.equal(harness.server.requests.length, 0);
      }
    });
  }
});

describe('an open on a port that corrupts bytes', () => {
  const headers = [{ name: 'X-Key', value: 'secret' }];

  const steps = (harness: Harness) =>
    harness
      .lines()
      .flatMap((line) => /^AT\+WS((?:CFG|OPEN|CLOSE)(?:=\d|\?))/.exec(line)?.[1] ?? []);

  it('is retried when the device read a different URI', async () => {
    await using harness = await corruptingHarness(
      { firmware: 'C' },
      none,
      once('/plain', '/plaid'),
    );
    assert.equal(await opened(harness, { uri: 'ws://host/plain' }), 'done');
    assert.deepEqual(harness.connections(), ['/plaid false', '/plain true']);
    assert.deepEqual(steps(harness), [
      ...['CFG=0', 'OPEN=0', 'OPEN?', 'CLOSE=0'],
      ...['CFG=0', 'OPEN=0', 'OPEN?'],
    ]);
  });

  it('is retried when the device lists the link as one that waits to reconnect', async () => {
    await using harness = await corruptingHarness(
      { firmware: 'C' },
      once('+WSOPEN:0,2,', '+WSOPEN:0,3,'),
    );
    assert.equal(await opened(harness, { uri: 'ws://host/plain' }), 'done');
    assert.deepEqual(steps(harness), [
      ...['CFG=0', 'OPEN=0', 'OPEN?', 'CLOSE=0'],
      ...['CFG=0', 'OPEN=0', 'OPEN?'],
    ]);
  });

  it('fails and leaves no link open when the device never reads the right URI', async () => {
    await using harness = await corruptingHarness({}, none, (text) =>
      text.replace('/plain', '/plaid'),
    );
    assert.equal(await opened(harness, { uri: 'ws://host/plain' }), 'OPEN_FAILED');
    await harness.clock.advance(1000);
    assert.deepEqual(harness.connections(), ['/plaid false', '/plaid false']);
  });

  it('fails and closes the link when the device never says what it has opened', async () => {
    await using harness = await corruptingHarness({ firmware: 'C' }, (text) =>
      text.replace('+WSOPEN:0,2,', '+WSOPEN:0,z,'),
    );
    assert.equal(await opened(harness, { uri: 'ws://host/plain' }), 'FIRMWARE_UNKNOWN');
    assert.deepEqual(steps(harness), ['CFG=0', 'OPEN=0', 'OPEN?', 'OPEN?', 'CLOSE=0']);
    await harness.clock.advance(1000);
    assert.equal(harness.server.connections[0]?.open, false);
  });

  it('is retried, and the other link closed, when the device read a different link number', async () => {
    await using harness = await corruptingHarness(
      { firmware: 'C' },
      none,
      once('AT+WSOPEN=0', 'AT+WSOPEN=1'),
    );
    assert.equal(await opened(harness, { uri: 'ws://host/plain' }), 'done');
    await harness.clock.advance(1000);
    assert.deepEqual(
      harness.server.connections.map(({ open }) => open),
      [false, true],
    );
    assert.deepEqual(steps(harness), [
      ...['CFG=0', 'OPEN=0', 'OPEN?', 'CFG=0', 'OPEN=0', 'OPEN?'],
      ...['CLOSE=1', 'OPEN?'],
    ]);
  });

  it('fails when a header never reads back correctly', async () => {
    await using harness = await corruptingHarness({}, none, (text) =>
      text.replace('secret', 'secreT'),
    );
    assert.equal(await opened(harness, { uri: 'ws://host/plain', headers }), 'OUT_OF_SYNC');
    assert.equal(harness.server.requests.length, 0);
    assert.equal(harness.lines().filter((line) => line.endsWith('AT+WSHEAD?')).length, 2);
    // The device holds a corrupt header list: the next open clears it.
    assert.equal(await opened(harness, { uri: 'ws://host/plain' }), 'done');
    assert.ok(harness.server.requests[0]?.headers.every(([name]) => name !== 'X-Key'));
  });
});

it('data of the previous connection that arrives while a link reconnects is dropped, and the first message of the new connection arrives', async () => {
  await using harness = await new Harness({
    firmware: 'C',
    serial: { baudRate: 115_200 },
  }).ready();
  const { link } = await harness.open({ keepOpen: true });
  harness.server.behavior.onAccept = (next) => {
    harness.clock.after(50, () =>
      next.send({ fin: true, opcode: 1, payload: Buffer.from('the first of the new one') }),
    );
  };
  harness.server.connections[0]?.send({ fin: true, opcode: 1, payload: Buffer.alloc(3000, 'x') });
  // One chunk has arrived, the next ones are on the port.
  await harness.until(() => harness.messages.length === 1, 1000);
  const { length } = harness.messages;
  link.take((state) => corrupted(state, new EspAtError('SEND_CORRUPT', { link: 0 })));
  await harness.clock.advance(5000);
  assert.equal(harness.linkEvents.at(-1)?.event, 'reopened');
  assert.deepEqual(
    harness.messages.slice(length).map(({ bytes }) => bytes.toString()),
    ['the first of the new one'],
  );
});
