import { AtClient } from '../at/at-client';
import { systemClock, type Clock } from '../clock';
import { SessionPort } from '../device/session/session-port';
import { asEspAtError, EspAtError } from '../errors';
import type { Port, PortOpener } from '../port/port';
import { DeviceCounters } from '../statistics/device-counters';
import { examineEcho } from './echo';
import { Examination } from './examination';
import { find } from './find';
import { finding, worstFirst, type Finding } from './findings';
import { examineFirmware } from './firmware';
import { examineBestRate, examineLine } from './line';
import { examineCertificates, examineNetwork } from './network';
import type { DoctorFacts, DoctorReport, DoctorStep } from './report';

/** Options of {@link examine}. */
export interface DoctorOptions {
  /** An echo server to try, `ws://` or `wss://`. Default: none. */
  readonly uri?: string;
  /** Called when a step begins. */
  readonly onStep?: (step: DoctorStep) => void;
  /** The time source. Default {@link systemClock}. */
  readonly clock?: Clock;
}

const DONE = new EspAtError('DEVICE_STOPPED');

/**
 * Examines what is on a port: finds the device at any baud rate, and says what is missing. Leaves the device as it was:
 * baud rate, echo and flash; ends the wait of a pending data prompt. Never rejects.
 * @param opener a port that no {@link Device} uses
 */
export async function examine(
  opener: PortOpener,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const { clock = systemClock, onStep = () => undefined } = options;
  onStep('port');
  const visit = new Visit(opener, clock);
  try {
    await visit.open();
    const { findings, facts } = await visit.run((examination) =>
      runSteps(examination, visit, { ...options, onStep }),
    );
    return reportOf(findings, facts);
  } catch (error) {
    const { code, details } = asEspAtError(error, opener.address);
    const { findings, facts } = visit.soFar;
    return reportOf([...findings, finding(code, details)], facts);
  } finally {
    await visit.close();
  }
}

async function runSteps(
  examination: Examination,
  visit: Visit,
  { uri, onStep }: DoctorOptions & { readonly onStep: (step: DoctorStep) => void },
): Promise<void> {
  const step = (name: DoctorStep, run: () => Promise<void>) => examination.step(name, onStep, run);
  await step('rate', async () => {
    await find(examination, () => visit.receivedBytes);
  });
  if (!examination.isFound) return;
  await step('firmware', () => examineFirmware(examination));
  await step('network', () => examineNetwork(examination));
  await step('certificates', () => examineCertificates(examination));
  await step('line', () => examineLine(examination, () => examination.lostResponses));
  const isGood = examination.findings.every(({ severity }) => severity !== 'error');
  if (isGood) await step('bestRate', () => examineBestRate(examination));
  const { firmware, address } = examination.facts;
  if (uri !== undefined && firmware && address !== undefined)
    await step('echo', () => examineEcho(examination, uri));
}

/** A port, opened for one examination. */
class Visit {
  readonly #opener: PortOpener;
  readonly #clock: Clock;
  readonly #counters: DeviceCounters;
  #port: Port | undefined;
  #client: AtClient | undefined;
  #examination: Examination | undefined;

  constructor(opener: PortOpener, clock: Clock) {
    this.#opener = opener;
    this.#clock = clock;
    this.#counters = new DeviceCounters(clock);
  }

  get receivedBytes(): number {
    return this.#counters.statistics.port.received;
  }

  get soFar(): { readonly findings: readonly Finding[]; readonly facts: DoctorFacts } {
    return this.#examination ?? { findings: [], facts: { port: this.#opener.address } };
  }

  /** @throws EspAtError `PORT_*` */
  async open(): Promise<void> {
    const handlers = {
      data: (chunk: Buffer) => {
        this.#counters.received(chunk.length);
        this.#client?.receive(chunk);
      },
      lost: (error: EspAtError) => this.#client?.close(error),
    };
    this.#port = await this.#opener.open(handlers, { flowControl: false });
  }

  /** @throws EspAtError `PORT_*`, `DEVICE_UNRESPONSIVE` */
  async run(body: (examination: Examination) => Promise<void>): Promise<Examination> {
    if (!this.#port) throw new EspAtError('PORT_CLOSED');
    const clock = this.#clock;
    const options = { port: this.#opener, clock, random: Math.random, memory: {} };
    const context = { options, counters: this.#counters };
    const before = { negotiatedRateWorks: true, slowness: 1 };
    const port = new SessionPort(this.#port, context, before, () => undefined);
    const client = new AtClient(port, clock, () => undefined);
    this.#client = client;
    return client.sequence(async (access) => {
      const examination = new Examination(access, { client, port, clock });
      this.#examination = examination;
      await body(examination);
      return examination;
    });
  }

  async close(): Promise<void> {
    this.#client?.close(DONE);
    await this.#port?.close();
  }
}

function reportOf(findings: readonly Finding[], facts: DoctorFacts): DoctorReport {
  const ok = findings.every(({ severity }) => severity === 'note');
  return { ok, findings: worstFirst(findings), facts };
}
