import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';

/** One real serial line of this machine, without hardware: what is written at `path` arrives here, and back. */
export interface Pty {
  /** What a program opens as its serial port; takes any rate, and RTS/CTS, but no DTR and RTS. */
  readonly path: string;
  /** Bytes that have not been handed to the line yet. */
  readonly pending: number;
  /** Called with what was written at `path`. */
  onData: (chunk: Buffer) => void;
  /** Puts bytes on the line towards `path`; waits by itself while the line is full. */
  write(bytes: Uint8Array): void;
  /** Stops and starts reading: meanwhile the line fills up. */
  pause(): void;
  resume(): void;
  /** Unplugs: hangs up on the programs that have `path` open, and removes `path`. */
  close(): Promise<void>;
}

interface NativePty {
  open(columns: number, rows: number): { master: number; slave: number; pty: string };
}

/** Why there are no ptys here, for a test to skip with; undefined when there are. */
export function whyNoPty(): string | undefined {
  try {
    native();
    return undefined;
  } catch (error) {
    return `no pty: ${String(error)}`;
  }
}

/** Opens a pty pair in raw mode. It has to be closed: an open one keeps the process alive. */
export function openPty(onData: (chunk: Buffer) => void = () => undefined): Pty {
  const { master, slave, pty: path } = native().open(80, 24);
  execFileSync('stty', [process.platform === 'linux' ? '-F' : '-f', path, 'raw', '-echo']);
  return new OpenPty(master, slave, path, onData);
}

/** Two ptys wired together: what is written at one path is read at the other. */
export function bridgePtys(): {
  readonly paths: readonly [string, string];
  close(): Promise<void>;
} {
  const left = openPty((chunk) => right.write(chunk));
  const right = openPty((chunk) => left.write(chunk));
  return {
    paths: [left.path, right.path],
    close: async () => {
      await Promise.all([left.close(), right.close()]);
    },
  };
}

/** A stable name for changing ports, as `/dev/serial/by-id` has them. */
export class PortLink {
  readonly #folder = fs.mkdtempSync(join(tmpdir(), 'by-id-'));
  readonly path = join(this.#folder, 'usb-Test_Bridge_0001-if00-port0');

  /** Makes the name stand for `target`, whatever it stood for. */
  point(target: string): void {
    fs.rmSync(this.path, { force: true });
    fs.symlinkSync(target, this.path);
  }

  /** The name is gone, as after unplugging. */
  remove(): void {
    fs.rmSync(this.path, { force: true });
  }

  /** Cleans up. */
  close(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** How often a full line is tried again at once, and after how many milliseconds from then on. */
const AT_ONCE = 50;
const FULL = 1;

class OpenPty implements Pty {
  readonly path: string;
  onData: (chunk: Buffer) => void;
  readonly #master: number;
  readonly #slave: number;
  readonly #reader: ReadStream;
  #queue: Uint8Array[] = [];
  #pending = 0;
  /** Until a full line is tried again. */
  #waiting: (() => void) | undefined;
  #tries = 0;
  #closed: Promise<void> | undefined;

  constructor(master: number, slave: number, path: string, onData: (chunk: Buffer) => void) {
    this.path = path;
    this.onData = onData;
    this.#master = master;
    // Kept open, or the pty would count as hung up while its other end is closed.
    this.#slave = slave;
    this.#reader = new ReadStream(master);
    this.#reader.on('data', (chunk: Buffer) => this.onData(chunk));
    this.#reader.on('error', () => undefined);
  }

  get pending(): number {
    return this.#pending;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) throw new Error('the pty is closed');
    this.#queue.push(bytes);
    this.#pending += bytes.length;
    if (!this.#waiting) this.#writeQueue();
  }

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    if (!this.#closed) this.#reader.resume();
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#waiting?.();
      this.#queue = [];
      fs.closeSync(this.#slave);
      this.#reader.once('close', () => resolve());
      this.#reader.destroy();
    });
    return this.#closed;
  }

  #writeQueue(): void {
    this.#waiting = undefined;
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      let written: number;
      try {
        written = fs.writeSync(this.#master, next);
      } catch (error) {
        if (!isFull(error)) throw error;
        this.#wait();
        return;
      }
      this.#tries = 0;
      this.#pending -= written;
      if (written === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(written);
    }
  }

  /** A pty in use has room again at once; one without a reader must not keep the processor busy. */
  #wait(): void {
    if (this.#tries++ < AT_ONCE) {
      const again = setImmediate(() => this.#writeQueue());
      this.#waiting = () => clearImmediate(again);
    } else {
      const later = setTimeout(() => this.#writeQueue(), FULL);
      this.#waiting = () => clearTimeout(later);
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

let loaded: NativePty | undefined;

/** The native part alone: the rest of the package is made for terminals and decodes what it reads. */
function native(): NativePty {
  if (loaded) return loaded;
  const load = createRequire(__filename);
  const binary: unknown = load(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`);
  if (!isNativePty(binary)) throw new Error('its native part has no open()');
  loaded = binary;
  return loaded;
}

function isNativePty(value: unknown): value is NativePty {
  return typeof value === 'object' && value !== null && 'open' in value;
}
