import { readSync, writeSync } from 'node:fs';
import type { SerialLine } from './serial-line';

/** Bytes that a terminal device hands out at most at a time, nearly: after so many there may be more. */
const FULL_READ_BYTES = 4000;
/** Reads in a row before everything else in the process has its turn. */
const MAX_READS_IN_A_ROW = 8;

/** What can be waited for, as the binding numbers it. */
const flags = { readable: 1, writable: 2 } as const;

/** What an open port of the binding has where ports are file descriptors. */
interface Descriptor extends SerialLine {
  /** Null once it is closed. */
  readonly fd: number | null;
  readonly poller: {
    once(event: keyof typeof flags, callback: (error: Error | null) => void): unknown;
    /** Waits for these, and for nothing else that was waited for. */
    poll(flags: number): void;
  };
}

/**
 * The same line, read and written without detours where the binding has a file descriptor (not on Windows).
 * The binding goes through the thread pool for every read and every write, and tries each read in vain
 * before it waits. That is most of what a short command costs, and the descriptor never blocks.
 */
export function direct(line: SerialLine): SerialLine {
  return isDescriptor(line) ? new UnixLine(line) : line;
}

class UnixLine implements SerialLine {
  readonly #line: Descriptor;
  /** Reads that can follow without waiting: the last one brought all that it had room for. */
  #further = 0;
  /** Flags of all that is waited for. */
  #waiting = 0;

  constructor(line: Descriptor) {
    this.#line = line;
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }> {
    for (;;) {
      if (this.#further === 0) await this.#until('readable');
      const bytesRead = attempt(() => readSync(this.#fd, buffer, offset, length, null));
      this.#further = bytesRead < FULL_READ_BYTES ? 0 : (this.#further || MAX_READS_IN_A_ROW) - 1;
      // Empty: the adapter is gone, which whoever reads finds out, or there was nothing after all.
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
   * Rejects when the line is closed meanwhile. By itself the binding waits for what it was asked for last and
   * forgets the rest: a payload that fills the line, and then a read, and the rest of the payload never goes.
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

/** Bytes read or written; 0 when there is nothing to read, or no room, just now. */
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

/** Looks at the binding instead of the platform: neither member is part of its documented interface. */
function isDescriptor(line: SerialLine): line is Descriptor {
  if (!('fd' in line) || typeof line.fd !== 'number' || !('poller' in line)) return false;
  const { poller } = line;
  if (typeof poller !== 'object' || poller === null) return false;
  return ['once', 'poll'].every((name) => typeof Reflect.get(poller, name) === 'function');
}
