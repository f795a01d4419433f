import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptOf } from '../harness/garbage';
import { Harness } from '../harness/harness';
import { EspAtError } from '../../driver/errors';
import type { Device } from '../../driver/device/device';
import { waitFor, type WaitOptions } from '../../driver/wait';
import { test } from '../harness/ready-harness';

const reason = new Error('no longer needed');

/** How a call ends: `done`, `aborted` with the reason of the abort, or the code of its error. */
function ending(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (error: unknown) => {
      if (error === reason) return 'aborted';
      return error instanceof EspAtError ? error.code : String(error);
    },
  );
}

const calls: Readonly<Record<string, (device: Device, wait: WaitOptions) => Promise<unknown>>> = {
  'checkLinks()': (device, wait) => device.checkLinks(wait),
  'command()': (device, wait) => device.command('AT+CIPSTATUS', wait),
  'scanNetworks()': (device, wait) => device.scanNetworks(wait),
  'Link.open()': ({ links }, wait) => links[0].open({ uri: 'ws://host/plain' }, wait),
  'Link.close()': ({ links }, wait) => links[1].close(wait),
};

it('an abort before the wait rejects also where the promise is settled', async () => {
  const wait = { signal: AbortSignal.abort(reason) };
  assert.equal(await ending(waitFor(Promise.resolve(), wait)), 'aborted');
  assert.equal(await ending(waitFor(Promise.reject(new Error('late')), wait)), 'aborted');
});

describe('an abort', () => {
  for (const [name, call] of Object.entries(calls)) {
    test(`before ${name} begins: it rejects with the reason, and writes nothing`, async (harness) => {
      harness.port.written.length = 0;
      const signal = AbortSignal.abort(reason);
      assert.equal(await harness.clock.wait(ending(call(harness.device, { signal }))), 'aborted');
      await harness.clock.advance(1000);
      assert.equal(harness.port.text, '');
    });
  }

  test('of one of two scans: the other gets the networks of the one scan', async (harness) => {
    const { device, clock, port } = harness;
    port.written.length = 0;
    const controller = new AbortController();
    const first = ending(device.scanNetworks(controller));
    const second = device.scanNetworks();
    await clock.advance(1);
    controller.abort(reason);
    assert.equal(await clock.wait(first), 'aborted');
    assert.ok((await clock.wait(second)).length > 0);
    assert.equal(port.text.split('AT+CWLAP\r\n').length, 2);
    assert.equal(await clock.wait(ending(device.scanNetworks())), 'done');
    assert.equal(port.text.split('AT+CWLAP\r\n').length, 3);
  });

  test('of a held send: not sent, with the reason as the cause', async (harness) => {
    const controller = new AbortController();
    const sending = harness.link.send('x', { holdMs: 5000, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(sending, { code: 'ABORTED', outcome: 'not-sent', cause: reason });
    assert.equal(harness.device.sendQueue.messages, 0);
  });
});

describe('Device.ready()', () => {
  it('returns the capabilities once the device is ready, and at once afterwards', async () => {
    await using harness = new Harness();
    harness.device.start();
    const ready = harness.clock.wait(harness.device.ready());
    assert.equal((await ready).firmware, 'D');
    assert.equal((await harness.device.ready()).firmware, 'D');
  });

  it('rejects while the device is stopped, and when it is stopped', async () => {
    await using harness = new Harness();
    const { device, clock } = harness;
    assert.equal(await ending(device.ready()), 'DEVICE_NOT_READY');
    device.start();
    const waiting = ending(device.ready());
    await clock.wait(device.stop());
    assert.equal(await clock.wait(waiting), 'DEVICE_NOT_READY');
  });

  it('rejects with the reason of an abort, and leaves no listener', async () => {
    await using harness = new Harness();
    const { device } = harness;
    device.start();
    const before = device.listenerCount('statechange');
    const controller = new AbortController();
    const waiting = ending(device.ready(controller));
    controller.abort(reason);
    assert.equal(await waiting, 'aborted');
    assert.equal(device.listenerCount('statechange'), before);
  });
});

it('aborted waits for a ready device leave nothing in memory', async () => {
  await using harness = new Harness();
  harness.port.refusal = 'PORT_NOT_FOUND';
  harness.device.start();
  await harness.clock.advance(1000);
  const reasons: WeakRef<object>[] = [];
  for (let call = 0; call < 20; call++) {
    const controller = new AbortController();
    const waiting = harness.device.ready(controller).catch(() => undefined);
    controller.abort();
    await waiting;
    reasons.push(new WeakRef(controller.signal.reason as object));
  }
  await harness.clock.advance(1000);
  const kept = keptOf(reasons);
  assert.ok(kept <= 2, `${kept} of 20`);
});

test('a disposed device is stopped', async (harness) => {
  await harness.clock.wait(harness.device[Symbol.asyncDispose]());
  assert.deepEqual([harness.device.state.name, harness.port.isOpen], ['stopped', false]);
});
