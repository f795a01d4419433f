import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { direct } from '../../../driver/port/unix-handle';
import { unchecked } from '../../harness/refused';

type Waiter = (error: Error | null) => void;

/** A line of a binding that has a descriptor: a file stands for the device. */
class FileLine {
  fd: number | null;
  /** Events that the line has waited for, in order. */
  readonly waiting: { readonly event: string; readonly tell: Waiter }[] = [];
  readonly poller = {
    once: (event: string, tell: Waiter) => this.waiting.push({ event, tell }),
    poll: () => undefined,
  };

  constructor(fd: number) {
    this.fd = fd;
  }

  async close(): Promise<void> {
    this.fd = null;
    for (const { tell } of this.waiting.splice(0)) tell(new Error('Canceled'));
  }
}

describe('a serial binding with a file descriptor', () => {
  let path: string;
  let fd: number;
  let line: FileLine;

  beforeEach(() => {
    path = join(fs.mkdtempSync(join(tmpdir(), 'line-')), 'device');
    fs.writeFileSync(path, Buffer.alloc(100_000, 'x'));
    fd = fs.openSync(path, 'r+');
    line = new FileLine(fd);
  });
  afterEach(() => {
    fs.closeSync(fd);
    fs.rmSync(join(path, '..'), { recursive: true });
  });

  it('is read once it is readable, and up to eight times in a row while each read fills the buffer', async () => {
    const opened = direct(unchecked(line));
    const buffer = Buffer.alloc(4096);
    let reads = 0;
    const reading = (async () => {
      for (; reads < 20; reads++) await opened.read(buffer, 0, buffer.length);
    })();
    const pauses: number[] = [];
    while (reads < 20) {
      await new Promise((resolve) => setImmediate(resolve));
      pauses.push(reads);
      line.waiting.shift()?.tell(null);
    }
    await reading;
    assert.deepEqual(pauses, [0, 8, 16, 20]);
  });

  it('waits again after a read that does not fill the buffer', async () => {
    const opened = direct(unchecked(line));
    const buffer = Buffer.alloc(100);
    for (let read = 1; read <= 3; read++) {
      const reading = opened.read(buffer, 0, buffer.length);
      assert.deepEqual(
        line.waiting.map(({ event }) => event),
        ['readable'],
      );
      line.waiting.shift()?.tell(null);
      assert.deepEqual(await reading, { bytesRead: 100 });
    }
  });

  it('writes synchronously', () => {
    const opened = direct(unchecked(line));
    void opened.write(Buffer.from('AT\r\n'));
    assert.equal(fs.readFileSync(path, 'latin1').slice(0, 5), 'AT\r\nx');
  });

  it('fails a read or write when it is closed, also while it waits', async () => {
    const opened = direct(unchecked(line));
    const reading = opened.read(Buffer.alloc(10), 0, 10);
    await opened.close();
    await assert.rejects(reading, /Canceled/);
    await assert.rejects(opened.write(Buffer.from('late')), /not open/);
    assert.equal(fs.readFileSync(path, 'latin1').includes('late'), false);
  });

  it('is unchanged when the binding has no descriptor', () => {
    line.fd = null;
    assert.equal('read' in direct(unchecked(line)), false);
  });
});
