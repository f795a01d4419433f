import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
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

describe('an open of a link that was open before a resync', () => {
  /** A link that is open, and a device that stops answering in the middle of a send. */
  async function resyncing(harness: Harness): Promise<void> {
    const { clock, device, simulator } = harness;
    const [link] = device.links;
    await harness.ready();
    await clock.wait(link.open({ uri: 'ws://host/plain' }));
    simulator.powerOff();
    link.send('lost').catch(() => undefined);
    assert.ok(await clock.until(() => device.state.name === 'resyncing', 30_000));
  }

  /** A link that is open, and a resync of a device that refuses the checks of its links. */
  async function resyncingWithoutCheck(harness: Harness): Promise<void> {
    await harness.ready();
    await harness.clock.wait(harness.link.open({ uri: 'ws://host/plain' }));
    harness.outcome = (line) => (line === 'AT+WSOPEN?' ? { kind: 'error' } : undefined);
    harness.say('\r\nSEND OK\r\n');
  }

  it('opens it again when the device has restarted', async () => {
    await using harness = new Harness();
    const { clock, simulator, server, link } = harness;
    await resyncing(harness);
    const again = endingOf(link.open({ uri: 'ws://host/plain' }));
    await clock.advance(5);
    assert.equal(link.state, 'open');
    simulator.powerOn();
    assert.equal(await clock.wait(again), 'done');
    assert.equal(link.state, 'open');
    assert.equal(server.connections.filter(({ open }) => open).length, 1);
  });

  it('succeeds without another AT+WSOPEN when the device says that it is open', async () => {
    await using harness = new Harness();
    const { clock, device, port, link } = harness;
    await harness.ready();
    await clock.wait(link.open({ uri: 'ws://host/plain' }));
    port.deliver(Buffer.from('\r\nSEND OK\r\n'));
    assert.equal(device.state.name, 'resyncing');
    port.written.length = 0;
    assert.equal(await clock.wait(endingOf(link.open({ uri: 'ws://host/plain' }))), 'done');
    assert.equal(device.state.name, 'ready');
    assert.match(port.text, /AT\+WSOPEN\?/);
    assert.doesNotMatch(port.text, /AT\+WSOPEN=/);
  });

  for (const aborted of [false, true])
    it(`after the resync and before the check${aborted ? ', also after another one was aborted there' : ''}: opens the link again when the +WS_CLOSED is lost`, async () => {
      await using harness = new Harness();
      const { clock, device, port, server, link } = harness;
      await harness.ready();
      await clock.wait(link.open({ uri: 'ws://host/plain' }));
      harness.alterOutput = (text) => text.replace('+WS_CLOSED:0\r\n', '');
      server.connections[0]?.close();
      await clock.advance(50);
      harness.say('\r\nSEND OK\r\n');
      let again: Promise<string> | undefined;
      const open = () => {
        port.written.length = 0;
        const controller = new AbortController();
        if (aborted) {
          link.open({ uri: 'ws://host/plain' }, controller).catch(() => undefined);
          controller.abort();
        }
        again = endingOf(link.open({ uri: 'ws://host/plain' }));
      };
      // The links learn of the state after the listeners.
      device.on('statechange', ({ to }) => to === 'ready' && queueMicrotask(open));
      assert.ok(await clock.until(() => again !== undefined, 5000));
      assert.equal(await clock.wait(again ?? Promise.reject(new Error())), 'done');
      assert.match(port.text, /AT\+WSOPEN\?[^]*AT\+WSOPEN=0/);
    });

  it('fails with DEVICE_NOT_READY at the end of its time, and the link stays as it is', async () => {
    await using harness = new Harness();
    const { clock, link } = harness;
    await resyncing(harness);
    const began = clock.now();
    const again = endingOf(link.open({ uri: 'ws://host/plain', timeoutMs: 500 }));
    assert.equal(await clock.wait(again), 'DEVICE_NOT_READY');
    assert.equal(Math.round(clock.now() - began), 500);
    assert.equal(link.state, 'open');
  });

  it('fails with OUT_OF_SYNC at the end of its time, when the device is in sync but refuses AT+WSOPEN?', async () => {
    await using harness = new Harness();
    const { clock, device, link } = harness;
    await resyncingWithoutCheck(harness);
    assert.equal(device.state.name, 'resyncing');
    const again = endingOf(link.open({ uri: 'ws://host/plain', timeoutMs: 5000 }));
    assert.equal(await clock.wait(again), 'OUT_OF_SYNC');
    assert.deepEqual([device.state.name, link.state], ['ready', 'open']);
  });

  it('succeeds at once, after the resync, when the first check after it has failed', async () => {
    await using harness = new Harness();
    const { clock, device, link } = harness;
    await resyncingWithoutCheck(harness);
    await harness.until(() => device.state.name === 'ready');
    await clock.advance(5000);
    harness.outcome = () => undefined;
    const began = clock.now();
    assert.equal(await harness.ending(link.open({ uri: 'ws://host/plain' })), 'done');
    assert.ok(clock.now() - began < 1000, `${clock.now() - began} ms`);
  });

  it('leaves the link to its owner, and without keep-open, when it is aborted', async () => {
    await using harness = new Harness();
    const { clock, device, server, link } = harness;
    await harness.ready();
    await clock.wait(link.open({ uri: 'ws://host/plain', owner: 'own' }));
    harness.say('\r\nSEND OK\r\n');
    const controllers = [new AbortController(), new AbortController()];
    const endings = controllers.map(({ signal }, index) => {
      const options = { uri: 'ws://host/plain', owner: `other ${index}`, keepOpen: true };
      return endingOf(link.open(options, { signal }));
    });
    for (const controller of controllers) controller.abort(new EspAtError('ABORTED'));
    assert.deepEqual(await Promise.all(endings), ['ABORTED', 'ABORTED']);
    assert.deepEqual([device.state.name, link.owner], ['resyncing', 'own']);
    await clock.advance(1000);
    server.connections[0]?.close(1000);
    await clock.advance(10_000);
    assert.deepEqual([link.state, server.connections.length], ['closed', 1]);
  });

  it('goes on when another one that waits with it is aborted, the newer or the older one', async () => {
    for (const aborted of ['old', 'new']) {
      await using harness = new Harness();
      const { clock, simulator, link } = harness;
      await resyncing(harness);
      const controller = new AbortController();
      const open = (owner: string) => {
        const wait = owner === aborted ? { signal: controller.signal } : {};
        return endingOf(link.open({ uri: 'ws://host/plain', owner }, wait));
      };
      const endings = [open('old'), open('new')];
      controller.abort(new EspAtError('ABORTED'));
      await clock.advance(5);
      assert.deepEqual([link.state, link.owner], ['open', aborted === 'old' ? 'new' : 'old']);
      simulator.powerOn();
      const expected = ['old', 'new'].map((owner) => (owner === aborted ? 'ABORTED' : 'done'));
      assert.deepEqual(await clock.wait(Promise.all(endings)), expected);
      assert.equal(link.state, 'open');
    }
  });
});
