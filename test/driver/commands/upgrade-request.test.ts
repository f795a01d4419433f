import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wsopen } from '../../../driver/commands/wsopen';
import { EspAtError } from '../../../driver/errors';
import type { OpenOptions } from '../../../driver/link/options';
import { Lab } from '../../simulator/lab';

const requests: readonly OpenOptions[] = [
  { uri: 'ws://server.test:8080/path?query=1#fragment' },
  { uri: 'ws://server.test' },
  { uri: 'ws://server.test:080/?#f' },
  { uri: 'ws://[fe80::1]?x' },
  { uri: 'WS://user:password@server.test/' },
  { uri: 'ws://user:password@server.test/', authorization: 'Bearer x' },
  { uri: 'ws://user@server.test/', subprotocol: 'chat, superchat' },
  { uri: 'ws://server.test/', authorization: 'Bearer é,"\\' },
];

/** Whether the device opens its first link with these headers, without the driver's checks. */
async function opens(options: OpenOptions, headers: readonly string[]): Promise<boolean> {
  const lab = new Lab();
  await lab.command('ATE0');
  for (const header of headers) {
    await lab.command(`AT+WSHEAD=${Buffer.byteLength(header)}`);
    assert.match(await lab.say(Buffer.from(header)), /OK/);
  }
  const said = await lab.command(wsopen(0, options).line, 20_000);
  assert.match(said, /^\+WS_(CONNECTED:0\r\n\r\nOK|DISCONNECTED:0\r\n.*ERROR)\r\n/s);
  assert.equal(lab.server.requests.length, said.includes('OK') ? 1 : 0);
  lab.device.destroy();
  return said.includes('OK');
}

function isAccepted(options: OpenOptions): boolean {
  try {
    wsopen(0, options);
    return true;
  } catch (error) {
    assert.ok(error instanceof EspAtError && error.code === 'INVALID_HEADER');
    return false;
  }
}

describe('the longest upgrade request', () => {
  for (const options of requests) {
    const { uri, ...others } = options;
    it(`is the firmware's: ${uri} ${JSON.stringify(others)}`, async () => {
      const headers = (size: number) => [
        { name: 'X-One', value: '' },
        { name: 'X-Two', value: 'é'.repeat(9) + 'v'.repeat(size) },
      ];
      let size = 0;
      while (isAccepted({ ...options, headers: headers(size + 1) })) size++;
      const lines = (extra: number) =>
        headers(size + extra).map(({ name, value }) => `${name}: ${value}`);
      assert.deepEqual(
        [await opens(options, lines(0)), await opens(options, lines(1))],
        [true, false],
      );
    });
  }
});
