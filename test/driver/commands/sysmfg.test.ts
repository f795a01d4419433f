import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseSysmfg, sysmfgHasKey, sysmfgWrite } from '../../../driver/commands/sysmfg';
import { refused } from '../../harness/refused';

it('AT+SYSMFG counts the NUL that ends a PEM text', () => {
  const { line, payload, name } = sysmfgWrite('wss_ca', 0, 'PEM\n');
  assert.equal(line, 'AT+SYSMFG=2,"wss_ca","wss_ca.0",8,5');
  assert.deepEqual(Buffer.from(payload ?? []), Buffer.from('PEM\n\0'));
  assert.equal(name, 'AT+SYSMFG=2,"wss_ca.0"');
  refused('INVALID_SETTING', () => sysmfgWrite('wss_key', -1, ''));
});

it('AT+SYSMFG reads the part of a PEM text, nothing of a value of another type, and no corrupt response', () => {
  const responses = ['8,4,PEM\n', '7,4,text', '9,4,PEM\n', '8,four,PEM\n', ''].map(
    (rest) => `+SYSMFG:"wss_ca","wss_ca.0",${rest}`,
  );
  const parts = responses.map((response) => parseSysmfg([response]));
  assert.deepEqual(parts, ['PEM\n', '', undefined, undefined, undefined]);
  assert.equal(parseSysmfg([]), undefined);
});

it('AT+SYSMFG tells from the list of keys whether a slot holds one, nothing from a corrupt line', () => {
  const { line, parse } = sysmfgHasKey(1);
  assert.equal(line, 'AT+SYSMFG=1,"wss_key"');
  const listed = (rest: string) => `+SYSMFG:"wss_key",${rest}`;
  const responses = [['"wss_key.0",8', '"wss_key.1",8'], ['"wss_key.11",8'], ['"wss_key.1",7'], []];
  const found = responses.map((rests) => parse(rests.map(listed)));
  assert.deepEqual(found, [true, false, false, false]);
  assert.equal(parse(['"wss_key.1",8', '"wss_key.1",9'].map(listed)), undefined);
});
