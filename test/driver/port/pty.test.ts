import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { EspAtError } from '../../../driver/errors';
import { portAt } from '../../../driver/port/open';
import type { Port, PortHandlers } from '../../../driver/port/port';
import { openPty, PortSymlink, whyNoPty, type Pty } from '../../harness/port/pty';
import { refused, rejected } from '../../harness/refused';
import { until } from '../../harness/until';

class Recorder {
  readonly lost: EspAtError[] = [];
  #chunks: Buffer[] = [];

  readonly handlers = {
    data: (chunk: Buffer) => {
      this.#chunks.push(chunk);
    },
    lost: (error: EspAtError) => {
      this.lost.push(error);
    },
  };

  get length(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  take(): Buffer {
    return Buffer.concat(this.#chunks.splice(0));
  }
}

function open(path: string, recorder: Recorder, flowControl = false): Promise<Port> {
  const options = { rate: 115_200, dtr: true, rts: true };
  return portAt(path, options).open(recorder.handlers, { flowControl });
}

describe('a real serial port', { skip: whyNoPty() ?? false }, () => {
  const open_: Pty[] = [];
  const newPty = (onData?: (chunk: Buffer) => void): Pty => {
    const pty = openPty(onData);
    open_.push(pty);
    return pty;
  };
  after(() => Promise.all(open_.map((pty) => pty.close())));

  it('carries 64 KiB each way at the same time', async () => {
    const host = new Recorder();
    const far = new Recorder();
    const pty = newPty(far.handlers.data);
    const port = await open(pty.path, host, true);
    const [out, back] = [randomBytes(65_536), randomBytes(65_536)];
    port.write(out);
    pty.write(back);
    await until(() => far.length >= 65_536 && host.length >= 65_536, 'the transfer');
    assert.ok(far.take().equals(out));
    assert.ok(host.take().equals(back));
    assert.equal(port.pendingBytes, 0);
    await port.close();
  });

  it('carries 64 KiB in response to one byte while the far end is silent', async () => {
    const far = new Recorder();
    const pty = newPty(far.handlers.data);
    const payload = Buffer.alloc(65_536, 'p');
    const handlers: PortHandlers = {
      // While the line is full, the port waits both to write and to read.
      data: () => port.write(payload),
      lost: () => undefined,
    };
    const port: Port = await portAt(pty.path, { rate: 115_200 }).open(handlers, {
      flowControl: false,
    });
    pty.write(Buffer.from('>'));
    await until(() => far.length >= payload.length, 'the payload');
    assert.deepEqual(far.take(), payload);
    await port.close();
  });

  it('carries bytes after a change of its rate', async () => {
    const far = new Recorder();
    const port = await open(newPty(far.handlers.data).path, new Recorder());
    for (const rate of [921_600, 3_000_000, 5_000_000, 74_880]) await port.setRate?.(rate);
    port.write(Buffer.from('AT\r\n'));
    await until(() => far.length === 4, 'the transfer');
    await port.close();
  });

  it('is lost exactly once when the far end closes, and opens again under the same name', async () => {
    const link = new PortSymlink();
    try {
      const host = new Recorder();
      const before = newPty();
      link.point(before.path);
      const port = await open(link.path, host);
      await before.close();
      await until(() => host.lost.length > 0, 'the loss');
      refused('PORT_CLOSED', () => port.write(Buffer.from('AT')));
      await port.close();
      assert.deepEqual(
        host.lost.map(({ code }) => code),
        ['PORT_LOST'],
      );

      link.remove();
      await rejected('PORT_NOT_FOUND', open(link.path, host));

      const far = new Recorder();
      link.point(newPty(far.handlers.data).path);
      const again = await open(link.path, host);
      again.write(Buffer.from('AT\r\n'));
      await until(() => far.length === 4, 'the transfer');
      await again.close();
      assert.equal(host.lost.length, 1);
    } finally {
      link.close();
    }
  });

  it('is lost also when the far end closes in the middle of a flood', async () => {
    // Some of these end in the state that only an ioctl can distinguish from silence.
    for (let round = 0; round < 5; round++) {
      const host = new Recorder();
      const pty = newPty();
      const port = await open(pty.path, host);
      pty.write(Buffer.alloc(4 * 1024 * 1024, 'x'));
      await until(() => host.length > 50_000 * round, 'the flood');
      await pty.close();
      await until(() => host.lost.length > 0, 'the loss');
      await port.close();
      assert.equal(host.lost.length, 1);
    }
  });

  it('is locked until it is closed, and free for other processes after that', async () => {
    const pty = newPty();
    const first = await open(pty.path, new Recorder());
    await rejected('PORT_BUSY', open(pty.path, new Recorder()));
    await first.close();
    const second = await open(pty.path, new Recorder());
    await second.close();
  });

  it('closes although its far end reads nothing', { timeout: 60_000 }, async () => {
    const pty = newPty();
    const port = await open(pty.path, new Recorder());
    pty.pause();
    port.write(Buffer.alloc(4 * 1024 * 1024));
    await until(() => port.pendingBytes > 0, 'the jam');
    await port.close();
    pty.resume();
  });
});
