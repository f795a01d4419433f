import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { OpenOptions } from '../../../driver';
import { readyHarness } from '../../harness/ready-harness';

const uri = 'ws://host/plain';
/** Longer than the list of the secrets that a recorder keeps. */
const CALLS = 250;

const others: Readonly<Record<string, (authorization: string) => OpenOptions>> = {
  'refused open() calls': (authorization) => ({ uri: 'ws://host/other', authorization }),
  'open() calls that join it': (authorization) => ({ uri, authorization }),
};

for (const [what, optionsOf] of Object.entries(others))
  it(`the secret of a connection stays out of the recording after ${CALLS} ${what} with others`, async () => {
    await using harness = await readyHarness();
    const { clock, device, link } = await harness.open({
      uri,
      authorization: 'token-of-the-connection',
    });
    for (let index = 0; index < CALLS; index++)
      await clock.wait(link.open(optionsOf(`token-${1000 + index}`)).catch(() => undefined));
    harness.serve('token-of-the-connection, token-1000');
    await clock.advance(100);
    assert.deepEqual(harness.texts(), ['token-of-the-connection, token-1000']);
    const text = device.recording();
    assert.ok(!text.includes('token-of-the-connection'));
    // The recorder has forgotten the others, which shows that there were enough of them.
    assert.match(text, /\*{23}, token-1000/);
  });

it('the secret of an open that waits in the command queue stays out of the recording', async () => {
  await using harness = await readyHarness();
  const { clock, device, link } = harness;
  harness.outcome = (line) => (line === 'AT+SLOW?' ? { kind: 'late', delay: 5000 } : undefined);
  device.command('AT+SLOW?').catch(() => undefined);
  const headers = (value: string) => [{ name: 'X-Key', value }];
  const opens = [link.open({ uri, headers: headers('key-of-the-queue') })];
  await clock.advance(10);
  for (let index = 0; index < CALLS; index++)
    opens.push(link.open({ uri, headers: headers(`key-${1000 + index}`) }));
  await clock.wait(Promise.all(opens));
  assert.ok(harness.port.text.includes('key-of-the-queue'));
  assert.ok(!device.recording().includes('key-of-the-queue'));
});
