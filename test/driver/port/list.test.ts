import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { listPorts } from '../../../driver/port/list';

describe('the list of serial ports on Linux', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'ports-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const file = (path: string, text = '') => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };
  const plugUsb = (name: string, byId: string, product: string) => {
    const device = `sys/devices/usb1/1-${name}`;
    file(`dev/${name}`);
    link(`dev/serial/by-id/${byId}`, `../../${name}`);
    file(`${device}/idVendor`, '10c4\n');
    file(`${device}/idProduct`, 'ea60\n');
    file(`${device}/manufacturer`, 'Silicon Labs\n');
    file(`${device}/product`, `${product}\n`);
    file(`${device}/serial`, '0001\n');
    file(`${device}/1-1:1.0/${name}/type`);
    link(`sys/class/tty/${name}/device`, join(root, `${device}/1-1:1.0/${name}`));
  };

  it('lists the by-id path first, with the manufacturer', async () => {
    plugUsb('ttyUSB0', 'usb-Silicon_Labs_CP2102_0001-if00-port0', 'CP2102 Bridge');
    link('proc/1/fd/0', '/dev/null');
    assert.deepEqual(await listPorts('linux', root), [
      {
        path: '/dev/serial/by-id/usb-Silicon_Labs_CP2102_0001-if00-port0',
        device: '/dev/ttyUSB0',
        vendorId: '10c4',
        productId: 'ea60',
        manufacturer: 'Silicon Labs',
        product: 'CP2102 Bridge',
        serialNumber: '0001',
        inUse: false,
      },
    ]);
  });

  it('marks ports in use, and leaves the mark out without permission to check', async () => {
    plugUsb('ttyUSB0', 'usb-a', 'A');
    plugUsb('ttyUSB1', 'usb-b', 'B');
    const use = async () => (await listPorts('linux', root)).map(({ inUse }) => inUse);
    assert.deepEqual(await use(), [undefined, undefined]);
    link('proc/7/fd/3', '/dev/ttyUSB1');
    // Without process 1 the processes of other users are hidden.
    assert.deepEqual(await use(), [undefined, true]);
    link('proc/1/fd/0', '/dev/null');
    link('proc/7/fd/4', 'socket:[1]');
    file('proc/cpuinfo');
    assert.deepEqual(await use(), [false, true]);
    // A file in place of a folder: reading it fails, as without permission.
    file('proc/8/fd');
    assert.deepEqual(await use(), [undefined, true]);
  });

  it('omits built-in ports without hardware and devices that are not serial ports', async () => {
    file('dev/ttyS0');
    file('sys/class/tty/ttyS0/type', '4\n');
    file('dev/ttyS1');
    file('sys/class/tty/ttyS1/type', '0\n');
    for (const name of ['tty', 'tty1', 'ttyprintk', 'null', 'ttyUSB']) file(`dev/${name}`);
    file('dev/ttyACM10');
    file('dev/ttyACM9');
    const paths = (await listPorts('linux', root)).map(({ path }) => path);
    assert.deepEqual(paths, ['/dev/ttyACM9', '/dev/ttyACM10', '/dev/ttyS0']);
  });

  it('lists USB adapters before built-in ports', async () => {
    file('dev/ttyAMA0');
    plugUsb('ttyUSB0', 'usb-a', 'A');
    const devices = (await listPorts('linux', root)).map(({ device }) => device);
    assert.deepEqual(devices, ['/dev/ttyUSB0', '/dev/ttyAMA0']);
  });

  it('is empty when there is no port', async () => {
    assert.deepEqual(await listPorts('linux', join(root, 'nowhere')), []);
  });

  it('works on this machine without udevadm', async () => {
    assert.ok(Array.isArray(await listPorts()));
  });
});
