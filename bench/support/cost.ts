import { rounded } from '../suite';

/** What a piece of work took. */
export class Cost {
  readonly #start = performance.now();
  readonly #before = process.cpuUsage();

  /** What it took since this was made, for so many messages. */
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
