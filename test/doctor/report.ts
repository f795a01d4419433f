import { examine, type DoctorOptions, type DoctorReport } from '../../driver';
import { Harness, type HarnessOptions } from '../harness/harness';

/** A line at the best known rate, with RTS and CTS. */
export const serial = { baudRate: 115_200, rtsCts: true };

/** The findings that are no notes. */
export const errors = ({ findings }: DoctorReport) =>
  findings.filter(({ severity }) => severity !== 'note');

/** The codes of what is wrong. */
export const wrong = (report: DoctorReport) => errors(report).map(({ code }) => code);

interface Preparation {
  /** Commands of another program. */
  readonly before?: readonly string[];
  readonly prepare?: (harness: Harness) => void;
}

/** Examines a device in virtual time. */
export async function report(
  options: HarnessOptions,
  { before = [], prepare, ...doctor }: DoctorOptions & Preparation = {},
): Promise<DoctorReport & { readonly harness: Harness }> {
  const harness = new Harness(options);
  const { clock, port, simulator } = harness;
  for (const line of before) {
    simulator.write(Buffer.from(`${line}\r\n`));
    await clock.advance(1000);
  }
  prepare?.(harness);
  const examined = await clock.wait(examine(port, { clock: harness.hostClock, ...doctor }));
  simulator.destroy();
  return { ...examined, harness };
}
