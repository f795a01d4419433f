import { systemClock, type Clock } from '../clock';
import { asEspAtError } from '../errors';
import type { PortMemory } from '../device/options';
import type { PortOpener } from '../port/port';
import type { WaitOptions } from '../wait';
import { examineCertificates } from './certificates';
import { examineEchoServer, openEchoServer } from './echo-server';
import type { Examination } from './examination';
import { examineRate } from './find';
import { finding, worstFirst } from './findings';
import { examineFirmware } from './firmware';
import { examineNetwork } from './network';
import type { DoctorReport, DoctorStep } from './report';
import { withOpenPort } from './open-port';
import { examineBestRate, examineWiring, restoreEcho } from './wiring';

/** Options of {@link examine}. */
export interface DoctorOptions extends WaitOptions {
  /**
   * An echo server to try, `ws://` or `wss://`. First clears the device's header list (`AT+WSHEAD`); on class D also sets the
   * data format of a free link (`AT+WSDATAFMT`). Default: none.
   */
  readonly uri?: string;
  /** Called at the beginning of each step. */
  readonly onStep?: (step: DoctorStep) => void;
  /** The time source. Default {@link systemClock}. */
  readonly clock?: Clock;
  /**
   * What the {@link Device} that used the port before knew of it ({@link DeviceOptions.memory}); the driver updates it. If
   * a data prompt may be pending, the examination first pads it. Default: nothing.
   */
  readonly memory?: PortMemory;
}

/** Milliseconds after which the examination skips the search for the best baud rate: a slow device takes long enough. */
const BEST_RATE_DEADLINE_MS = 12_000;
/** Findings with which the device cannot reach an echo server. */
const OFFLINE_CODE = /^(LOOK_ALIKE|STOCK_FIRMWARE|WIFI_\w+)$/;

/**
 * Examines the device on a port: finds it at any usual baud rate, and returns what is missing or wrong. Ends a pending data
 * prompt, and leaves baud rate, echo and flash as they were. A device without a network joins the one that it knows. After
 * an abort, or where it stops responding, the device may have another baud rate or echo.
 * @param opener a port that no {@link Device} uses
 * @throws EspAtError `INVALID_URI`; the reason of the abort. A port that is still opening at the abort closes once it is open.
 */
export async function examine(
  opener: PortOpener,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const { clock = systemClock, onStep = () => undefined, memory, signal, uri } = options;
  // Refuses a wrong URI before the port opens.
  if (uri !== undefined) openEchoServer(0, uri);
  onStep('port');
  let soFar: Pick<Examination, 'findings' | 'facts'> = {
    findings: [],
    facts: { port: opener.address },
  };
  try {
    await withOpenPort(opener, { clock, memory, signal }, (examination) => {
      soFar = examination;
      return runSteps(examination, { ...options, onStep, clock });
    });
  } catch (error) {
    signal?.throwIfAborted();
    const { code, details } = asEspAtError(error, opener.address);
    soFar.findings.push(finding(code, details));
  }
  const { findings, facts } = soFar;
  const ok = findings.every(({ severity }) => severity === 'note');
  return { ok, findings: worstFirst(findings), facts };
}

type StepOptions = DoctorOptions & Required<Pick<DoctorOptions, 'onStep' | 'clock'>>;

async function runSteps(
  examination: Examination,
  { uri, onStep, clock }: StepOptions,
): Promise<void> {
  const start = clock.now();
  const step = (name: DoctorStep, run: () => Promise<void>) => {
    onStep(name);
    return examination.attempt(run);
  };
  await step('rate', () => examineRate(examination));
  if (!examination.hasAnswered) return;
  await step('firmware', () => examineFirmware(examination));
  await step('network', () => examineNetwork(examination));
  await step('certificates', () => examineCertificates(examination));
  await step('wiring', () => examineWiring(examination));
  const isLate = clock.now() - start > BEST_RATE_DEADLINE_MS;
  if (!examination.isNoisy && !isLate) await step('bestRate', () => examineBestRate(examination));
  await examination.attempt(() => restoreEcho(examination));
  const isOffline = examination.findings.some(({ code }) => OFFLINE_CODE.test(code));
  if (uri !== undefined && !isOffline)
    await step('echoServer', () => examineEchoServer(examination, uri));
  examination.concludeNoise();
}
