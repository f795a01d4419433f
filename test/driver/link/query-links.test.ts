import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';
import { code, story } from '../../harness/ready-harness';

/** A harness whose device answers AT+WSOPEN? with one field more, so many times. */
function harnessWithMoreFields(times: number): Harness {
  let left = times;
  const harness: Harness = new Harness({
    simulator: {
      output: (bytes) => {
        const text = bytes.toString('latin1');
        const other = left > 0 ? text.replace(/(\+WSOPEN:.*")/, '$1,0') : text;
        if (other !== text) left--;
        harness.port.deliver(Buffer.from(other, 'latin1'));
      },
    },
  });
  return harness;
}

describe('a response to AT+WSOPEN? that does not fit', () => {
  it('is asked for again, and costs nothing when the second one fits', async () => {
    await using harness = harnessWithMoreFields(1);
    await harness.ready();
    await harness.clock.wait(harness.device.links[0].open({ uri: 'ws://host/plain' }));
    assert.deepEqual(story(harness), ['opening 0', 'opened 2']);
  });

  it('names other firmware when it comes twice alike, and keep-open does not retry', async () => {
    await using harness = harnessWithMoreFields(Infinity);
    await harness.ready();
    const [link] = harness.device.links;
    const open = link.open({ uri: 'ws://host/plain', keepOpen: true });
    assert.equal(await code(harness, open), 'FIRMWARE_UNKNOWN');
    await harness.clock.advance(600_000);
    assert.deepEqual(story(harness), ['opening 0', 'failed 0']);
  });

  it('makes a device unusable that still has links open when it is initialized', async () => {
    const other = harnessWithMoreFields(0);
    await other.ready();
    await other.clock.wait(other.device.links[0].open({ uri: 'ws://host/plain' }));
    const { simulator } = other;
    const write = simulator.write.bind(simulator);
    simulator.write = (bytes) => {
      if (Buffer.from(bytes).toString('latin1') !== 'AT+WSOPEN?\r\n') return write(bytes);
      other.port.deliver(Buffer.from('+WSOPEN:0,2,"ws://host/plain",0\r\n\r\nOK\r\n'));
    };
    other.port.deliver(Buffer.from('\r\nready\r\n'));
    await other.clock.advance(5000);
    const { name, error } = other.device.state;
    assert.deepEqual([name, error?.code], ['unusable', 'FIRMWARE_UNKNOWN']);
    await other.end();
  });
});
