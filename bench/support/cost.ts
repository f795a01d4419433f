import { rounded } from '../suite';

/** The cost of a piece of work, from the constructor on. */
export class Cost {
  readonly #start = performance.now();
  readonly #before = process.cpuUsage();

  /** The cost so far, for a count of messages. */
  row(messages: number) {
    const milliseconds = performance.now() - this.#start;
    const { user, system } = process.cpuUsage(this.#before);
    return {
      messages,
      messagesPerSecond: rounded((messages * 1000) / milliseconds),
      cpuMicrosecondsPerMessage: rounded((user + system) / messages),
    };
  }
}
