import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { portFailure } from '../../../driver/port/failure';
import { portAt } from '../../../driver/port/open';
import { refused, unchecked } from '../../harness/refused';

const line = { rate: 115_200 };

describe('port addresses', () => {
  it('name serial ports with a rate, and TCP bridges without', () => {
    for (const address of [
      ...['/dev/ttyUSB0', '/dev/serial/by-id/usb-Silicon_Labs_CP2102-if00-port0'],
      ...['/dev/cu.usbserial-0001', 'COM3', 'com12', '\\\\.\\COM12'],
    ]) {
      const opener = portAt(address, line);
      assert.deepEqual([opener.address, opener.rate], [address, 115_200]);
    }
    for (const address of [
      'tcp://bridge.local:2000',
      'TCP://10.0.0.1:65535/',
      'tcp://[fe80::1]:1',
    ]) {
      const opener = portAt(address, line);
      assert.deepEqual([opener.address, opener.rate], [address, undefined]);
      assert.equal(opener.bridgedRate, 115_200);
    }
  });

  it('are refused in any other form', () => {
    for (const address of [
      ...['', 'ttyUSB0', '/', '/dev/', '/dev/tty\nUSB0', '/dev/tty\0USB0', 'sim:', 'tcp:'],
      ...['tcp://host', 'tcp://host:0', 'tcp://host:65536', 'tcp://host:80/path'],
      ...['tcp://user@host:80', 'tcp://ho st:80', 'http://host:80'],
      undefined,
      null,
      5,
    ]) {
      refused('INVALID_PORT', () => portAt(unchecked(address), line));
    }
  });

  it('are refused with an invalid baud rate', () => {
    for (const rate of [0, 79, 5_000_001, 9600.5, NaN]) {
      refused('INVALID_SETTING', () => portAt('/dev/ttyUSB0', { ...line, rate }));
      if (rate !== 0) refused('INVALID_SETTING', () => portAt('tcp://h:1', { rate }));
    }
    assert.equal(portAt('/dev/ttyUSB0', { ...line, rate: 5_000_000 }).rate, 5_000_000);
    assert.equal(portAt('tcp://h:1', { rate: 0 }).bridgedRate, undefined);
  });
});

it('port errors get their code from the system error, not from the port name', () => {
  const withCode = (code: string) =>
    Object.assign(new Error(`connect ${code} 10.0.0.1:1`), { code });
  assert.equal(portFailure('tcp://h:1', withCode('ECONNREFUSED')).code, 'PORT_UNREACHABLE');
  assert.equal(portFailure('tcp://h:1', withCode('EHOSTUNREACH')).code, 'PORT_UNREACHABLE');
  const noHost = withCode('ENOTFOUND');
  assert.equal(portFailure('tcp://h:1', noHost).code, 'PORT_UNREACHABLE');
  const several = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
  assert.equal(portFailure('tcp://h:1', several).code, 'PORT_UNREACHABLE');
  const tricky = '/dev/busy-permission denied';
  const error = portFailure(tricky, new Error(`Error: Input/output error, cannot open ${tricky}`));
  assert.equal(error.code, 'PORT_FAILED');
  assert.equal(error.details.reason, `Input/output error, cannot open ${tricky}`);
  assert.equal(portFailure('/dev/x', 'odd').code, 'PORT_FAILED');
  const text = 'getaddrinfo ENOTFOUND busybox';
  const host = Object.assign(new Error(text), { code: 'ENOTFOUND' });
  assert.equal(portFailure('tcp://busybox:23', host).code, 'PORT_UNREACHABLE');
});
