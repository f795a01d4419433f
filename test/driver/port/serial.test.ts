import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode, EspAtError } from '../../../driver/errors';
import type { Port } from '../../../driver/port/port';
import { openSerial, type SerialOptions } from '../../../driver/port/serial';
import { FakeSerial } from '../../harness/port/fake-serial';
import { refused, rejected } from '../../harness/refused';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { testWith } from '../../harness/test-with';

const path = '/dev/ttyUSB0';

/** An open port over a fake binding, with all its events. */
async function open(options: Partial<SerialOptions> = {}, serial = new FakeSerial()) {
  const clock = new VirtualClock();
  const received: Buffer[] = [];
  const lost: EspAtError[] = [];
  const port: Port = await openSerial(
    { path, rate: 115_200, flowControl: false, ...options },
    { data: (chunk) => received.push(chunk), lost: (error) => lost.push(error) },
    { binding: serial, clock },
  );
  return { port, serial, clock, received, lost, [Symbol.asyncDispose]: () => port.close() };
}

const test = testWith(() => open());

const codes = (errors: readonly EspAtError[]) => errors.map(({ code }) => code).join();

describe('opening a serial port', () => {
  it('passes rate and flow control to the binding', async () => {
    const { serial, port } = await open({ rate: 921_600, flowControl: true });
    assert.deepEqual(serial.calls, [`open ${path} 921600 rtscts=true`]);
    await port.close();
  });

  it('sets DTR and RTS as configured, with every other flag', async () => {
    const both = await open({ dtr: false, rts: false });
    assert.deepEqual(both.serial.calls.slice(1), ['set']);
    const one = await open({ dtr: false });
    assert.deepEqual(one.serial.calls.slice(1), ['set rts']);
    const controlled = await open({ dtr: true, rts: false, flowControl: true });
    assert.deepEqual(controlled.serial.calls.slice(1), ['set dtr+rts']);
    await Promise.all([both, one, controlled].map(({ port }) => port.close()));
  });

  it('opens a port without DTR and RTS', async () => {
    const serial = new FakeSerial();
    serial.setFailure = new Error('Error: Inappropriate ioctl for device, cannot set');
    const { port, lost } = await open({ dtr: true, rts: true }, serial);
    port.write(Buffer.from('AT'));
    assert.deepEqual(serial.written, [Buffer.from('AT')]);
    assert.deepEqual(lost, []);
    await port.close();
  });

  it('reports why it cannot open', async () => {
    const wrong: [string, ErrorCode][] = [
      ['Error: No such file or directory, cannot open /dev/ttyUSB0', 'PORT_NOT_FOUND'],
      ['Error: Permission denied, cannot open /dev/ttyUSB0', 'PORT_PERMISSION'],
      ['Error: Device or resource busy, cannot open /dev/ttyUSB0', 'PORT_BUSY'],
      ['Error Resource temporarily unavailable Cannot lock port', 'PORT_BUSY'],
      ['Opening COM3: Access denied', 'PORT_BUSY'],
      ['Opening COM3: File not found', 'PORT_NOT_FOUND'],
      ['Error: Input/output error, cannot open /dev/ttyUSB0', 'PORT_FAILED'],
    ];
    for (const [message, code] of wrong) {
      const serial = new FakeSerial();
      serial.openFailure = new Error(message);
      const error = await rejected(code, open({}, serial));
      assert.match(error.message, /\/dev\/ttyUSB0/);
    }
  });
});

