import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';

/** What goes to a child, and what comes back. */
interface Envelope {
  readonly id: number;
  readonly content: unknown;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A process that does what it is asked, each thing at once, and answers when it is done. */
export class Child<Order, Answer> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #asked = 0;

  /** @param name of its file beside this one; @param isAnswer tells its answers from anything else */
  constructor(name: string, isAnswer: (value: unknown) => value is Answer) {
    this.#process = fork(join(__dirname, `${name}${extname(__filename)}`));
    this.#process.on('message', (message: unknown) => {
      if (!isEnvelope(message) || !isAnswer(message.content)) return;
      this.#waiting.get(message.id)?.resolve(message.content);
      this.#waiting.delete(message.id);
    });
    this.#process.once('exit', (code) => {
      const error = new Error(`${name} has ended with ${String(code)}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  ask(content: Order): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const id = this.#asked++;
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, content } satisfies Envelope);
    });
  }

  /** Settles when it has ended; what it has not answered by then is not waited for any more. */
  end(): Promise<void> {
    this.#waiting.clear();
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.disconnect();
    });
  }
}

/** For the child's side: has every order obeyed. @param end called when the other process disconnects */
export function obey<Order>(
  isOrder: (value: unknown) => value is Order,
  act: (order: Order) => Promise<object>,
  end: () => void,
): void {
  process.on('message', (message: unknown) => {
    if (!isEnvelope(message) || !isOrder(message.content)) return;
    const { id, content } = message;
    void act(content).then((answer) => process.send?.({ id, content: answer } satisfies Envelope));
  });
  process.once('disconnect', end);
}

function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && 'id' in value && 'content' in value;
}
