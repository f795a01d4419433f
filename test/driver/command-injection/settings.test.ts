import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EspAtError } from '../../../driver/errors';
import { anyText } from '../../harness/any-text';
import { Harness } from '../../harness/harness';
import { RUNS, Listening, utf8 } from './listening';

/** A harness with these settings; undefined when the driver refuses them, with an error that does not show them. */
function accepted(options: ConstructorParameters<typeof Harness>[0]): Listening | undefined {
  try {
    return new Listening(options);
  } catch (error) {
    assert.ok(error instanceof EspAtError && error.code === 'INVALID_SETTING', String(error));
    assert.doesNotMatch(error.message, /[\r\n\0]/);
    return undefined;
  }
}

describe('command injection: arbitrary settings of a device', () => {
  it('the device joins exactly this network, or none', async () => {
    let joined = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constant('net'), anyText()),
        fc.oneof(fc.constant('secret "1,2\\'), anyText()),
        async (ssid, password) => {
          const access = { ssid: utf8(ssid), password: utf8(password) };
          const listening = accepted({
            device: { wifi: { ssid, password } },
            simulator: { joined: false, wifi: [access] },
          });
          if (!listening) return;
          const { harness } = listening;
          harness.device.start();
          await harness.clock.until(() => harness.device.state.name === 'ready', 5000);
          const joins = listening.heard().filter(({ name }) => name === 'AT+CWJAP');
          for (const { values } of joins) {
            assert.deepEqual([values.string(0), values.string(1)], [utf8(ssid), utf8(password)]);
          }
          assert.equal(joins.length, 1);
          joined++;
          await harness.end();
        },
      ),
      { ...RUNS, numRuns: 150 },
    );
    assert.ok(joined > 20, `${joined} joined: too few`);
  });

  it('the device asks exactly these time servers, or none', async () => {
    let asked = 0;
    const server = fc.oneof(
      fc.constantFrom('pool.ntp.org', 'time.example.com', '10.0.0.1', '"a","b"', 'a,b'),
      anyText(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(server, { minLength: 1, maxLength: 3 }), async (servers) => {
        const listening = accepted({ device: { sntp: { timezone: 1, servers } } });
        if (!listening) return;
        const { harness } = listening;
        harness.device.start();
        await harness.clock.until(() => harness.device.state.name === 'ready', 2000);
        const lines = listening.heard().filter(({ name }) => name === 'AT+CIPSNTPCFG');
        for (const { values } of lines) {
          const names = servers.map((_, index) => values.string(2 + index));
          assert.deepEqual([values.count, ...names], [2 + servers.length, ...servers]);
        }
        assert.equal(lines.length, 1);
        asked++;
        await harness.end();
      }),
      { ...RUNS, numRuns: 150 },
    );
    assert.ok(asked > 20, `${asked} asked: too few`);
  });
});
