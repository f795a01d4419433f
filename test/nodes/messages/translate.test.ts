import assert from 'node:assert/strict';
import { it } from 'node:test';
import { translateOr } from '../../../nodes/shared/message/translate';

it('translateOr() returns the fallback for a key with a colon, of which Node-RED returns only the end', () => {
  const nodeRed = (key: string) => key.slice(key.lastIndexOf(':') + 1);
  const version = '4.2.0.0-dev(32ff6e1 - ESP32C3 - Jul 24 2026 09:54:05)';
  assert.equal(translateOr(nodeRed, `details.${version}`, version), version);
  assert.equal(translateOr(nodeRed, 'details.unknown', 'unknown'), 'unknown');
  assert.equal(
    translateOr(() => 'joined the Wi-Fi', 'details.joined', 'joined'),
    'joined the Wi-Fi',
  );
});
