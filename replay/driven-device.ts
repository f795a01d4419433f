import { Device, EspAtError, examine } from '../driver';
import { DeviceRecorder } from '../driver/recorder/device-recorder';
import { decodeOpen } from '../driver/recorder/open-codec';
import type { CallLine, RecordingLine } from '../driver/recorder/lines';
import { VirtualClock } from '../simulator/replay/virtual-clock';
import { prepare } from './preparation';
import type { DriverAct, DriverRecording } from './recording-file';
import { ReplayPort } from './replay-port';

/** Bytes that the replay's own recorder keeps. */
const RECORDER_BYTES = 16 * 1024 * 1024;

/** A driver in virtual time, to which the acts of a recording are done. */
export class DrivenDevice {
  readonly clock = new VirtualClock();
  readonly device: Device;
  /** What happens to the doctor; undefined where the recording is one of a device. */
  readonly #doctor: DeviceRecorder | undefined;
  readonly #recording: DriverRecording;
  readonly #port: ReplayPort;
  readonly #calls = new Map<number, AbortController>();
  #position = 0;

  constructor(recording: DriverRecording) {
    const { heading, lines } = recording;
    this.#recording = recording;
    this.#port = new ReplayPort(heading);
    const random = lines.flatMap((line) => ('random' in line ? [line.random] : [])).values();
    const isDoctors = lines.some((line) => 'call' in line && line.to === 'examine');
    if (isDoctors)
      this.#doctor = new DeviceRecorder({ port: this.#port, clock: this.clock }, RECORDER_BYTES);
    this.device = new Device({
      ...heading.driver.options,
      port: this.#port,
      clock: this.clock,
      random: () => random.next().value ?? 0.5,
      recorderBytes: RECORDER_BYTES,
    });
  }

  /** Brings the driver to where the recording starts. */
  async prepare(): Promise<void> {
    await prepare(this.#recording, this.device, this.#port, this.clock);
    this.#position = this.device.recorder?.end ?? 0;
  }

  /** What happened since the last call, as it would be recorded. */
  *news(): Generator<RecordingLine, void> {
    const recorder = this.#doctor ?? this.device.recorder;
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
      // How it ends is among the decisions.
      this.#call(act, controller.signal).catch(() => undefined);
    }
  }

  end(): void {
    void this.device.stop();
  }

  async #call(act: CallLine, signal: AbortSignal): Promise<unknown> {
    const { device } = this;
    switch (act.to) {
      case 'start':
        device.start();
        return undefined;
      case 'stop':
        return device.stop();
      case 'disconnect':
        return device.disconnect();
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
        const bytes = Buffer.from(act.bytes, 'latin1');
        return device.links[act.link].send(bytes, { ...act.options, signal });
      }
    }
  }

  async #examine(uri: string | undefined): Promise<unknown> {
    const { port, clock } = this.#doctor ?? {};
    return port && examine(port, { ...(clock && { clock }), ...(uri !== undefined && { uri }) });
  }
}
