import { AtClient } from '../at/at-client';
import type { Clock } from '../clock';
import { SessionPort } from '../device/session/session-port';
import { PortKnowledge } from '../device/session/session-state';
import { EspAtError } from '../errors';
import type { Port, PortOpener } from '../port/port';
import { DeviceCounters } from '../statistics/device-counters';
import { waitFor, type WaitOptions } from '../wait';
import { Examination } from './examination';
import type { Finding } from './findings';
import type { DoctorFacts } from './report';

/** The session of one examination: the open port, the AT client, and the run of its steps. */
export class Visit {
  readonly #opener: PortOpener;
  readonly #clock: Clock;
  readonly #wait: WaitOptions;
  readonly #counters: DeviceCounters;
  #port: Port | undefined;
  #client: AtClient | undefined;
  #examination: Examination | undefined;

  constructor(opener: PortOpener, clock: Clock, wait: WaitOptions) {
    this.#opener = opener;
    this.#clock = clock;
    this.#wait = wait;
    this.#counters = new DeviceCounters(clock);
  }

  get receivedBytes(): number {
    return this.#counters.statistics.port.received;
  }

  /** Findings and facts so far. */
  get partialReport(): { readonly findings: readonly Finding[]; readonly facts: DoctorFacts } {
    return this.#examination ?? { findings: [], facts: { port: this.#opener.address } };
  }

  /** @throws EspAtError `PORT_*`; the reason of the abort */
  async open(): Promise<void> {
    const handlers = {
      data: (chunk: Buffer) => {
        this.#counters.received(chunk.length);
        this.#client?.receive(chunk);
      },
      lost: (error: EspAtError) => this.#client?.close(error),
    };
    const opening = this.#opener.open(handlers, { flowControl: false });
    try {
      this.#port = await waitFor(opening, this.#wait);
    } catch (error) {
      // Closes a port that opens after an abort.
      void opening.then(
        (port) => port.close(),
        () => undefined,
      );
      throw error;
    }
  }

  /** @throws EspAtError `PORT_*`, `DEVICE_UNRESPONSIVE`; the reason of the abort */
  async run(body: (examination: Examination) => Promise<void>): Promise<Examination> {
    if (!this.#port) throw new EspAtError('PORT_CLOSED');
    const clock = this.#clock;
    const options = { port: this.#opener, clock, random: Math.random, memory: {} };
    const context = { options, counters: this.#counters, knowledge: new PortKnowledge() };
    const port = new SessionPort(this.#port, context, () => undefined);
    const client = new AtClient(port, clock, (event) => {
      if (event.kind === 'urc' && event.urc.kind === 'wifi-connected' && this.#examination)
        this.#examination.hasAssociated = true;
    });
    this.#client = client;
    const examined = client.sequence(async (access) => {
      const examination = new Examination(access, { client, port, clock, date: Date.now() });
      this.#examination = examination;
      await body(examination);
      return examination;
    });
    return waitFor(examined, this.#wait);
  }

  async close(): Promise<void> {
    this.#client?.close(new EspAtError('DEVICE_STOPPED'));
    await this.#port?.close();
  }
}
