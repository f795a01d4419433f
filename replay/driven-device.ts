import { Device, EspAtError, examine, type PortMemory } from '../driver';
import { DeviceRecorder } from '../driver/recorder/device-recorder';
import { decodeOpen } from '../driver/recorder/open-codec';
import type { CallLine, RecordingLine } from '../driver/recorder/lines';
import { VirtualClock } from '../simulator/replay/virtual-clock';
import { LateClock } from './late-clock';
import { foundRate, prepare, simulatedDevice, type FarEnd } from './preparation';
import type { DriverAct, DriverRecording } from './recording-file';
import { ReplayPort } from './replay-port';

/** Capacity of the replay's own recorder. */
const RECORDER_BYTES = 16 * 1024 * 1024;

/** A driver in virtual time that takes the acts of a recording. */
export class DrivenDevice {
  readonly clock = new VirtualClock();
  readonly device: Device;
  /** Records `examine()`; undefined for a recording of a Device. */
  readonly #examineRecorder: DeviceRecorder | undefined;
  readonly #recording: DriverRecording;
  readonly #port: ReplayPort;
  #memory: PortMemory;
  readonly #calls = new Map<number, AbortController>();
  #position = 0;

  /** @param delayAt see {@link LateClock} */
  constructor(recording: DriverRecording, delayAt: (now: number) => number = () => 0) {
    const { heading, lines } = recording;
    this.#recording = recording;
    this.#port = new ReplayPort(heading);
    const random = lines.flatMap((line) => ('random' in line ? [line.random] : [])).values();
    const clock = new LateClock(this.clock, delayAt);
    const recordsExamine = lines.some((line) => 'call' in line && line.to === 'examine');
    if (recordsExamine)
      this.#examineRecorder = new DeviceRecorder({ port: this.#port, clock }, RECORDER_BYTES);
    const baudRate = foundRate(recording);
    // A failed search would take random numbers of the recording.
    this.#memory = {
      ...heading.driver.options.memory,
      ...(baudRate !== undefined && { baudRate }),
    };
    this.device = new Device({
      ...heading.driver.options,
      memory: this.#memory,
      port: this.#port,
      clock,
      random: () => random.next().value ?? 0.5,
      recorderBytes: RECORDER_BYTES,
    });
  }

  /**
   * Brings the driver to the start of the recording.
   * @param farEnd default: a simulated device, destroyed when the driver is prepared
   */
  async prepare(farEnd = this.#simulated()): Promise<void> {
    await prepare(this.#recording, this.device, this.#port, this.clock, farEnd);
    this.#position = this.device.recorder?.end ?? 0;
  }

  /** Delivers bytes from the device. */
  deliver(bytes: Buffer): void {
    this.#port.deliver(bytes);
  }

  /** The recorded lines since the last call. */
  *newLines(): Generator<RecordingLine, void> {
    const recorder = this.#examineRecorder ?? this.device.recorder;
    for (const { next, line } of recorder?.lines(this.#position) ?? []) {
      this.#position = next;
      yield line;
    }
  }

  perform(act: DriverAct): void {
    if ('device' in act) this.#port.deliver(Buffer.from(act.device, 'latin1'));
    else if ('port' in act) this.#port.act(act);
    else if ('abort' in act) this.#calls.get(act.abort)?.abort(new EspAtError('ABORTED'));
    else {
      const controller = new AbortController();
      this.#calls.set(act.call, controller);
      // The recorder notes how the call ends, and the comparison checks that.
      this.#call(act, controller.signal).catch(() => undefined);
    }
  }

  end(): void {
    this.#port.end();
    void this.device.stop();
  }

  #simulated(): FarEnd {
    const simulated = simulatedDevice(this.#recording, this.clock, (bytes) => this.deliver(bytes));
    return { write: (bytes) => simulated.write(bytes), prepared: () => simulated.destroy() };
  }

  async #call(act: CallLine, signal: AbortSignal): Promise<unknown> {
    const { device } = this;
    switch (act.to) {
      case 'start':
        if (act.memory) this.#setMemory(act.memory);
        device.start();
        return undefined;
      case 'stop':
        return device.stop();
      case 'disconnect':
        return device.disconnect();
      case 'usePort':
        this.#port.use(act.rates);
        this.#memory = { ...act.memory };
        device.usePort(this.#port, this.#memory);
        return undefined;
      case 'restart':
        return device.restart();
      case 'checkLinks':
        return device.checkLinks();
      case 'scanNetworks':
        return device.scanNetworks();
      case 'examine':
        return this.#examine(act.text);
      case 'command':
        return device.command(act.text ?? '');
      case 'open':
        return device.links[act.link].open(decodeOpen(act.options), { signal });
      case 'close':
        return device.links[act.link].close({ ...act.options, signal });
      case 'send': {
        // As long as the message was, so that the driver refuses it for the same reason.
        const bytes = Buffer.from(act.bytes + '*'.repeat(act.cut ?? 0), 'latin1');
        return device.links[act.link].send(bytes, { ...act.options, signal });
      }
    }
  }

  #setMemory({ baudRate, pendingPrompt }: PortMemory): void {
    Object.assign(this.#memory, { baudRate, pendingPrompt });
  }

  async #examine(uri: string | undefined): Promise<unknown> {
    const { port, clock } = this.#examineRecorder ?? {};
    return port && examine(port, { ...(clock && { clock }), ...(uri !== undefined && { uri }) });
  }
}
