import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkConfig } from '../../../driver/commands/wscfg';
import type { OpenOptions } from '../../../driver/link/options';
import { decodeOpen, encodeOpen } from '../../../driver/recorder/open-codec';
import { unchecked } from '../../harness/refused';

describe('recorded options of an open', () => {
  const framings: readonly OpenOptions['framing'][] = [
    { by: 'chunk' },
    { by: 'json' },
    { by: 'idle', idleMs: 20 },
    { by: 'delimiter', delimiter: Buffer.from('\n') },
  ];
  const config: LinkConfig = {
    pingIntervalMs: 1000,
    pongTimeoutMs: 2000,
    bufferBytes: 4096,
    auth: 3,
    pki: 1,
    ca: 1,
  };
  for (const framing of framings)
    it(`have config and framing by ${framing?.by}, and nothing that a user has added to them`, () => {
      const options: OpenOptions = { uri: 'ws://host/', config, framing };
      // JSON knows no bigint.
      const added = { note: 'not for the recording', count: 1n };
      const encoded = encodeOpen(
        unchecked({
          ...options,
          ...added,
          config: { ...config, ...added },
          framing: { ...framing, ...added },
        }),
      );
      assert.equal(JSON.stringify(encoded), JSON.stringify(encodeOpen(options)));
      const decoded = decodeOpen(encoded);
      assert.deepEqual([decoded.config, decoded.framing], [config, framing]);
    });
});
