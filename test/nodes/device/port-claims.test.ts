import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PortClaims, type Claimant } from '../../../nodes/shared/device/port-claims';

it('a device that a flow gives its own port again and again has one claim on it', () => {
  let compared = 0;
  const claims = new PortClaims((address) => {
    compared++;
    return address;
  });
  const nothing = (): void => undefined;
  const claimant: Claimant = {
    granted: nothing,
    denied: nothing,
    contested: () => 'a',
  };
  claims.request('/dev/ttyUSB0', claimant);
  for (let count = 0; count < 100; count++) {
    assert.ok(claims.take('/dev/ttyUSB0', claimant));
    claims.release(claimant, '/dev/ttyUSB0');
  }
  compared = 0;
  assert.equal(claims.holderOf('/dev/ttyUSB0'), claimant);
  assert.equal(compared, 2, 'addresses compared');
});
