import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A process that does what it is asked, and answers in order. */
export class Child<Order extends object, Answer> {
  readonly #process: ChildProcess;
  readonly #waiting: Waiting<Answer>[] = [];

  /** @param name of its file beside this one; @param isAnswer tells its answers from anything else */
  constructor(name: string, isAnswer: (value: unknown) => value is Answer) {
    this.#process = fork(join(__dirname, `${name}${extname(__filename)}`));
    this.#process.on('message', (message: unknown) => {
      if (isAnswer(message)) this.#waiting.shift()?.resolve(message);
    });
    this.#process.once('exit', (code) => {
      const error = new Error(`${name} has ended with ${String(code)}`);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  ask(order: Order): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.send(order);
    });
  }

  /** Settles when it has ended. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.disconnect();
    });
  }
}
