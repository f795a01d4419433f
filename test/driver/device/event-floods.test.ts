import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';
import { readyHarness, test } from '../../harness/ready-harness';

describe('a device that floods the port', () => {
  test('with Wi-Fi changes causes a bounded number of events and state changes, counts the rest, and ends in the last state', async (harness) => {
    const { clock, device, port, events, states: statuses } = harness;
    events.length = statuses.length = 0;
    let omitted = 0;
    device.on('omitted', ({ event, count }) => (omitted += event === 'wifi' ? count : 0));
    const flap = Buffer.from('WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n'.repeat(100));
    for (let ms = 0; ms < 12_000; ms += 100) {
      port.deliver(flap);
      await clock.advance(100);
    }
    port.deliver(Buffer.from('WIFI DISCONNECT\r\n'));
    await clock.advance(2000);
    assert.ok(events.length < 60, `${events.length} events`);
    assert.ok(statuses.length < 40, `${statuses.length} states`);
    assert.equal(device.state.error?.code, 'WIFI_LOST');
    port.deliver(Buffer.from('WIFI GOT IP\r\n'));
    await clock.advance(2000);
    assert.equal(device.state.error, undefined);
    assert.equal(omitted + events.length, 3 * 100 * 120 + 2);
  });

  test('with results of no command causes a bounded number of state changes, counts the rest, and ends in the last state', async (harness) => {
    const { clock, device, port, states: statuses } = harness;
    statuses.length = 0;
    let omitted = 0;
    device.on('omitted', ({ event, count }) => (omitted += event === 'statechange' ? count : 0));
    for (let ms = 0; ms < 30_000; ms += 50) {
      port.deliver(Buffer.from('\r\nOK\r\n'));
      await clock.advance(50);
    }
    await clock.advance(2000);
    assert.ok(statuses.length > 20 && statuses.length <= 82, `${statuses.length} state changes`);
    assert.ok(omitted > 1000, `${omitted} omitted`);
    assert.deepEqual([statuses.at(-1)?.name, device.state.name], ['ready', 'ready']);
    // The limit holds back neither a loss nor a stop, and leaves no timer.
    port.deliver(Buffer.from('\r\nOK\r\n'.repeat(3)));
    await clock.wait(device.stop());
    assert.equal(statuses.at(-1)?.name, 'stopped');
  });

  it('with restarts for 30 s has a kept-open link open again within 10 s after the last one', async () => {
    for (const everyMs of [20, 50, 100, 300, 700, 990, 1500]) {
      await using harness = await readyHarness();
      const { clock, port, link } = await harness.open({ keepOpen: true });
      for (let ms = 0; ms < 30_000; ms += everyMs) {
        port.deliver(Buffer.from('\r\nready\r\n'));
        await clock.advance(everyMs);
      }
      const isBack = await clock.until(() => link.state === 'open', 10_000);
      assert.ok(isBack, `every ${everyMs} ms`);
    }
  });

  test('with unknown lines causes a bounded number of events', async (harness) => {
    harness.events.length = 0;
    harness.say('+SOMETHING:1\r\n'.repeat(10_000));
    await harness.clock.advance(1000);
    assert.ok(harness.events.length <= 25, `${harness.events.length} events`);
  });

  /** Floods the port for 5 s with 90 kB/s while link 0 is open; returns the events that the links emit. */
  async function flood(harness: Harness, text: string): Promise<string[]> {
    const { clock, device, port } = harness;
    await clock.wait(device.links[0].open({ uri: 'ws://host/plain', keepOpen: true }));
    const told: string[] = [];
    for (const link of device.links)
      link
        .on('statechange', ({ cause }) => told.push(cause))
        .on('dataloss', ({ omitted = 0 }) => told.push(`dataloss after ${omitted}`));
    port.written.length = 0;
    const chunk = Buffer.from(text.repeat(Math.ceil(900 / text.length)));
    for (let ms = 0; ms < 5000; ms += 10) {
      port.deliver(chunk);
      await clock.advance(10);
    }
    return told;
  }

  for (const [name, text] of [
    ['connections of a link that is closed', '+WS_CONNECTED:1\r\n'],
    ['connections of an open link', '+WS_CONNECTED:0\r\n'],
    ['losses and connections', '+WS_DISCONNECTED:0\r\n+WS_CONNECTED:0\r\n'],
    ['ends of connections', '+WS_CLOSED:0\r\n+WS_CONNECTED:0\r\n'],
    ['restarts', '\r\nready\r\n'],
  ] as const) {
    test(`with ${name} causes a bounded number of events and commands, and messages pass afterwards`, async (harness) => {
      const { clock, device, port, server } = harness;
      const told = await flood(harness, text);
      assert.ok(told.length < 100, `${told.length} events`);
      assert.ok(port.written.length < 60, `${port.written.length} writes`);
      const isBack = () => device.state.name === 'ready' && device.links[0].state === 'open';
      assert.ok(await clock.until(isBack, 30_000));
      await clock.advance(2000);
      await clock.wait(device.links[0].send('after'));
      await clock.advance(100);
      const texts = server.connections.flatMap(({ frames }) =>
        frames.map(({ payload }) => String(payload)),
      );
      assert.ok(texts.includes('after'));
    });
  }

  test('with continuations of no message causes a bounded number of events, and counts the rest', async (harness) => {
    const told = await flood(harness, '+WS_DATA:0,0,1,1,1,x\r\n');
    assert.ok(told.length > 20 && told.length < 40, `${told.length} events`);
    assert.match(told.at(-1) ?? '', /^dataloss after \d{3,}$/);
  });

  test('with connections of a closed link lets messages of the others pass meanwhile', async (harness) => {
    const { clock, device, port } = await harness.open();
    const chunk = Buffer.from('+WS_CONNECTED:1\r\n'.repeat(50));
    let sent = 0;
    for (let ms = 0; ms < 2000; ms += 10) {
      port.deliver(chunk);
      device.links[0].send('x').then(
        () => sent++,
        () => undefined,
      );
      await clock.advance(10);
    }
    await clock.advance(1000);
    assert.equal(sent, 200);
  });
});

/** The response to `AT+WSOPEN?` while link 0 is open. */
const LISTED = /\+WSOPEN:0,2,"[^"]*"\r\n/;
const CONNECTED = '+WS_CONNECTED:0\r\n';

/**
 * Opens link 0, and delivers more URCs than the driver takes at once, then one that it takes, and one that it drops: a
 * check replaces that one. Changes the response to this check, and all later ones, by `change`.
 */
async function flooded(change: (text: string) => string) {
  const harness = new Harness({ firmware: 'C' });
  const { clock, port, link } = harness;
  await harness.ready();
  await clock.wait(link.open({ uri: 'ws://host/plain' }));
  await clock.advance(1000);
  port.deliver(Buffer.from(CONNECTED.repeat(30)));
  await clock.advance(1100);
  port.deliver(Buffer.from(CONNECTED));
  await clock.advance(200);
  harness.alterOutput = change;
  port.deliver(Buffer.from(CONNECTED));
  return { harness, link, clock };
}

it('URCs of a link that come too fast make the driver check the links again after the device refused a check', async () => {
  let responses = 0;
  const { harness, link, clock } = await flooded((text) => {
    if (!LISTED.test(text)) return text;
    return ++responses === 1 ? 'ERR CODE:0x010a0000\r\n\r\nERROR\r\n' : text.replace(LISTED, '');
  });
  assert.equal(link.state, 'open');
  assert.ok(await clock.until(() => link.state === 'closed', 3000));
  await harness.end();
});
