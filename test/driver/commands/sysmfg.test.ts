import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sysmfgWrite } from '../../../driver/commands/sysmfg';
import { refused } from '../../harness/refused';

it('AT+SYSMFG counts the NUL that ends a PEM text', () => {
  const { line, payload, name } = sysmfgWrite('wss_ca', 0, 'PEM\n');
  assert.equal(line, 'AT+SYSMFG=2,"wss_ca","wss_ca.0",8,5');
  assert.deepEqual(Buffer.from(payload ?? []), Buffer.from('PEM\n\0'));
  assert.equal(name, 'AT+SYSMFG=2,"wss_ca.0"');
  refused('INVALID_SETTING', () => sysmfgWrite('wss_key', -1, ''));
});
