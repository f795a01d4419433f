import { systemClock, type Clock } from '../clock';
import { asEspAtError } from '../errors';
import type { PortOpener } from '../port/port';
import type { Wait } from '../wait';
import { examineCertificates } from './certificates';
import { examineEcho } from './echo';
import type { Examination } from './examination';
import { findDevice } from './find';
import { finding, worstFirst, type Finding } from './findings';
import { examineFirmware } from './firmware';
import { examineBestRate, examineLine } from './line';
import { examineNetwork } from './network';
import type { DoctorFacts, DoctorReport, DoctorStep } from './report';
import { Visit } from './visit';

/** Options of {@link examine}. */
export interface DoctorOptions extends Wait {
  /** An echo server to try, `ws://` or `wss://`. Default: none. */
  readonly uri?: string;
  /** Called at the beginning of each step. */
  readonly onStep?: (step: DoctorStep) => void;
  /** The time source. Default {@link systemClock}. */
  readonly clock?: Clock;
}

/** Milliseconds after which the examination skips the search for the best baud rate, so that it ends in time. */
const BEST_RATE_DEADLINE_MS = 12_000;

/**
 * Examines the device on a port: finds it at any baud rate, and returns what is missing or wrong. Ends a pending data
 * prompt; otherwise leaves the device as it was: baud rate, echo and flash. Rejects only after an abort, with its reason,
 * once the port is closed.
 * @param opener a port that no {@link Device} uses
 */
export async function examine(
  opener: PortOpener,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const { clock = systemClock, onStep = () => undefined, signal } = options;
  onStep('port');
  const visit = new Visit(opener, clock, { signal });
  try {
    await visit.open();
    const { findings, facts } = await visit.run((examination) =>
      runSteps(examination, visit, { ...options, onStep, clock }),
    );
    return reportOf(findings, facts);
  } catch (error) {
    signal?.throwIfAborted();
    const { code, details } = asEspAtError(error, opener.address);
    const { findings, facts } = visit.partialReport;
    return reportOf([...findings, finding(code, details)], facts);
  } finally {
    await visit.close();
  }
}

type StepOptions = DoctorOptions & Required<Pick<DoctorOptions, 'onStep' | 'clock'>>;

async function runSteps(
  examination: Examination,
  visit: Visit,
  { uri, onStep, clock }: StepOptions,
): Promise<void> {
  const start = clock.now();
  const step = (name: DoctorStep, run: () => Promise<void>) => examination.step(name, onStep, run);
  await step('rate', async () => {
    await findDevice(examination, () => visit.receivedBytes);
  });
  if (!examination.isFound) return;
  await step('firmware', () => examineFirmware(examination));
  await step('network', () => examineNetwork(examination));
  await step('certificates', () => examineCertificates(examination));
  await step('line', () => examineLine(examination, () => examination.lostResponses));
  const isNoisy = examination.findings.some(({ code }) => code === 'NOISE');
  const isLate = clock.now() - start > BEST_RATE_DEADLINE_MS;
  if (!isNoisy && !isLate) await step('bestRate', () => examineBestRate(examination));
  const { firmware, address } = examination.facts;
  if (uri !== undefined && firmware && address !== undefined)
    await step('echo', () => examineEcho(examination, uri));
}

function reportOf(findings: readonly Finding[], facts: DoctorFacts): DoctorReport {
  const ok = findings.every(({ severity }) => severity === 'note');
  return { ok, findings: worstFirst(findings), facts };
}
