import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../../driver/errors';
import type { OpenOptions } from '../../../../driver/link/options';
import type { FirmwareClass } from '../../../../simulator';
import { Harness } from '../../../harness/harness';
import { failure } from '../../../harness/ready-harness';

/** By the code of the error and the class of the firmware. */
const MISTAKES: Readonly<Record<string, Partial<OpenOptions>>> = {
  'HEADERS_NOT_SUPPORTED, class A': { headers: [{ name: 'X-Key', value: 'k' }] },
  'INVALID_CONFIG, class B': { config: { bufferBytes: 16_384 } },
  'AUTH_NOT_SUPPORTED, class B': { config: { auth: 2, pki: 0, ca: 0 } },
  'CERTIFICATE_MISSING, class C': { config: { auth: 1, pki: 0, ca: 0 } },
};

describe('an open with an error that only new settings can fix', () => {
  const cases = Object.entries(MISTAKES).flatMap(([what, options]) =>
    [false, true].map((joins) => ({ joins, what, options })),
  );
  for (const { joins, what, options } of cases) {
    const [code, firmware] = what.split(', class ') as [ErrorCode, FirmwareClass];
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
