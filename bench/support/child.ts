import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';

/** A message to a child process, or its answer. */
interface Envelope {
  readonly id: number;
  readonly content: unknown;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A child process that executes orders at once, and answers each when it is done. */
export class Child<Order, Answer> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #asked = 0;

  /** @param name path of the child's module below `bench/support`, without extension */
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

  /** Ends the child. Promises of orders that it has not answered never settle. */
  end(): Promise<void> {
    this.#waiting.clear();
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.disconnect();
    });
  }
}

/** In the child: executes each order and answers it. @param end called when the parent disconnects */
export function executeOrders<Order>(
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