describe('writing to a serial port', () => {
  test('writes at once, and joins bytes that wait behind a write', async (line) => {
    const { port, serial, clock } = line;
    serial.held = true;
    port.write(Buffer.from('one'));
    port.write(Buffer.from('two'));
    port.write(new Uint8Array([0x33]));
    assert.equal(port.pendingBytes, 7);
    assert.deepEqual(serial.written.map(String), ['one']);
    serial.held = false;
    serial.finishWrite();
    await clock.advance(0);
    assert.deepEqual(serial.written.map(String), ['one', 'two3']);
    assert.equal(port.pendingBytes, 0);
  });

  test('writes a view without the rest of its memory', async ({ port, serial }) => {
    port.write(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    assert.deepEqual(serial.written, [Buffer.from([2, 3])]);
  });

  test('writes nothing after it is closed', async ({ port, serial }) => {
    serial.held = true;
    port.write(Buffer.from('one'));
    port.write(Buffer.from('two'));
    await port.close();
    assert.equal(port.pendingBytes, 0);
    refused('PORT_CLOSED', () => port.write(Buffer.from('three')));
    assert.deepEqual(serial.written.map(String), ['one']);
  });

  test('is lost when a write fails', async ({ port, serial, lost, clock }) => {
    serial.held = true;
    port.write(Buffer.from('one'));
    serial.finishWrite(new Error('EIO'));
    await clock.advance(0);
    assert.equal(codes(lost), 'PORT_LOST');
    refused('PORT_CLOSED', () => port.write(Buffer.from('two')));
  });
});

describe('reading from a serial port', () => {
  test('emits chunks that later reads do not change', async ({ serial, received, clock }) => {
    const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(4000, index));
    for (const chunk of chunks) {
      serial.deliver(chunk);
      await clock.advance(0);
    }
    assert.deepEqual(received, chunks);
  });

  test('emits nothing after it is closed', async ({ port, serial, received, lost, clock }) => {
    serial.deliver(Buffer.from('late'));
    await port.close();
    await clock.advance(0);
    assert.deepEqual([received.length, lost.length], [0, 0]);
  });
});

describe('the end of a serial port', () => {
  test('is emitted once when the adapter is unplugged, and the file is closed', async (line) => {
    const { port, serial, lost, clock } = line;
    serial.held = true;
    port.write(Buffer.from('x'));
    serial.unplug();
    await clock.advance(10_000);
    assert.equal(codes(lost), 'PORT_LOST');
    assert.match(lost.map(({ message }) => message).join(), /ttyUSB0/);
    await port.close();
    assert.equal(serial.calls.filter((call) => call === 'close').length, 1);
    assert.equal(clock.pending, 0);
  });

  test('is not emitted after close()', async ({ port, serial, lost, clock }) => {
    await Promise.all([port.close(), port.close()]);
    await port.close();
    assert.deepEqual(serial.calls.slice(1), ['flush', 'close']);
    assert.deepEqual([lost.length, clock.pending], [0, 0]);
  });

  test('is detected by an ioctl when reads return no bytes', async (line) => {
    const { serial, lost, clock } = line;
    await clock.advance(5000);
    assert.deepEqual(lost, []);
    serial.rateFailure = new Error('Error: Input/output error, cannot get baud rate');
    await clock.advance(1000);
    assert.equal(lost.length, 1);
  });

  it('is not detected on a system that cannot query the rate', async () => {
    const serial = new FakeSerial();
    serial.rateFailure = new Error('getBaudRate is not implemented on darwin');
    const { port, lost, clock } = await open({}, serial);
    await clock.advance(60_000);
    assert.deepEqual([lost.length, clock.pending], [0, 0]);
    await port.close();
  });
});

test('the rate of a serial port changes on request', async ({ port, serial }) => {
  await port.setRate?.(921_600);
  assert.deepEqual(serial.calls.slice(1), ['update 921600']);
  serial.updateFailure = new Error('Error baud rate of 7 is not supported on your platform');
  await rejected('PORT_FAILED', port.setRate?.(7) ?? Promise.resolve());
  await port.close();
  await rejected('PORT_CLOSED', port.setRate?.(9600) ?? Promise.resolve());
});

