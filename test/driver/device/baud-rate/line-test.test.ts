import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PortLease } from '../../../../driver/at/port-lease';
import { TimedPort } from '../../../../driver/at/timing/timed-port';
import { countCorruptLines } from '../../../../driver/device/baud-rate/line-test';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';

const PORT = { pendingBytes: 0, rate: undefined, slowness: 1 };

/** Counts the corrupt lines of two on a line that answers each with these lines; `#`: its echo, `#1` and `#2` its halves. */
async function corruptLines(...response: readonly string[]): Promise<number> {
  const clock = new VirtualClock();
  const write = (bytes: Uint8Array) => {
    const text = Buffer.from(bytes).toString('latin1').trim();
    const halves = { '#1': text.slice(0, 99), '#2': text.slice(99) };
    for (const line of response)
      lease.take(
        line.replace(/#[12]/g, (half) => halves[half as '#1' | '#2']).replace(/^#$/, text),
      );
  };
  const lease = new PortLease(new TimedPort({ write, ...PORT }, clock), 'search');
  return (await clock.wait(countCorruptLines(lease, 2, 10_000))).corrupt;
}

describe('test lines', () => {
  it('are intact where the device echoes them, whatever URCs come between', async () => {
    assert.equal(await corruptLines('WIFI GOT IP', '#', '+WS_CLOSED:0', 'ERROR'), 0);
  });

  it('are intact where a URC breaks the echo', async () => {
    assert.equal(await corruptLines('#1+TIME_UPDATED', '#2', 'ERROR'), 0);
    assert.equal(await corruptLines('#1+WS_CLOSED:0', '#2', 'ERROR'), 0);
    assert.equal(await corruptLines('#1+WS_DISCONNECTED:2', '#2', 'ERROR'), 0);
    assert.equal(await corruptLines('#1+TIME_UPDATE', '#2', 'ERROR'), 2);
  });

  it('are corrupt where the device is busy: the result code is that of another command', async () => {
    assert.equal(await corruptLines('#', 'busy p...', 'ERROR'), 2);
  });
});
