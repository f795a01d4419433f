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

/**
 * Milliseconds after which the examination skips a step, because a dialog waits 60 s: behind the slowest bridge the wiring
 * takes 12 s, and a certificate is read in many pieces. At a slow device the climb to the best rate takes longest.
 */
const DEADLINES_MS: Readonly<Partial<Record<DoctorStep, number>>> = {
  wiring: 40_000,
  certificates: 49_000,
  bestRate: 12_000,
};
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
  const isLate = (name: DoctorStep) => clock.now() - start > (DEADLINES_MS[name] ?? Infinity);
  const step = async (name: DoctorStep, run: () => Promise<unknown>) => {
    if (isLate(name)) return;
    onStep(name);
    await examination.attempt(run);
  };
  await step('rate', () => examineRate(examination));
  if (!examination.hasAnswered) return;
  await step('firmware', () => examineFirmware(examination));
  await step('network', () => examineNetwork(examination));
  await step('wiring', () => examineWiring(examination));
  await step('certificates', () => examineCertificates(examination, () => isLate('certificates')));
  if (!examination.isNoisy) await step('bestRate', () => examineBestRate(examination));
  await examination.attempt(() => restoreEcho(examination));
  const isOffline = examination.findings.some(({ code }) => OFFLINE_CODE.test(code));
  if (uri !== undefined && !isOffline)
    await step('echoServer', () => examineEchoServer(examination, uri));
  examination.concludeNoise();
}
