import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { Harness } from '../../../harness/harness';
import { endingOf } from '../../../harness/ready-harness';

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
    const again = endingOf(link.open({ uri: 'ws://host/plain', timeoutMs: 5000, owner: 'new' }));
    assert.equal(await clock.wait(again), 'OUT_OF_SYNC');
    assert.deepEqual([device.state.name, link.state, link.owner], ['ready', 'open', 'new']);
  });

  it('waits its whole time for the device, where the device is lost, also if another one waits with it', async () => {
    await using harness = new Harness();
    const { clock, device, link, port } = harness;
    await resyncingWithoutCheck(harness);
    const open = () => endingOf(link.open({ uri: 'ws://host/plain', timeoutMs: 15_000 }));
    const first = open();
    await clock.advance(1000);
    const second = open();
    await clock.advance(13_000);
    assert.equal(link.state, 'open');
    port.unplug();
    assert.ok(await clock.until(() => device.state.name !== 'ready', 1000));
    const lost = clock.now();
    assert.deepEqual(await clock.wait(Promise.all([first, second])), [
      'PORT_NOT_FOUND',
      'PORT_NOT_FOUND',
    ]);
    assert.equal(Math.round(clock.now() - lost), 15_000);
  });

  describe('and that waits with others for a check', () => {
    const uri = 'ws://host/plain';
    /** Calls open() at these times, and aborts some 5 s after the last. Returns how the others end, and when. */
    async function endings(
      calls: readonly (readonly [at: number, timeoutMs: number])[],
      aborted: readonly number[],
    ) {
      await using harness = new Harness();
      await resyncingWithoutCheck(harness);
      const { clock, link } = harness;
      const began = clock.now();
      const controller = new AbortController();
      const ended: [string, number][] = [];
      for (const [index, [at, timeoutMs]] of calls.entries()) {
        await clock.advance(began + at - clock.now());
        const isAborted = aborted.includes(index);
        const opening = link.open({ uri, timeoutMs }, isAborted ? controller : {});
        void endingOf(opening).then((ending) => {
          if (!isAborted) ended.push([ending, Math.round(clock.now() - began)]);
        });
      }
      await clock.advance(5000);
      controller.abort();
      await clock.advance(180_000);
      return ended;
    }

    it('ends 180 s after the oldest call that is left, when an older one is aborted', async () => {
      const calls = [
        [0, 180_000],
        [20_000, 180_000],
        [170_000, 100_000],
      ] as const;
      assert.deepEqual(await endings(calls, [0]), [
        ['OUT_OF_SYNC', 200_000],
        ['OUT_OF_SYNC', 200_000],
      ]);
    });

    it('ends at the end of its own time, or at once where that has passed, when the newer ones are aborted', async () => {
      for (const [timeoutMs, at] of [
        [100_000, 100_000],
        [30_000, 35_000],
      ] as const) {
        const calls = [
          [0, timeoutMs],
          [20_000, 180_000],
          [30_000, 180_000],
        ] as const;
        assert.deepEqual(await endings(calls, [1, 2]), [['OUT_OF_SYNC', at]]);
      }
    });
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
