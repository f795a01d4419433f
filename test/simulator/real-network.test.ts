import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realNetwork } from '../../simulator/network/real-network';

describe("the machine's own network", () => {
  for (const [what, material] of [
    ['a client certificate that OpenSSL cannot read', { cert: 'garbage' }],
    ['a key that OpenSSL cannot read', { key: 'garbage' }],
  ] as const) {
    it(`fails an attempt with ${what}, in a later turn`, async () => {
      const tls = { verify: false, now: Date.now(), ...material };
      let isLater = false;
      const error = await new Promise<Error | undefined>((resolve) => {
        const connection = realNetwork.connect(
          { host: '127.0.0.1', port: 1, tls },
          {
            connected: () => undefined,
            data: () => undefined,
            drained: () => undefined,
            ended: () => undefined,
            closed: (reason) => {
              assert.ok(isLater);
              resolve(reason);
            },
          },
        );
        isLater = connection.write(Buffer.from('x'));
      });
      assert.match(String(error), /error:/);
    });
  }
});
