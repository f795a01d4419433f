import { readSync, writeSync } from 'node:fs';
import type { SerialLine } from './serial-line';

/** Bytes: a terminal device delivers few more at a time, so after a read of this many, more may be pending. */
const FULL_READ_BYTES = 4000;
/** Consecutive reads before the event loop continues. */
const MAX_READS_IN_A_ROW = 8;

/** Flags of the binding's poller. */
const flags = { readable: 1, writable: 2 } as const;

/** Members of the binding's open port where ports are file descriptors. */
interface Descriptor extends SerialLine {
  /** Null once it is closed. */
  readonly fd: number | null;
  readonly poller: {
    once(event: keyof typeof flags, callback: (error: Error | null) => void): unknown;
    /** Polls for these flags, in place of those before. */
    poll(flags: number): void;
  };
}

/**
 * Reads and writes a line directly where the binding has a file descriptor (not on Windows), which never blocks. The
 * binding itself uses the thread pool for every call, and tries each read before it waits: most of the time of a
 * short command.
 */
export function direct(line: SerialLine): SerialLine {
  return isDescriptor(line) ? new UnixLine(line) : line;
}

class UnixLine implements SerialLine {
  readonly #line: Descriptor;
  /** Further reads without a wait, because the last one filled its buffer. */
  #further = 0;
  /** Flags under poll. */
  #waiting = 0;

  constructor(line: Descriptor) {
    this.#line = line;
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }> {
    for (;;) {
      if (this.#further === 0) await this.#until('readable');
      const bytesRead = attempt(() => readSync(this.#fd, buffer, offset, length, null));
      this.#further = bytesRead < FULL_READ_BYTES ? 0 : (this.#further || MAX_READS_IN_A_ROW) - 1;
      // Empty: the adapter is gone, which the caller detects, or the poll was spurious.
      if (bytesRead > 0) return { bytesRead };
    }
  }

  async write(buffer: Buffer): Promise<void> {
    for (let at = 0; at < buffer.length;) {
      const written = attempt(() => writeSync(this.#fd, buffer, at));
      at += written;
      if (written === 0) await this.#until('writable');
    }
  }

  update(options: { readonly baudRate: number }): Promise<void> {
    return this.#line.update(options);
  }

  set(flags: Parameters<SerialLine['set']>[0]): Promise<void> {
    return this.#line.set(flags);
  }

  get(): Promise<{ readonly cts: boolean }> {
    return this.#line.get();
  }

  flush(): Promise<void> {
    return this.#line.flush();
  }

  getBaudRate(): Promise<unknown> {
    return this.#line.getBaudRate();
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  get #fd(): number {
    const { fd } = this.#line;
    if (fd === null) throw new Error('the port is not open');
    return fd;
  }

  /**
   * Rejects when the line closes meanwhile. The binding polls only for the newest flags: after a payload that fills
   * the line, a read would cancel the wait of the write, and the rest of the payload would never leave.
   */
  #until(event: keyof typeof flags): Promise<void> {
    return new Promise((resolve, reject) => {
      const { poller } = this.#line;
      this.#waiting |= flags[event];
      poller.once(event, (error) => {
        this.#waiting &= ~flags[event];
        if (error) reject(error);
        else resolve();
      });
      poller.poll(this.#waiting);
    });
  }
}

/** Returns the bytes read or written; 0 where the call would block. */
function attempt(call: () => number): number {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && isPassing(error.code)) return 0;
    throw error;
  }
}

function isPassing(code: unknown): boolean {
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}

/** Checks the binding, not the platform: its interface documents neither member. */
function isDescriptor(line: SerialLine): line is Descriptor {
  if (!('fd' in line) || typeof line.fd !== 'number' || !('poller' in line)) return false;
  const { poller } = line;
  if (typeof poller !== 'object' || poller === null) return false;
  return ['once', 'poll'].every((name) => typeof Reflect.get(poller, name) === 'function');
}
