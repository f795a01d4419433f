import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';

/** A pseudo-terminal as a serial line: the test has one end, a program opens the other at `path`. */
export interface Pty {
  /** The program's serial port. Accepts any rate and flow control; the modem lines DTR and RTS cannot be set. */
  readonly path: string;
  /** Count of bytes that wait for room on the line. */
  readonly pending: number;
  /** Called with the program's bytes. */
  onData: (chunk: Buffer) => void;
  /** Sends bytes to `path`; queues them while the line is full. */
  write(bytes: Uint8Array): void;
  /** Stops reading, so that the line fills up. */
  pause(): void;
  resume(): void;
  /** Unplugs: hangs up on the programs that have `path` open, and removes `path`. */
  close(): Promise<void>;
}

interface NativePty {
  open(columns: number, rows: number): { master: number; slave: number; pty: string };
}

/** The reason to skip a test that needs a pty; undefined where ptys work. */
export function whyNoPty(): string | undefined {
  try {
    native();
    return undefined;
  } catch (error) {
    return `no pty: ${String(error)}`;
  }
}

/** Opens a pty pair in raw mode. An open pair keeps the process alive. */
export function openPty(onData: (chunk: Buffer) => void = () => undefined): Pty {
  const { master, slave, pty: path } = native().open(80, 24);
  execFileSync('stty', [process.platform === 'linux' ? '-F' : '-f', path, 'raw', '-echo']);
  return new OpenPty(master, slave, path, onData);
}

/** A symbolic link to changing ports, like those of `/dev/serial/by-id`. */
export class PortSymlink {
  readonly #folder = fs.mkdtempSync(join(tmpdir(), 'by-id-'));
  readonly path = join(this.#folder, 'usb-Test_Bridge_0001-if00-port0');

  /** Links the name to `target`. */
  point(target: string): void {
    fs.rmSync(this.path, { force: true });
    fs.symlinkSync(target, this.path);
  }

  /** Removes the name, as unplugging does. */
  remove(): void {
    fs.rmSync(this.path, { force: true });
  }

  close(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A write to a full line retries this often without delay, then after each delay. */
const IMMEDIATE_RETRIES = 50;
const RETRY_DELAY_MS = 1;

class OpenPty implements Pty {
  readonly path: string;
  onData: (chunk: Buffer) => void;
  readonly #master: number;
  readonly #slave: number;
  readonly #reader: ReadStream;
  #queue: Uint8Array[] = [];
  #pending = 0;
  /** Cancels the pending retry. */
  #waiting: (() => void) | undefined;
  #tries = 0;
  #closed: Promise<void> | undefined;

  constructor(master: number, slave: number, path: string, onData: (chunk: Buffer) => void) {
    this.path = path;
    this.onData = onData;
    this.#master = master;
    // Stays open: otherwise the pty hangs up while no program has `path` open.
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

  /** A pty with a reader has room again at once; without one, retries must not keep the processor busy. */
  #wait(): void {
    if (this.#tries++ < IMMEDIATE_RETRIES) {
      const again = setImmediate(() => this.#writeQueue());
      this.#waiting = () => clearImmediate(again);
    } else {
      const later = setTimeout(() => this.#writeQueue(), RETRY_DELAY_MS);
      this.#waiting = () => clearTimeout(later);
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

let loaded: NativePty | undefined;

/** The native part of the package; the rest of it decodes bytes as a terminal does. */
function native(): NativePty {
  if (loaded) return loaded;
  const load = createRequire(__filename);
  const binary: unknown = load(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`);
  if (!isNativePty(binary)) throw new Error('the package has no native open()');
  loaded = binary;
  return loaded;
}

function isNativePty(value: unknown): value is NativePty {
  return typeof value === 'object' && value !== null && 'open' in value;
}
