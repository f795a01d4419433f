import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as base from '../../../driver/commands/base';

describe('base commands', () => {
  it('list the commands of the firmware', () => {
    const answer = ['+CMD:0,"AT+WSCFG",0,0,1,0', '+CMD:1,"AT+WSOPEN",0,1,1,0'];
    assert.deepEqual(base.commandList.parse(answer), ['AT+WSCFG', 'AT+WSOPEN']);
    assert.deepEqual(base.commandList.parse([]), []);
  });

  it('do not report a command as absent when its line was corrupt or lost', () => {
    const { parse } = base.commandList;
    assert.equal(parse(['+CMD:0,"AT",0,0,0']), undefined);
    assert.equal(parse(['+CMD:1,"ATE0",0,0,0,1']), undefined);
    assert.equal(parse(['+CMD:0,"AT",0,0,0,1', '+CMD:2,"ATE1",0,0,0,1']), undefined);
  });

  it('parse the version', () => {
    const answer = ['AT version:4.2.0.0-dev(32ff6e1 - ESP32C3)', 'SDK version:v5.4.4'];
    assert.equal(base.parseVersion(answer), '4.2.0.0-dev(32ff6e1 - ESP32C3)');
    assert.equal(base.parseVersion(['SDK version:v5.4.4']), 'SDK version:v5.4.4');
    assert.equal(base.parseVersion([]), '');
  });
});
