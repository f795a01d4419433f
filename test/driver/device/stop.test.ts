import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import type { PortMemory } from '../../../driver/device/options';
import { readyHarness, test } from '../../harness/ready-harness';

describe('stop() while the prompt of a message is late', () => {
  for (const [delay, frames] of [
    [1200, ['hello']],
    [6000, []],
  ] as const)
    test(`by ${delay} ms: the server gets ${frames.length === 1 ? 'the message' : 'nothing'}, and the port closes`, async (harness) => {
      const { device, clock, server, port, link } = await harness.open({ uri: 'ws://host/echo' });
      const before = server.connections[0]?.frames.length;
      harness.outcome = (line) =>
        line.startsWith('AT+WSSEND=0,5') ? { kind: 'late', delay } : undefined;
      link.send('hello').catch(() => undefined);
      const stoppedAt = clock.now();
      await clock.wait(device.stop());
      await clock.advance(10);
      const got = server.connections[0]?.frames.slice(before).filter(({ opcode }) => opcode === 1);
      assert.deepEqual(
        got?.map(({ payload }) => payload.toString()),
        frames,
      );
      const limit = frames.length === 1 ? delay + 900 : 1800;
      assert.ok(clock.now() - stoppedAt <= limit + 10, `after ${clock.now() - stoppedAt} ms`);
      assert.deepEqual([port.isOpen, harness.hostClock.pending], [false, 0]);
    });
});

describe('stop() in a resync while the prompt of a message is late: the prompt comes, and no command becomes payload', () => {
  for (const next of [
    'the same Device',
    'another Device',
    'a third Device, after another that stops in its search',
  ])
    it(`of ${next}`, async () => {
      const memory: PortMemory = {};
      await using harness = await readyHarness({ device: { memory } });
      const { clock, port, link } = await harness.open({ uri: 'ws://host/echo' });
      harness.outcome = (line) =>
        line.startsWith('AT+WSSEND=0,16') ? { kind: 'late', delay: 6000 } : undefined;
      link.send('0123456789abcdef').catch(() => undefined);
      await clock.advance(10);
      harness.say('+WS_DA~A:0,5,hello\r\n');
      assert.equal(harness.device.state.name, 'resyncing');
      await clock.wait(harness.device.stop());
      if (next.startsWith('a third')) {
        const second = new Device({ port, clock, memory });
        second.start();
        await clock.advance(100);
        assert.equal(second.state.name, 'initializing');
        await clock.wait(second.stop());
      }

      const device =
        next === 'the same Device' ? harness.device : new Device({ port, clock, memory });
      device.start();
      await harness.until(() => device.state.name === 'ready');
      const payloads = harness.received(harness.server.connections[0]);
      assert.match(payloads.join(), /^[\r\n]+$/);
      assert.equal(memory.pendingPrompt, false);
      await clock.wait(device.stop());
    });

  for (const delay of [8000, 12_000, 16_000, 20_000, 24_000])
    it(`after ${delay} ms, and the first search of another Device finds nothing`, async () => {
      const memory: PortMemory = {};
      await using harness = await readyHarness({ device: { memory } });
      const { clock, port, link } = await harness.open({ uri: 'ws://host/echo' });
      harness.outcome = (line) =>
        line.startsWith('AT+WSSEND=0,16') ? { kind: 'late', delay } : undefined;
      link.send('0123456789abcdef').catch(() => undefined);
      await clock.advance(10);
      harness.say('+WS_DA~A:0,5,hello\r\n');
      await clock.wait(harness.device.stop());

      harness.alterInput = () => '';
      const device = new Device({ port, clock, memory });
      device.once('warning', () => (harness.alterInput = undefined));
      device.start();
      await harness.until(() => device.state.name === 'ready');
      assert.match(harness.received(harness.server.connections[0]).join(), /^[\r\n]*$/);
      await clock.wait(device.stop());
    });
});
