import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';

describe('a slow port behind a bridge', () => {
  it('extends the timeout by the time a payload needs', async () => {
    const harness = new Harness({
      serial: { baudRate: 9600, bridged: true },
      simulator: { baud: 9600 },
    });
    await harness.ready();
    const [link] = harness.device.links;
    await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
    harness.events.length = 0;
    const payload = 'x'.repeat(16_000);
    const start = harness.clock.now();
    await harness.clock.wait(link.send(payload));
    assert.ok(harness.clock.now() - start > 16_000);
    await harness.clock.advance(100);
    const pieces = harness.server.connections[0]?.frames.filter(({ opcode }) => opcode <= 1);
    assert.equal(pieces?.map((piece) => piece.payload.toString()).join(''), payload);
    assert.deepEqual(harness.events, []);
    await harness.end();
  });
});
