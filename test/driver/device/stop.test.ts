import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from '../../harness/ready-harness';

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
