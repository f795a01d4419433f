import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { Harness } from '../../../harness/harness';
import { code, test } from '../../../harness/ready-harness';

const secret = 's3cret "quoted", \\ and é';
const headers = [{ name: 'X-Key', value: secret }];

/** All events and errors of a harness, as one text. */
function reportsOf(harness: Harness, errors: readonly unknown[] = []): string {
  const events = [...harness.events, ...harness.linkEvents, ...harness.states];
  return JSON.stringify([
    ...events.map((each) => ({ ...each, message: 'error' in each && each.error.message })),
    ...errors.map((error) => (error instanceof EspAtError ? [error.message, error.details] : null)),
  ]);
}

describe('the headers of an open', () => {
  test('are read back, and written again when one is corrupt', async (harness) => {
    let writes = 0;
    harness.alterInput = (text) =>
      text.startsWith('X-Key: ') && writes++ === 0 ? text.replace('s3', 's4') : text;
    const [link] = harness.device.links;
    await harness.clock.wait(link.open({ uri: 'ws://host/plain', headers }));
    assert.equal(writes, 2);
    const [request] = harness.server.requests;
    assert.deepEqual(
      request?.headers.filter(([name]) => name === 'X-Key'),
      [['X-Key', Buffer.from(secret).toString('latin1')]],
    );
  });

  test('fail the open for good where the device shows them in another form', async (harness) => {
    harness.alterOutput = (text) => text.replace(/\+WSHEAD:(\d+),/g, '+WSHEAD:$1,0,');
    const { link } = harness;
    const open = link.open({ uri: 'ws://host/plain', headers, keepOpen: true });
    assert.equal(await code(harness, open), 'FIRMWARE_UNKNOWN');
    await harness.clock.advance(600_000);
    const opens = harness.linkEvents.filter(({ event }) => event === 'opening');
    assert.equal(opens.length, 1);
  });

  it('never appear in events or errors, even when the response with them is corrupt', async () => {
    for (let at = 0; at < 60; at++) {
      await using harness = await new Harness().ready();
      harness.alterOutput = (text) => {
        const found = text.indexOf('+WSHEAD:');
        return found < 0 ? text : text.slice(0, found + at) + text.slice(found + at + 1);
      };
      const failure = await harness.clock.wait(
        harness.link.open({ uri: 'ws://host/plain', headers }).catch((error: unknown) => error),
      );
      await harness.clock.advance(1000);
      assert.ok(!reportsOf(harness, [failure]).includes('quoted'), `byte ${at}`);
    }
  });
});
