import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import type { Link } from '../../../driver/link/link';
import { Harness } from '../../harness/harness';
import { test } from '../../harness/ready-harness';

const PAYLOAD_BYTES = 1500;

interface Outcome {
  readonly harness: Harness;
  readonly link: Link;
  readonly error: unknown;
  /** Milliseconds from send() until the link has reconnected. */
  readonly recoveryMs: number;
}

/** Sends one message, whose payload is changed on its way to the device. */
async function sendCorrupt(change: (payload: Buffer) => Buffer): Promise<Outcome> {
  const harness = await new Harness().ready();
  const { link } = await harness.open();
  const farEnd = harness.simulator.write.bind(harness.simulator);
  harness.simulator.write = (bytes) => {
    if (bytes.length === PAYLOAD_BYTES) farEnd(change(Buffer.from(bytes)));
    else farEnd(bytes);
  };
  const from = harness.clock.now();
  const sending = link.send(Buffer.alloc(PAYLOAD_BYTES, 'x'));
  const error: unknown = await harness.clock.wait(
    sending.then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  );
  await harness.clock.until(
    () => harness.server.connections.length === 2 && link.stateNumber === 2,
    60_000,
  );
  return { harness, link, error, recoveryMs: harness.clock.now() - from };
}

describe('a payload that is corrupt on the port', () => {
  for (const lost of [1, 2, 3, 4, 50, 1000, PAYLOAD_BYTES]) {
    it(`by the loss of ${lost} bytes has the outcome unknown, not sent; its link reconnects within 15 s`, async () => {
      const { harness, link, error, recoveryMs } = await sendCorrupt((payload) =>
        payload.subarray(lost),
      );
      assert.ok(error instanceof EspAtError);
      assert.deepEqual([error.code, error.outcome], ['SEND_UNKNOWN', 'unknown']);
      assert.ok(recoveryMs < 15_000, `${recoveryMs} ms`);
      const broken = harness.linkEvents.find(({ event }) => event === 'lost');
      assert.equal(broken?.error?.code, 'SEND_CORRUPT');
      await harness.clock.wait(link.send('after'));
      await harness.clock.advance(10);
      const [frame, ...more] = harness.server.connections[1]?.frames ?? [];
      assert.deepEqual([frame?.payload.toString(), more.length], ['after', 0]);
      await harness.end();
    });
  }

  test('is not assumed when only the network is slow', async (harness) => {
    const { link } = await harness.open();
    const [connection] = harness.server.connections;
    harness.network.window = 100;
    connection?.stopReading();
    const sending = link.send(Buffer.alloc(PAYLOAD_BYTES, 'x'));
    harness.clock.after(7000, () => connection?.startReading());
    await harness.clock.wait(sending);
    assert.ok(harness.clock.now() > 7000);
    assert.equal(harness.server.connections.length, 1);
  });
});
