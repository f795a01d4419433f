import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../../driver/errors';
import type { OpenOptions } from '../../../../driver/link/options';
import { Harness } from '../../../harness/harness';
import { failure } from '../../../harness/ready-harness';

const MISTAKES: readonly (readonly [
  what: string,
  firmware: 'A' | 'B' | 'C',
  options: Partial<OpenOptions>,
  code: ErrorCode,
])[] = [
  [
    'a header, on class A',
    'A',
    { headers: [{ name: 'X-Key', value: 'k' }] },
    'HEADERS_NOT_SUPPORTED',
  ],
  [
    'a buffer of 16384 bytes, on class B',
    'B',
    { config: { bufferBytes: 16_384 } },
    'INVALID_CONFIG',
  ],
  ['authentication, on class B', 'B', { config: { auth: 2, pki: 0, ca: 0 } }, 'AUTH_NOT_SUPPORTED'],
  [
    'a CA that the device does not have',
    'C',
    { config: { auth: 1, pki: 0, ca: 0 } },
    'CERTIFICATE_MISSING',
  ],
];

describe('an open with an error that only new settings can fix', () => {
  const cases = MISTAKES.flatMap((each) => [false, true].map((joins) => [joins, ...each] as const));
  for (const [joins, what, firmware, options, code] of cases) {
    const call = joins ? 'called twice, the second time with the error,' : 'called';
    it(`fails with its code and is not retried, when ${call} before the device is known: ${what}`, async () => {
      await using harness = new Harness({ firmware });
      harness.device.start();
      const [link] = harness.device.links;
      const uri = 'ws://host/plain';
      if (joins) link.open({ uri }).catch(() => undefined);
      const open = link.open({ uri, keepOpen: true, ...options });
      assert.equal((await failure(harness, open)).code, code);
      await harness.clock.advance(600_000);
      const events = harness.linkEvents.map(({ event, error }) =>
        `${event} ${error?.code ?? ''}`.trim(),
      );
      assert.deepEqual(
        events.filter((event) => event !== 'opening'),
        [`failed ${code}`],
      );
      assert.equal(harness.server.requests.length, 0);
      assert.ok(!harness.port.text.includes('AT+WSOPEN=0'));
    });
  }

  it('is retried after the device restarts', async () => {
    await using harness = await new Harness({ firmware: 'C' }).ready();
    const open = harness.link.open({
      uri: 'ws://host/plain',
      keepOpen: true,
      config: { auth: 1, pki: 0, ca: 0 },
    });
    assert.equal((await failure(harness, open)).code, 'CERTIFICATE_MISSING');
    harness.simulator.restart();
    await harness.clock.advance(10_000);
    assert.equal(harness.linkEvents.filter(({ event }) => event === 'failed').length, 2);
  });
});
