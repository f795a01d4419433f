import type { LinkId } from '../at/types';
import { systemClock } from '../clock';
import type { Capabilities, DeviceOptions } from '../device/options';
import { asEspAtError, EspAtError } from '../errors';
import type { CloseOptions, OpenOptions, SendOptions } from '../link/options';
import type { PortOpener } from '../port/port';
import type { DeviceCall, DriverLine, LinkCall, SnapshotLine } from './lines';
import { encodeOpen } from './open-codec';
import { recordedOpener } from './recorded-port';
import { RecordedClock } from './recorded-clock';
import { Recorder, type PlacedLine } from './recorder';
import { packageVersion, recordedDevice, recordingText, type RecordedDevice } from './recording';
import { SecretSet } from './secret-set';
import { secretsOfDevice, secretsOfOpen } from './secrets';

/** Bytes of a recording in memory unless the options say otherwise. */
const DEFAULT_RECORDER_BYTES = 256 * 1024;
/** A snapshot is due when so large a part of the memory has filled since the last. */
const SNAPSHOT_PART = 1 / 4;

/** Returns a recorder for a device, unless its options want none. */
export function createRecorder(options: DeviceOptions): DeviceRecorder | undefined {
  const { recorderBytes = DEFAULT_RECORDER_BYTES } = options;
  return recorderBytes === 0 ? undefined : new DeviceRecorder(options, recorderBytes);
}

/** Records one device: its port, the calls of its user, chance, and what it emits. */
export class DeviceRecorder {
  /** The device's port, recorded. */
  readonly port: PortOpener;
  /** The device's clock, which the recorder shares. */
  readonly clock: RecordedClock;
  /** The device's source of chance, recorded. */
  readonly random: () => number;
  readonly #options: DeviceOptions;
  readonly #recorded: RecordedDevice;
  readonly #recorder: Recorder;
  readonly #secrets: SecretSet;
  readonly #snapshotEvery: number;
  #snapshotAt = 0;

  /** @param bytes of memory */
  constructor(options: DeviceOptions, bytes: number) {
    this.#options = options;
    this.#recorded = recordedDevice(options);
    this.clock = new RecordedClock(options.clock ?? systemClock);
    this.#secrets = new SecretSet(secretsOfDevice(options));
    this.#recorder = new Recorder(bytes, this.clock, this.#secrets);
    this.#snapshotEvery = bytes * SNAPSHOT_PART;
    this.port = this.record(options.port);
    const { random = Math.random } = options;
    this.random = () => {
      const number = random();
      this.#recorder.line({ random: number });
      return number;
    };
  }

  /** A port that the recorder records. */
  record(port: PortOpener): PortOpener {
    return recordedOpener(port, this.#recorder);
  }

  /** The device or a link emits an event. */
  emitted(line: DriverLine): void {
    this.#recorder.line(line);
  }

  /** A link emits a message. */
  message(link: LinkId, bytes: Uint8Array): void {
    this.#recorder.message(link, bytes.length);
  }

  /** The device was called. How the call ends depends on what is recorded anyway. */
  called(to: DeviceCall['to'], text?: string): void {
    const call = this.#recorder.nextCall();
    this.#recorder.line(text === undefined ? { call, to } : { call, to, text });
  }

  async #call<T>(line: LinkCall, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const call = this.#recorder.nextCall();
    this.#recorder.line({ call, ...line });
    const aborted = () => this.aborted(call);
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      const result = await run();
      this.#recorder.line({ settled: call });
      return result;
    } catch (reason) {
      this.failed(call, reason, signal);
      throw reason;
    } finally {
      signal?.removeEventListener('abort', aborted);
    }
  }

  /** Records an open, whose options it has checked before. */
  open<T>(link: LinkId, options: OpenOptions, run: () => Promise<T>, signal?: AbortSignal) {
    this.#secrets.add(secretsOfOpen(options));
    return this.#call({ to: 'open', link, options: encodeOpen(options) }, run, signal);
  }

  close<T>(link: LinkId, { signal, ...options }: CloseOptions, run: () => Promise<T>) {
    return this.#call({ to: 'close', link, options }, run, signal);
  }

  /** Records a message given to a link; returns the number of the call, for {@link sent} and {@link failed}. */
  send(link: LinkId, options: SendOptions, bytes: Uint8Array): number {
    return this.#recorder.send(link, options, bytes);
  }

  /** A send has succeeded. */
  sent(call: number): void {
    this.#recorder.sent(call);
  }

  /** A call has failed. @param signal that of the call */
  failed(call: number, reason: unknown, signal: AbortSignal | undefined): void {
    const isAborted = signal?.aborted === true && reason === signal.reason;
    const { code, outcome } = isAborted ? new EspAtError('ABORTED') : asEspAtError(reason);
    this.#recorder.line({ settled: call, error: code, ...(outcome && { outcome }) });
  }

  /** The signal of a call was aborted. */
  aborted(call: number): void {
    this.#recorder.line({ abort: call });
  }

  /** Whether so much was recorded since the last snapshot that {@link quiet} is to be called. */
  get wantsSnapshot(): boolean {
    return this.#recorder.end - this.#snapshotAt >= this.#snapshotEvery;
  }

  /** The device did what a chunk asked for. @param snapshot undefined where the state is not that simple */
  quiet(snapshot: Omit<SnapshotLine, 'snapshot'> | undefined): void {
    if (!snapshot) return;
    this.#snapshotAt = this.#recorder.end;
    this.#recorder.line({ snapshot: 'ready', ...snapshot });
  }

  /** Position behind the newest line. */
  get end(): number {
    return this.#recorder.end;
  }

  /** Position from which on at most so many bytes of memory were recorded. */
  tail(bytes: number): number {
    return this.#recorder.tail(bytes);
  }

  /** What was recorded from a position on, see {@link Recorder.lines}. */
  lines(position: number): Generator<PlacedLine, void> {
    return this.#recorder.lines(position);
  }

  /** The recording as text, see {@link recordingText}. */
  text(title: string, capabilities: Capabilities | undefined): string {
    const kept = [...this.#recorder.lines()].map(({ line }) => line);
    const all = [...kept, ...this.#recorder.heldLines()];
    const isWhole = this.#recorder.start === 0;
    const start = isWhole ? 0 : all.findIndex((line) => 'snapshot' in line);
    const { rate, bridgedRate } = this.#options.port;
    const heading = {
      recording: 1,
      class: capabilities?.firmware ?? 'D',
      section: 'driver',
      title: this.#secrets.redactText(title),
      joined: true,
      rate: rate ?? bridgedRate ?? 0,
      overflow: this.#options.flowControl !== true,
      port: 0,
      tls: null,
      driver: {
        version: packageVersion(),
        node: process.version,
        platform: process.platform,
        ...(capabilities && { firmware: capabilities.version }),
        port: { ...(rate !== undefined && { rate }), ...(bridgedRate && { bridgedRate }) },
        options: this.#recorded,
        from: isWhole ? 'fresh' : start < 0 ? 'middle' : 'snapshot',
      },
    } as const;
    return recordingText(heading, all.slice(Math.max(0, start)));
  }
}
