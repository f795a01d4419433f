import { examine, type DoctorOptions, type DoctorReport } from '../../driver';
import { DeviceRecorder } from '../../driver/recorder/device-recorder';
import { Harness, type HarnessOptions } from '../harness/harness';

/** A line at the best known rate, with RTS and CTS. */
export const serial = { baudRate: 115_200, rtsCts: true };

/** The findings that are no notes. */
export const errors = ({ findings }: DoctorReport) =>
  findings.filter(({ severity }) => severity !== 'note');

/** The codes of what is wrong. */
export const wrong = (report: DoctorReport) => errors(report).map(({ code }) => code);

/** A device in virtual time. */
export class Patient extends Harness {
  /** Passes bytes of another program to the device, each text at a time of its own. */
  async write(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      this.simulator.write(Buffer.from(text));
      await this.clock.advance(1000);
    }
  }

  /** Answers a command of the doctor in place of the device. */
  answer(command: string, said: string): void {
    this.alterInput = (text) => {
      if (text !== `${command}\r\n`) return text;
      this.clock.after(0, () => this.say(said));
      return '';
    };
  }

  examine(options: DoctorOptions = {}): Promise<DoctorReport> {
    return this.clock.wait(examine(this.port, { clock: this.hostClock, ...options }));
  }

  /** Examines the device through a recorder; returns the text of the recording. */
  async recording(): Promise<string> {
    const recorder = new DeviceRecorder({ port: this.port, clock: this.hostClock }, 4 * 1024 ** 2);
    recorder.called('examine');
    await this.clock.wait(examine(recorder.port, { clock: recorder.clock }));
    return recorder.text('doctor', undefined);
  }
}

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
  const harness = new Patient(options);
  await harness.write(...before.map((line) => `${line}\r\n`));
  prepare?.(harness);
  const examined = await harness.examine(doctor);
  harness.simulator.destroy();
  return { ...examined, harness };
}
