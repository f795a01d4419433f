import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BoardReport } from './board-process';

/** Limit of the time from the start of the process to its port. */
const START_TIMEOUT_MS = 60_000;

/** The process of `board-process.ts`. */
export class BoardHandle {
  /** The path of the serial port. */
  readonly path: string;
  readonly #process: ChildProcess;

  private constructor(path: string, process: ChildProcess) {
    this.path = path;
    this.#process = process;
  }

  static async start(seed: number, onReport: (report: BoardReport) => void): Promise<BoardHandle> {
    const child = fork(join(__dirname, 'board-process.ts'), [String(seed)]);
    const path = await new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => {
        child.kill();
        reject(new Error(`the board named no port within ${START_TIMEOUT_MS} ms`));
      }, START_TIMEOUT_MS);
      child.once('exit', (code) => reject(new Error(`the board ended with ${String(code)}`)));
      child.on('message', (message) => {
        if (!isReport(message)) return;
        if (message.kind !== 'port') return onReport(message);
        clearTimeout(limit);
        resolve(message.path);
      });
    });
    return new BoardHandle(path, child);
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  inject(fault: string): void {
    this.#process.send(fault);
  }

  /** Ends all faults. */
  clear(): void {
    this.#process.send('');
  }

  async end(): Promise<void> {
    if (this.hasExited) return;
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}

function isReport(message: unknown): message is BoardReport {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