describe('flow control of an open serial port', () => {
  it('is changed by opening the line anew at the current rate, and nothing counts as a loss', async () => {
    const { port, serial, received, lost, clock } = await open({ dtr: false });
    await port.setRate?.(921_600);
    serial.calls.length = 0;
    await port.setFlowControl?.(true);
    await port.setFlowControl?.(true);
    const reopened = `flush,close,open ${path} 921600 rtscts=true,set rts`;
    assert.equal(serial.calls.join(), reopened);
    await clock.advance(0);
    serial.deliver(Buffer.from('after'));
    await clock.advance(0);
    assert.deepEqual([received.map(String), lost], [['after'], []]);
    await port.close();
  });

  test('is changed while a write is pending: what is unwritten is dropped, later bytes go out', async (line) => {
    const { port, serial, lost, clock } = line;
    serial.held = true;
    port.write(Buffer.from('held back by CTS'));
    serial.held = false;
    await port.setFlowControl?.(true);
    port.write(Buffer.from('after'));
    await clock.advance(0);
    assert.deepEqual([lost, port.pendingBytes], [[], 0]);
    assert.equal(String(serial.written.at(-1)), 'after');
  });

  test('is changed during the check of the device file, which fails, and nothing counts as a loss', async (line) => {
    const { port, serial, lost, clock } = line;
    let fail: (error: Error) => void = () => undefined;
    serial.getBaudRate = () => new Promise((_, reject) => (fail = reject));
    await clock.advance(1000);
    const changed = port.setFlowControl?.(true);
    fail(new Error('Error: Bad file descriptor (EBADF), cannot get baud rate'));
    await changed;
    await clock.advance(1);
    assert.deepEqual([lost, clock.pending], [[], 1]);
  });

  test('that cannot be changed loses the port', async ({ port, serial, lost, clock }) => {
    serial.openFailure = new Error('Error: No such file or directory, cannot open');
    await rejected('PORT_NOT_FOUND', port.setFlowControl?.(true) ?? Promise.resolve());
    assert.equal(codes(lost), 'PORT_LOST');
    await port.close();
    assert.equal(clock.pending, 0);
  });

  it('is fixed where the user has chosen it, or another meaning of RTS', async () => {
    for (const options of [{ flowControl: true }, { rts: false }]) {
      const { port } = await open(options);
      assert.equal(typeof port.setFlowControl, 'undefined');
      await port.close();
    }
  });

  test('shows in CTS whether the other end holds it active, and rejects without such a line', async (line) => {
    const { port, serial } = line;
    assert.equal(await port.readCts?.(), true);
    serial.setFailure = new Error('Error: Inappropriate ioctl for device, cannot get');
    await assert.rejects(port.readCts?.() ?? Promise.resolve());
  });
});

describe('the reset of a serial port', () => {
  it('pulls EN low by RTS without DTR, releases it, and restores the configured lines', async () => {
    const { port, serial, clock } = await open({ dtr: true, rts: false });
    const done = port.reset?.();
    assert.ok(done);
    await clock.advance(99);
    assert.deepEqual(serial.calls.slice(2), ['set rts']);
    await clock.advance(1);
    assert.deepEqual(serial.calls.slice(2), ['set rts', 'set']);
    await clock.wait(done);
    assert.deepEqual(serial.calls.slice(2), ['set rts', 'set', 'set dtr']);
    await port.close();
  });

  for (const ms of [0, 50, 150]) {
    test(`a close ${ms} ms after its beginning: releases EN, and leaves no timer`, async (line) => {
      const { port, serial, clock } = line;
      const done = port.reset?.() ?? Promise.resolve();
      if (ms > 0) await clock.advance(ms);
      const closed = port.close();
      await rejected('PORT_CLOSED', done);
      await closed;
      assert.deepEqual(serial.calls.slice(-3), ['set', 'flush', 'close']);
      assert.equal(clock.pending, 0);
    });
  }

  test('fails with a message when the port has no such lines', async ({ port, serial }) => {
    serial.setFailure = new Error('Error: Inappropriate ioctl for device, cannot set');
    const error = await rejected('PORT_FAILED', port.reset?.() ?? Promise.resolve());
    assert.match(error.message, /Inappropriate ioctl/);
  });

  it('is not available with flow control, which needs RTS', async () => {
    const { port } = await open({ flowControl: true });
    assert.equal(typeof port.reset, 'undefined');
    await port.close();
    const { port: other } = await open({});
    for (const [on, type] of [
      [true, 'undefined'],
      [false, 'function'],
    ] as const) {
      await other.setFlowControl?.(on);
      assert.equal(typeof other.reset, type);
    }
    await other.close();
  });
});
