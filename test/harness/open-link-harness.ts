import type { OpenOptions } from '../../driver/link/options';
import type { Outcome, Point } from '../../simulator';
import { Harness, type HarnessOptions } from './harness';
import { endingOf, story } from './ready-harness';

/** A harness with one open link, and hooks that a test sets while it runs. */
export class OpenLinkHarness {
  /** The outcome of a command; undefined: the device executes it. */
  outcome: (line: string) => Outcome | undefined = () => undefined;
  reached: (point: Point, line: string) => void = () => undefined;
  /** Alters the device's output on its way to the host. */
  alterOutput: (text: string) => string = (text) => text;
  readonly harness: Harness;

  constructor(options: HarnessOptions = {}) {
    const harness: Harness = new Harness({
      ...options,
      simulator: {
        ...options.simulator,
        hooks: {
          outcome: (line) => this.outcome(line) ?? { kind: 'execute' },
          reached: (point, line) => this.reached(point, line),
        },
        output: (bytes) => {
          const text = this.alterOutput(bytes.toString('latin1'));
          if (text !== '') harness.port.deliver(Buffer.from(text, 'latin1'));
        },
      },
    });
    this.harness = harness;
  }

  get link() {
    return this.harness.device.links[0];
  }

  /** The events of the link, each with the state that it reported. */
  get story(): string[] {
    return story(this.harness);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.harness.end();
  }

  /** Opens the link, then forgets the writes and the events of that. */
  async begin(options: Partial<OpenOptions> = {}): Promise<this> {
    await this.harness.ready();
    await this.harness.clock.wait(this.link.open({ uri: 'ws://host/plain', ...options }));
    this.harness.port.written.length = 0;
    this.harness.linkEvents.length = 0;
    return this;
  }
  /** How a promise ends: `done`, or the code of its error; virtual time passes until it does. */
  ending(promise: Promise<unknown>): Promise<string> {
    return this.harness.clock.wait(endingOf(promise));
  }
}
