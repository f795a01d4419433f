import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asEspAtError } from '../../../driver/errors';
import type { Link } from '../../../driver/link/link';
import { Harness } from '../../harness/harness';
import { failure } from '../../harness/ready-harness';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';

const uri = 'ws://host/plain';
const [small, large] = [{ bufferBytes: 2000 }, { bufferBytes: 4000 }];

const codeOf = (error: unknown): string => asEspAtError(error).code;

/** A ready device with v4.0.0.0, which frames messages wrongly that are longer than the buffer of their link. */
async function misframingHarness(): Promise<Harness> {
  const harness = new Harness({ firmware: 'B' });
  harness.alterOutput = (text) => text.replace('3.3.0.0', '4.0.0.0');
  return harness.ready();
}

describe('an open with another buffer size', () => {
  it('that joins a connection leaves the limit of its messages as it is, until the next connection', async () => {
    await using harness = await misframingHarness();
    const { clock, device } = harness;
    const [link] = device.links;
    await clock.wait(link.open({ uri, config: small }));
    await clock.wait(link.open({ uri, config: large }));
    const error = await failure(harness, link.send('x'.repeat(2001)));
    assert.deepEqual([error.code, error.details.limit], ['PAYLOAD_TOO_LONG', 2000]);
    await clock.wait(link.close());
    await clock.wait(link.open({ uri, config: large }));
    await clock.wait(link.send('x'.repeat(4000)));
  });

  it('sends what a message held before it needs, though the buffer of the last connection was smaller', async () => {
    await using harness = await misframingHarness();
    const { clock, device } = harness;
    const [link] = device.links;
    const payload = 'x'.repeat(4000);
    const outcomes: string[] = [];
    let closed = Promise.resolve();
    for (const config of [small, large, small]) {
      // The first message is held by a closed link, the others by one that closes.
      const held = link.send(payload, { holdMs: 60_000 }).then(() => 'sent', codeOf);
      await clock.wait(closed);
      await clock.wait(link.open({ uri, config }));
      outcomes.push(await clock.wait(held));
      closed = link.close();
    }
    assert.deepEqual(outcomes, ['PAYLOAD_TOO_LONG', 'sent', 'PAYLOAD_TOO_LONG']);
    await clock.wait(closed);
  });

  it('that joins an open whose AT+WSCFG has gone out leaves the limit as it is', async () => {
    await using harness = await misframingHarness();
    const { clock, device, port } = harness;
    const [link] = device.links;
    const first = link.open({ uri, config: small });
    assert.ok(await clock.until(() => port.text.includes('AT+WSOPEN=0'), 5000));
    await clock.wait(Promise.all([first, link.open({ uri, config: large })]));
    assert.doesNotMatch(port.text, /AT\+WSCFG=0,\d+,\d+,4000/);
    const error = await failure(harness, link.send('x'.repeat(2001)));
    assert.deepEqual([error.code, error.details.limit], ['PAYLOAD_TOO_LONG', 2000]);
  });
});

describe('an open with another framing', () => {
  it('that takes over a connection leaves its framing as it is, until the next connection', async () => {
    await using harness = await new Harness({ firmware: 'C' }).ready();
    const { clock, device } = harness;
    const [link] = device.links;
    await clock.wait(link.open({ uri, framing: { by: 'chunk' }, owner: 'one' }));
    await clock.wait(link.open({ uri, framing: { by: 'json' }, owner: 'two' }));
    assert.deepEqual([link.owner, link.framing], ['two', { by: 'chunk' }]);
    await clock.wait(link.close());
    await clock.wait(link.open({ uri, framing: { by: 'json' }, owner: 'two' }));
    assert.deepEqual(link.framing, { by: 'json' });
  });
});

describe('an unverified server', () => {
  /** A ready device whose clock is set, and a server with TLS. */
  async function tlsHarness(): Promise<Harness> {
    const identity = makeIdentity(makeAuthority('Home CA'), 'host');
    const harness: Harness = new Harness({
      route: () => ({ kind: 'server', server: harness.server, tls: { identity } }),
      device: { sntp: { timezone: 0, servers: ['time.example'] } },
    });
    return harness.ready();
  }

  /** The codes of the warnings of a link from now on, each with the owner. */
  function warningsOf(link: Link): unknown[] {
    const warnings: unknown[] = [];
    link.on('warning', ({ error, owner }) => warnings.push([error.code, owner]));
    return warnings;
  }

  it('an open that asks for verification, and joins an open that has begun without, is warned', async () => {
    await using harness = await tlsHarness();
    const { clock, link, port } = harness;
    const warnings = warningsOf(link);
    const first = link.open({ uri: 'wss://host/plain', owner: 'one' });
    assert.ok(await clock.until(() => port.text.includes('AT+WSOPEN=0'), 5000));
    const second = link.open({ uri: 'wss://host/plain', config: { auth: 2 }, owner: 'two' });
    await clock.wait(Promise.all([first, second]));
    assert.deepEqual(warnings, [['SERVER_NOT_VERIFIED', 'two']]);
  });

  it('an open with verification that a listener of `opening` calls joins without it, and is warned: the clock may not be set', async () => {
    await using harness = await tlsHarness();
    const { clock, link, port } = harness;
    const warnings = warningsOf(link);
    const opens: Promise<void>[] = [];
    link.once('statechange', () => {
      opens.push(link.open({ uri: 'wss://host/plain', config: { auth: 2 }, owner: 'two' }));
    });
    await clock.wait(link.open({ uri: 'wss://host/plain', owner: 'one' }));
    await clock.wait(Promise.all(opens));
    assert.match(port.text, /AT\+WSCFG=0,10,120,1024\r\n/);
    assert.deepEqual(warnings, [['SERVER_NOT_VERIFIED', 'two']]);
  });

  it('is reported for each URI of an owner, and once where the same one opens again', async () => {
    await using harness = await tlsHarness();
    const { clock, device } = harness;
    const [link] = device.links;
    const warnings: unknown[] = [];
    link.on('warning', ({ error, uri: reported }) => warnings.push([error.code, reported]));
    for (const name of ['a', 'a', 'b']) {
      await clock.wait(link.open({ uri: `wss://host/${name}`, owner: 'one' }));
      await clock.wait(link.close());
    }
    assert.deepEqual(warnings, [
      ['SERVER_NOT_VERIFIED', 'wss://host/a'],
      ['SERVER_NOT_VERIFIED', 'wss://host/b'],
    ]);
  });
});
