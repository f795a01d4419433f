import type { LinkId } from '../at/types';
import { systemClock, type Cancel, type Clock } from '../clock';
import type { DeviceOptions, PortMemory } from '../device/options';
import type { CloseOptions, OpenOptions } from '../link/options';
import type { PortOpener } from '../port/port';
import { withoutForeignSecrets } from './foreign-secrets';
import type { DeviceCall, LinkCall, PortRates, SnapshotLine } from './lines';
import { encodeOpen } from './open-codec';
import { recordedOpener } from './recorded-port';
import { Recorder } from './recorder';
import {
  packageVersion,
  recordedDevice,
  recordedMemory,
  recordingText,
  type RecordedDevice,
} from './recording';
import { SecretSet } from './secret-set';
import { secretsOfCommand, secretsOfDevice, secretsOfOpen } from './secrets';
import type { Capabilities } from '../commands/capabilities';

/** Bytes that a recorder keeps, unless the options say otherwise. */
const DEFAULT_RECORDER_BYTES = 256 * 1024;
/** A snapshot is due when the records since the last one take this share of the bytes that the recorder keeps. */
const SNAPSHOT_SHARE = 1 / 4;
/** Timers that are later than this are recorded: the event loop of the host was blocked. Milliseconds. */
const MAX_LATE_MS = 10;

/** Returns a recorder for a device, unless its options exclude one. */
export function createRecorder(options: DeviceOptions): DeviceRecorder | undefined {
  const { recorderBytes = DEFAULT_RECORDER_BYTES } = options;
  return recorderBytes === 0 ? undefined : new DeviceRecorder(options, recorderBytes);
}

/** Records one device: its port, the calls of its user, random numbers, and what it emits. */
export class DeviceRecorder extends Recorder {
  /** The device's clock, whose late timers are recorded. */
  readonly clock: Clock;
  /** The device's port, recorded. */
  readonly port: PortOpener;
  /** The device's source of random numbers, recorded. */
  readonly random: () => number;
  readonly #recorded: RecordedDevice;
  /** Of the port that the device uses. */
  #rates: PortRates;
  #memory: PortMemory | undefined;
  readonly #snapshotBytes: number;
  #snapshotAt = 0;

  /** @param bytes of records */
  constructor(options: DeviceOptions, bytes: number) {
    const { clock = systemClock } = options;
    super(bytes, clock, new SecretSet(secretsOfDevice(options)));
    this.clock = recordedClock(clock, (ms) => this.line({ late: Math.round(ms) }));
    this.#recorded = this.clean(recordedDevice(options));
    this.#rates = ratesOf(options.port);
    this.#memory = options.memory;
    this.#snapshotBytes = bytes * SNAPSHOT_SHARE;
    this.port = recordedOpener(options.port, this);
    const { random = Math.random } = options;
    this.random = () => {
      const number = random();
      this.line({ random: number });
      return number;
    };
  }

  /** Records that the device uses another port; returns that port, recorded. */
  usePort(port: PortOpener, memory: PortMemory): PortOpener {
    const before = this.#rates;
    const rates = (this.#rates = ratesOf(port));
    this.#memory = memory;
    const call = this.nextCall();
    this.line({ call, to: 'usePort', before, rates, memory: recordedMemory(memory) });
    return recordedOpener(port, this);
  }

  /** Records a call of the device. Its end needs no record: it follows from the rest of the recording. */
  called(to: DeviceCall['to'], text?: string): void {
    if (to === 'examine' && text !== undefined)
      this.secrets.add('examine', secretsOfOpen({ uri: text }));
    const memory = to === 'start' && this.#memory ? recordedMemory(this.#memory) : undefined;
    this.line({ call: this.nextCall(), to, text, memory });
  }

  /** Records a line of the device that the driver does not know. */
  unknownLine(line: string): void {
    this.line({ event: 'unknownline', detail: this.secrets.redactText(line) });
  }

  /** Records a command of the user, as the port's bytes show it. */
  command(line: string): void {
    this.secrets.add('command', secretsOfCommand(line));
    this.called('command', this.secrets.redactText(`${line}\r`).slice(0, -1));
  }

  #call<T>(line: LinkCall, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const call = this.nextCall();
    this.line({ call, ...line });
    return this.recordEnd(call, run, signal);
  }

  /**
   * Records an `open()` call with checked options, and its end.
   * @param inUse returns the options that the link uses already
   */
  open<T>(
    link: LinkId,
    options: OpenOptions,
    inUse: () => readonly OpenOptions[],
    run: () => Promise<T>,
    signal?: AbortSignal,
  ) {
    this.secrets.add(link, secretsOfOpen(options), () => inUse().map(secretsOfOpen));
    return this.#call({ to: 'open', link, options: encodeOpen(options) }, run, signal);
  }

  /** Records a close, and its end. */
  close<T>(link: LinkId, given: CloseOptions, run: () => Promise<T>) {
    const { graceful, code, reason, owner, signal } = given;
    const options = { graceful, code, reason, owner };
    return this.#call({ to: 'close', link, options }, run, signal);
  }

  /** Whether a snapshot is due, at the next moment of a quiet device. */
  get isSnapshotDue(): boolean {
    return this.end - this.#snapshotAt >= this.#snapshotBytes;
  }

  addSnapshot(snapshot: Omit<SnapshotLine, 'snapshot'>): void {
    this.#snapshotAt = this.end;
    this.line({ snapshot: 'ready', ...snapshot });
  }

  /** The recording as text, see {@link recordingText}. */
  text(title: string, capabilities?: Pick<Capabilities, 'firmware' | 'version'>): string {
    const kept = this.lines().map(({ line }) => line);
    const all = withoutForeignSecrets([...kept, ...this.heldLines()], this.start > 0);
    const omitted = all.findLastIndex((line) => 'omitted' in line);
    const isWhole = this.start === 0 && omitted < 0;
    const start = isWhole
      ? 0
      : all.findIndex((line, index) => index > omitted && 'snapshot' in line);
    const lines = all.slice(Math.max(0, start));
    const [change] = lines.flatMap((line) => ('to' in line && line.to === 'usePort' ? [line] : []));
    const port = change?.before ?? this.#rates;
    const heading = {
      recording: 1,
      class: capabilities?.firmware ?? 'D',
      section: 'driver',
      title: this.secrets.redactText(title),
      joined: true,
      rate: port.rate ?? port.bridgedRate ?? 0,
      port: 0,
      tls: null,
      driver: {
        version: packageVersion(),
        node: process.version,
        platform: process.platform,
        ...(capabilities && { firmware: capabilities.version }),
        port,
        options: this.#recorded,
        from: isWhole ? 'fresh' : start < 0 ? 'middle' : 'snapshot',
      },
    } as const;
    return recordingText(heading, lines);
  }
}

function ratesOf({ rate, bridgedRate }: PortOpener): PortRates {
  return { rate, bridgedRate };
}

/** Returns a clock that calls `onLate` before a timer that fires late. */
function recordedClock(clock: Clock, onLate: (ms: number) => void): Clock {
  return {
    now: () => clock.now(),
    after(ms: number, callback: () => void): Cancel {
      const due = clock.now() + Math.max(0, ms);
      return clock.after(ms, () => {
        const late = clock.now() - due;
        if (late > MAX_LATE_MS) onLate(late);
        callback();
      });
    },
    afterInput: (callback) => clock.afterInput(callback),
  };
}
