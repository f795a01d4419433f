import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { portKey } from '../../../driver/port/port-key';
import { temporaryFolder } from '../../harness/temporary-folder';

describe('the key of a port', () => {
  it('is one for COM3, com3 and \\\\.\\COM3', () => {
    for (const address of ['COM3', 'com3', 'Com3', '\\\\.\\COM3', '\\\\.\\com3'])
      assert.equal(portKey(address), 'COM3');
    assert.notEqual(portKey('COM3'), portKey('COM30'));
  });

  it('is one for a bridge in capitals and small letters', () => {
    assert.equal(portKey('TCP://Bridge.local:2000'), portKey('tcp://bridge.local:2000'));
  });

  it('is one for each form of a bridge, and another for another port of it', () => {
    for (const address of ['tcp://127.0.0.1:2000/', 'tcp://127.0.0.1:02000', 'tcp://127.1:2000'])
      assert.equal(portKey(address), portKey('tcp://127.0.0.1:2000'), address);
    assert.equal(portKey('tcp://[0:0:0:0:0:0:0:1]:23'), portKey('tcp://[::1]:23'));
    assert.equal(portKey('tcp://[FE80::1%2]:23'), portKey('tcp://[fe80::1%2]:23'));
    assert.notEqual(portKey('tcp://127.0.0.1:2000'), portKey('tcp://127.0.0.1:2001'));
  });

  it('keeps the case of a simulated device: its name tells devices apart', () => {
    assert.notEqual(portKey('sim:a'), portKey('sim:A'));
  });

  it('is one for a device and a link to it', { skip: process.platform === 'win32' }, (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'ttyUSB0'), '');
    symlinkSync(join(folder, 'ttyUSB0'), join(folder, 'by-id'));
    assert.equal(portKey(join(folder, 'by-id')), portKey(join(folder, 'ttyUSB0')));
  });
});
