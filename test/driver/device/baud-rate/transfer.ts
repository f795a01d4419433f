import assert from 'node:assert/strict';
import type { Harness } from '../../../harness/harness';

const TRANSFER_BYTES = 64 * 1024;

/** Milliseconds that 64 KiB take to the server, and from it. */
export async function transfer(harness: Harness): Promise<readonly [out: number, back: number]> {
  const { clock, device, server } = harness;
  const [link] = device.links;
  await clock.wait(link.open({ uri: 'ws://host/plain', config: { bufferBytes: 8192 } }));
  const connection = server.connections.find(({ open }) => open);
  assert.ok(connection);
  const start = clock.now();
  const before = harness.messages.length;
  for (let sent = 0; sent < TRANSFER_BYTES; sent += 8192)
    await clock.wait(link.send(Buffer.alloc(8192, sent >> 13), { opcode: 2 }));
  const arrived = () =>
    connection.frames.reduce(
      (sum, { opcode, payload }) => sum + (opcode < 8 ? payload.length : 0),
      0,
    );
  assert.ok(await clock.until(() => arrived() === TRANSFER_BYTES, 1000), `${arrived()} bytes`);
  const sent = clock.now();
  connection.send({ fin: true, opcode: 2, payload: Buffer.alloc(TRANSFER_BYTES, 'x') });
  assert.ok(await clock.until(() => harness.messages.length > before, 60_000));
  const back = clock.now() - sent;
  assert.equal(harness.messages.at(-1)?.bytes.length, TRANSFER_BYTES);
  await clock.wait(link.close());
  return [sent - start, back];
}
