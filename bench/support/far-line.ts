import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import type { Answer, Order } from './far-process';

/** A process with a pty and a simulated ESP32 behind it; see `FarProcess`. */
export class FarLine {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor() {
    this.#child = fork(join(__dirname, `far-process${extname(__filename)}`));
    this.#child.on('message', (answer: unknown) => {
      if (isAnswer(answer)) this.#waiting.shift()?.(answer);
    });
  }

  ask(order: Order): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.send(order);
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.disconnect();
    });
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'path' in value;
}
