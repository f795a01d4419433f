import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../../harness/harness';

/** A ready harness, and noise in front of the next command of the host. */
async function readyHarness(): Promise<Harness> {
  const harness = await new Harness().ready();
  await harness.open();
  return harness;
}

function noise(harness: Harness, bytes = '\xff'): void {
  harness.simulator.write(Buffer.from(bytes, 'latin1'));
}

describe('noise on the idle port', () => {
  it('before a message: the client repeats the message once in sync', async () => {
    await using harness = await readyHarness();
    noise(harness);
    await harness.clock.wait(harness.link.send('hello'));
    await harness.clock.advance(10);
    assert.equal(harness.port.text, 'AT+WSSEND=0,5\r\n\r\nAT+SYSSTORE?\r\nAT+WSSEND=0,5\r\nhello');
    assert.ok(harness.events.every(({ event }) => event !== 'outofsync'));
    assert.deepEqual(harness.received(harness.server.connections[0]), ['hello']);
  });

  it('that is a line end never turns a command into a payload', async () => {
    await using harness = await readyHarness();
    const link = harness.link;
    // The client takes its ERROR for the response to the command, whose prompt comes after it.
    const first = link.send('hello');
    harness.say('\r\nERROR\r\n');
    const second = link.send('second message');
    const settled = await harness.clock.wait(Promise.allSettled([first, second]));
    await harness.clock.advance(20_000);
    const received = harness.server.connections.flatMap(({ frames }) =>
      frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString()),
    );
    assert.ok(!received.some((text) => text.includes('AT')), received.join('|'));
    for (const [index, text] of ['hello', 'second message'].entries()) {
      const sent = settled[index]?.status === 'fulfilled';
      assert.equal(received.filter((each) => each === text).length, sent ? 1 : 0, text);
    }
  });
});
