import assert from 'node:assert/strict';
import { it } from 'node:test';
import { examine } from '../../driver';
import { Harness, type HarnessOptions } from '../harness/harness';

/** Milliseconds in which the doctor names a state. */
const LIMIT_MS = 20_000;

const serial = { baudRate: 115_200 };
const stored = { ssid: 'espressif', password: 'the old one' };
const states: readonly (readonly [
  state: string,
  finding: string | undefined,
  options: HarnessOptions,
  change?: (harness: Harness) => void,
])[] = [
  ['a good device', undefined, { serial }],
  ['a wrong rate', 'WRONG_RATE', { serial: { baudRate: 9600 } }],
  ['nothing behind the port', 'NO_ANSWER', { serial, simulator: { output: () => undefined } }],
  ['a device without Wi-Fi', 'WIFI_NOT_JOINED', { serial, simulator: { joined: false } }],
  [
    'a wrong password',
    'WIFI_PASSWORD',
    { serial, simulator: { wifi: [stored] } },
    ({ simulator }) => {
      stored.password = 'the new one';
      simulator.wifi.lose();
      simulator.wifi.recover();
    },
  ],
  ['noise', 'NOISE', { serial: { ...serial, corruption: () => 0.001 } }],
];
for (const [state, finding, options, change] of states) {
  it(`the doctor names ${state} within 20 s`, async () => {
    const harness = new Harness(options);
    const { clock, port, hostClock } = harness;
    change?.(harness);
    const { findings } = await clock.wait(examine(port, { clock: hostClock }));
    const wrong = findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
    assert.equal(wrong[0], finding);
    assert.ok(clock.now() < LIMIT_MS, `${clock.now()} ms`);
    assert.equal(hostClock.pending, 0, 'timers are left');
    harness.simulator.destroy();
  });
}
