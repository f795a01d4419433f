import { portAt } from '../../driver/port/open';
import type { PortOpener } from '../../driver/port/port';
import { systemClock } from '../../driver/clock';
import { SimulatedDevice, seededRandom, type SimulatorOptions } from '../../simulator';
import { PacedLine } from '../../simulator/serial/paced-line';
import type { PacedLineOptions } from '../../simulator/serial/paced-uart';
import { openPty, type Pty } from '../harness/port/pty';
import { until } from '../harness/until';

export interface PatientOptions {
  /** Baud rate in the options of the doctor. Default 115200. */
  readonly rate?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly line?: PacedLineOptions;
  /** Takes the host's bytes before the device; true: the device does not get them. */
  readonly input?: (bytes: Buffer, pty: Pty) => boolean;
}

/** Input of a device that answers one command in its own way. */
export const answering =
  (command: string, said: string) =>
  (bytes: Buffer, pty: Pty): boolean => {
    if (bytes.toString() !== `${command}\r\n`) return false;
    pty.write(Buffer.from(said));
    return true;
  };

/** A simulated ESP32 behind a pty, on a line whose bytes take their time and whose two ends have a baud rate each. */
export class Patient implements AsyncDisposable {
  readonly pty: Pty;
  readonly simulator: SimulatedDevice;
  readonly opener: PortOpener;
  /** What the host has written. */
  written = '';
  /** What the device has said since the last command from another program. */
  #output = '';
  readonly #line: PacedLine;

  constructor({ rate = 115_200, simulator, line, input }: PatientOptions = {}) {
    this.#line = new PacedLine({ hostRate: rate, ...line });
    this.simulator = new SimulatedDevice({
      firmware: 'D',
      joined: true,
      random: seededRandom(1),
      clock: systemClock,
      ...simulator,
      uart: this.#line.factory,
      output: (bytes) => {
        this.#output += bytes.toString('latin1');
        this.pty.write(bytes);
      },
    });
    this.pty = openPty((chunk) => {
      this.written += chunk.toString('latin1');
      if (!input?.(chunk, this.pty)) this.simulator.write(chunk);
    });
    this.opener = this.#opener(rate);
  }

  /** Runs commands of another program, at the rate that the line has at its start. */
  async runFromOtherProgram(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      this.#output = '';
      this.simulator.write(Buffer.from(`${line}\r\n`));
      await until(() => /\r\n(OK|ERROR)\r\n/.test(this.#output), `an answer to ${line}`);
    }
  }

  /** Has another program store a text in the flash of the device. */
  async store(space: string, slot: number, text: string): Promise<void> {
    await this.runFromOtherProgram(
      `AT+SYSMFG=2,"${space}","${space}.${slot}",8,${text.length + 1}`,
    );
    await this.answer(`${text}\0`);
  }

  /** Has another program write a payload at a data prompt. */
  async answer(payload: string): Promise<void> {
    this.#output = '';
    this.simulator.write(Buffer.from(payload));
    await until(() => this.#output.includes('\r\nOK\r\n'), 'OK after a payload');
  }

  /** A port on the pty, which takes any rate without effect. It sets the rate of the host's end of the line. */
  #opener(rate: number): PortOpener {
    const real = portAt(this.pty.path, { rate });
    return {
      address: real.address,
      rate,
      open: async (handlers, settings) => {
        const port = await real.open(handlers, settings);
        this.#line.hostRate = rate;
        return {
          write: (bytes) => port.write(bytes),
          get pendingBytes() {
            return port.pendingBytes;
          },
          setRate: (to) => {
            this.#line.hostRate = to;
            return Promise.resolve();
          },
          readCts: () => Promise.resolve(this.#line.cts),
          setFlowControl: () => Promise.resolve(),
          close: () => port.close(),
        };
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.simulator.destroy();
    await this.pty.close();
  }
}
