import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessPoint } from '../../../simulator';
import { Harness } from '../../harness/harness';

const home: AccessPoint = { ssid: 'home', password: 'password', rssi: -61, channel: 6 };
const wifi = { ssid: home.ssid, password: home.password };

const shown = (harness: Harness): string =>
  `${harness.device.state.name} ${harness.device.state.error?.code ?? ''}`.trim();

describe('the Wi-Fi of a device', () => {
  for (const [state, urc, after] of [
    ['3', 'WIFI GOT IP', 'ready'],
    ['2', 'WIFI DISCONNECT', 'ready WIFI_LOST'],
  ] as const) {
    it(`has the state of ${urc} where that comes in one chunk with an older +CWSTATE:${state}`, async () => {
      let held = '';
      await using harness: Harness = new Harness({
        device: { wifi },
        simulator: {
          wifi: [home],
          output: (bytes) => {
            const text = held + bytes.toString('latin1');
            const isQuery = device().error && text.includes('+CWSTATE:');
            held = isQuery && !text.includes('OK\r\n') ? text : '';
            const chunk = `${text.replace(/(\+CWSTATE:)\d/, `$1${state}`)}${urc}\r\n`;
            if (held === '') harness.port.deliver(Buffer.from(isQuery ? chunk : text, 'latin1'));
          },
        },
      });
      const device = () => harness.device.state;
      await harness.ready();
      harness.simulator.wifi.lose();
      await harness.clock.advance(20_000);
      assert.equal(shown(harness), 'ready WIFI_LOST');
      await harness.clock.advance(20_000);
      assert.equal(shown(harness), after);
    });
  }
});
