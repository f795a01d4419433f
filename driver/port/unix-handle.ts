import { readSync, writeSync } from 'node:fs';
import type { SerialHandle } from './serial-handle';

/** A read of this many bytes may leave more pending: a terminal device returns at most 4096 a read. */
const FULL_READ_BYTES = 4000;
/** Consecutive reads before the event loop continues. */
const MAX_READS_IN_A_ROW = 8;

/** Flags of the binding's poller. */
const POLL_FLAGS = { readable: 1, writable: 2 } as const;

/** Members of the binding's open port where ports are file descriptors. */
interface Descriptor extends SerialHandle {
  /** Null once it is closed. */
  readonly fd: number | null;
  readonly poller: {
    once(event: keyof typeof POLL_FLAGS, callback: (error: Error | null) => void): unknown;
    /** Polls for these flags, in place of those before. */
    poll(flags: number): void;
  };
}

/**
 * Makes a port read and write directly where the binding has a file descriptor (not on Windows), which never blocks. The
 * binding itself uses the thread pool for every call, and tries each read before it waits, which takes most of the time of
 * a short command.
 */
export function direct(handle: SerialHandle): SerialHandle {
  return isDescriptor(handle) ? Object.assign(handle, directAccess(handle)) : handle;
}

function directAccess(handle: Descriptor): Pick<SerialHandle, 'read' | 'write'> {
  /** Reads that need no wait, because the last one returned as much as a terminal device delivers at once. */
  let readsWithoutWait = 0;
  /** Flags that the poller polls for. */
  let polledFlags = 0;

  const descriptor = (): number => {
    if (handle.fd === null) throw new Error('the port is not open');
    return handle.fd;
  };

  /**
   * Waits until the port is readable or writable; rejects when it closes meanwhile. The poller polls only for the flags of
   * the last call, so each call names all flags: otherwise a read would cancel the wait of a write.
   */
  const until = (event: keyof typeof POLL_FLAGS) =>
    new Promise<void>((resolve, reject) => {
      polledFlags |= POLL_FLAGS[event];
      handle.poller.once(event, (error) => {
        polledFlags &= ~POLL_FLAGS[event];
        if (error) reject(error);
        else resolve();
      });
      handle.poller.poll(polledFlags);
    });

  return {
    async read(buffer, offset, length) {
      for (;;) {
        if (readsWithoutWait === 0) await until('readable');
        const bytesRead = attempt(() => readSync(descriptor(), buffer, offset, length, null));
        const isFull = bytesRead >= FULL_READ_BYTES;
        readsWithoutWait = isFull ? (readsWithoutWait || MAX_READS_IN_A_ROW) - 1 : 0;
        // No bytes: the adapter is gone, which the caller detects, or the poll was spurious.
        if (bytesRead > 0) return { bytesRead };
      }
    },
    async write(buffer) {
      for (let at = 0; at < buffer.length;) {
        const written = attempt(() => writeSync(descriptor(), buffer, at));
        at += written;
        if (written === 0) await until('writable');
      }
    },
  };
}

/** Returns 0 where the call would block. */
function attempt(call: () => number): number {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && wouldBlock(error.code)) return 0;
    throw error;
  }
}

function wouldBlock(code: unknown): boolean {
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}

/** Checks the binding, not the platform: its interface documents neither member. */
function isDescriptor(handle: SerialHandle): handle is Descriptor {
  if (!('fd' in handle) || typeof handle.fd !== 'number' || !('poller' in handle)) return false;
  const { poller } = handle;
  if (typeof poller !== 'object' || poller === null) return false;
  return ['once', 'poll'].every((name) => typeof Reflect.get(poller, name) === 'function');
}
