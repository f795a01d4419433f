import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';

/** The TCP port of a server that listens. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address, 'the server listens');
  return address.port;
}
