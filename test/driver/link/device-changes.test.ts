import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';
import { endingOf } from '../../harness/ready-harness';

it('a device that restarts in the turn in which it becomes ready opens each waiting link once, after the second initialization, and delivers its messages', async () => {
  await using harness = new Harness();
  const { clock, device, port, server } = harness;
  const [first, second, third] = device.links;
  await harness.ready();
  await clock.wait(second.open({ uri: 'ws://host/second', keepOpen: true }));
  port.deliver(Buffer.from('\r\nready\r\n'));
  const opening = [first, third].map((link) => link.open({ uri: `ws://host/${link.id}` }));
  let restarts = 1;
  second.on('statechange', ({ cause }) => {
    if (cause === 'opening' && restarts-- > 0) port.deliver(Buffer.from('\r\nready\r\n'));
  });
  port.written.length = 0;
  await clock.wait(Promise.all(opening));
  assert.ok(await clock.until(() => second.stateNumber === 2, 5000));
  const commands = port.text.match(/ATE0|AT\+CWSTATE\?|AT\+WSOPEN=\d/g);
  const initialization = ['ATE0', 'AT+CWSTATE?'];
  assert.deepEqual(commands?.splice(0, 4), [...initialization, ...initialization]);
  assert.deepEqual(commands.sort(), ['AT+WSOPEN=0', 'AT+WSOPEN=1', 'AT+WSOPEN=2']);
  for (const connection of server.connections)
    if (connection.open) connection.send({ fin: true, opcode: 1, payload: Buffer.from('hello') });
  await clock.advance(100);
  assert.deepEqual(harness.messages.map(({ link }) => link).sort(), [0, 1, 2]);
});

describe('an open that waits in the command queue', () => {
  for (const keepOpen of [false, true]) {
    it(`waits for the device again when it restarts, ${keepOpen ? 'kept open' : 'once'}`, async () => {
      await using harness = new Harness();
      const { clock, device, port, simulator } = harness;
      const [first, second] = device.links;
      await harness.ready();
      const running = endingOf(first.open({ uri: 'ws://host/slow=5000' }));
      const queued = endingOf(second.open({ uri: 'ws://host/second', keepOpen }));
      await clock.advance(100);
      simulator.restart();
      assert.deepEqual(await clock.wait(Promise.all([running, queued])), [
        'DEVICE_RESTARTED',
        'done',
      ]);
      assert.equal(second.state, 'open');
      assert.equal(port.text.split('AT+WSOPEN=1').length - 1, 1);
      const told = ['opening 0', 'device-lost 0', 'opening 0', 'opened 2'];
      assert.deepEqual(harness.story(1), told);
    });
  }

  it('fails with the reason at the end of its time, when the device does not come back', async () => {
    await using harness = new Harness();
    const { clock, device, port } = harness;
    const [first, second] = device.links;
    await harness.ready();
    const running = endingOf(first.open({ uri: 'ws://host/slow=5000' }));
    const queued = endingOf(second.open({ uri: 'ws://host/second', timeoutMs: 3000 }));
    const began = clock.now();
    await clock.advance(1000);
    port.unplug();
    assert.deepEqual(await clock.wait(Promise.all([running, queued])), [
      'PORT_LOST',
      'PORT_NOT_FOUND',
    ]);
    assert.equal(clock.now() - began, 3000);
  });
});

describe('an open that joins another one, while both wait in the command queue', () => {
  for (const [first, second] of [
    [3000, 20_000],
    [20_000, 3000],
  ] as const)
    it(`waits for its ${second} ms after a loss of the device, and so does the other one, of ${first} ms`, async () => {
      await using harness = new Harness();
      const { clock, device, port } = harness;
      const [running, link] = device.links;
      await harness.ready();
      running.open({ uri: 'ws://host/slow=5000' }).catch(() => undefined);
      const uri = 'ws://host/plain';
      const older = endingOf(link.open({ uri, timeoutMs: first }));
      await clock.advance(1000);
      assert.equal(link.state, 'opening');
      const began = clock.now();
      const newer = endingOf(link.open({ uri, timeoutMs: second }));
      await clock.advance(500);
      port.unplug();
      const endings = await clock.wait(Promise.all([older, newer]));
      assert.deepEqual(endings, ['PORT_NOT_FOUND', 'PORT_NOT_FOUND']);
      assert.equal(clock.now() - began, second);
    });
});

describe('an open that joins another one, while both wait for the device', () => {
  for (const [first, second] of [
    [180_000, 2000],
    [2000, 180_000],
  ] as const)
    it(`waits for its ${second} ms, and so does the other one, of ${first} ms`, async () => {
      await using harness = new Harness();
      const { clock, device, port, link } = harness;
      await harness.ready();
      port.unplug();
      assert.ok(await clock.until(() => device.state.name !== 'ready', 1000));
      const uri = 'ws://host/plain';
      const began = clock.now();
      const endings = [first, second].map((timeoutMs) => endingOf(link.open({ uri, timeoutMs })));
      assert.deepEqual(await clock.wait(Promise.all(endings)), [
        'PORT_NOT_FOUND',
        'PORT_NOT_FOUND',
      ]);
      assert.equal(clock.now() - began, second);
    });
});

describe('an open that others keep joining ends 180 s after its call', () => {
  const uri = 'ws://host/plain';
  /** Calls open() every 10 s for 300 s. Returns how the first call ends, and after how many milliseconds. */
  async function firstEnding({ clock, link }: Harness): Promise<[string | undefined, number]> {
    const began = clock.now();
    let ended: [string, number] | undefined;
    void endingOf(link.open({ uri })).then((ending) => (ended = [ending, clock.now() - began]));
    for (let call = 1; call < 30; call++) {
      await clock.advance(10_000);
      link.open({ uri }).catch(() => undefined);
    }
    return ended ?? [undefined, Infinity];
  }

  it('where all wait for the device', async () => {
    await using harness = new Harness();
    await harness.ready();
    harness.port.unplug();
    assert.ok(await harness.clock.until(() => harness.device.state.name !== 'ready', 1000));
    assert.deepEqual(await firstEnding(harness), ['PORT_NOT_FOUND', 180_000]);
  });

  it('where all wait for a check of the links', async () => {
    await using harness = new Harness();
    await harness.ready();
    await harness.clock.wait(harness.link.open({ uri }));
    harness.outcome = (line) => (line === 'AT+WSOPEN?' ? { kind: 'error' } : undefined);
    harness.say('\r\nSEND OK\r\n');
    const [ending, ms] = await firstEnding(harness);
    assert.deepEqual([ending, Math.round(ms)], ['OUT_OF_SYNC', 180_000]);
  });
});

it('an open that joins the attempt of keep-open after a restart waits for the device', async () => {
  await using harness = new Harness();
  const { clock, device, server, simulator } = harness;
  const [slow, link] = device.links;
  await harness.ready();
  await clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
  const running = endingOf(slow.open({ uri: 'ws://host/slow=5000' }));
  await clock.advance(100);
  server.connections[0]?.close();
  assert.ok(await clock.until(() => link.state === 'opening', 4000));
  simulator.restart();
  assert.ok(await clock.until(() => device.state.name !== 'ready', 1000));
  const joined = endingOf(link.open({ uri: 'ws://host/plain', keepOpen: true }));
  assert.deepEqual(await clock.wait(Promise.all([running, joined])), ['DEVICE_RESTARTED', 'done']);
  assert.equal(harness.story(1).at(-1), 'reopened 2');
});
