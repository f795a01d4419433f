import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { Harness } from '../../harness/harness';

for (const [restarts, code] of [
  [false, 'SEND_CORRUPT'],
  [true, 'DEVICE_RESTARTED'],
] as const)
  it(`the server that got noise in place of a message loses its connection with ${code}`, async () => {
    await using harness = await new Harness({ firmware: 'D' }).ready();
    const { clock, link, simulator } = harness;
    await harness.open();
    // In place of the prompt comes data with a corrupt length.
    harness.alterOutput = (text) => {
      if (!text.includes('>')) return text;
      harness.alterOutput = undefined;
      return text.replace('>', '+WS_DATA:0,1,1,2,2,xxyy\r\n');
    };
    const outcome = clock.wait(
      link.send('hi').then(
        () => 'sent',
        (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
      ),
    );
    await harness.until(() => harness.received().length > 0);
    if (restarts) simulator.restart();
    assert.equal(await outcome, 'not-sent');
    const ends = () => harness.linkEvents.filter(({ event }) => event !== 'dataloss');
    await harness.until(() => ends().length > 0);
    assert.equal(ends()[0]?.error?.code, code);
    assert.deepEqual(harness.received(harness.server.connections[0]), ['\r\n']);
  });
