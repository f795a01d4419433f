import { Rate, Series } from './chart';
import { LinkStrip } from './link-strip';
import type { LiveAnswer, LiveDevice, LiveTraffic } from './live-answer';
import { TrafficRows, type TrafficRow } from './traffic-rows';

export { sentenceOf } from '../errors/sentence';
export { areaPath, shortAmount } from './chart';
export { counterNames } from './live-answer';
export { rowMatches, rowText } from './row-text';

/** Milliseconds that strip and charts show. */
export const SHOWN_MS = 120_000;
/** Rows of traffic that a view keeps. */
export const MAX_ROWS = 500;

const linkIds = [0, 1, 2] as const;

/** The data that the view shows of the chosen device. */
class DeviceView {
  readonly id: string;
  readonly sent = new Rate(SHOWN_MS);
  readonly received = new Rate(SHOWN_MS);
  readonly queue = new Series(SHOWN_MS);
  readonly strip = new LinkStrip(SHOWN_MS);
  readonly #reader = new TrafficRows();
  #rows: readonly TrafficRow[] = [];
  /** The rows at the moment of the pause; undefined while there is none. */
  #paused: readonly TrafficRow[] | undefined;
  #traffic: Pick<LiveTraffic, 'run' | 'next' | 'now'> | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Where the view has read up to. */
  get position(): { readonly run: number; readonly after: number } {
    return { run: this.#traffic?.run ?? 0, after: this.#traffic?.next ?? 0 };
  }

  /** Milliseconds of the device's clock at the last answer. */
  get now(): number {
    return this.#traffic?.now ?? 0;
  }

  /** The newest rows of traffic; during a pause, those at its moment. */
  get rows(): readonly TrafficRow[] {
    return this.#paused ?? this.#rows;
  }

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  set isPaused(isPaused: boolean) {
    this.#paused = isPaused ? this.#rows : undefined;
  }

  /** Takes an answer; returns the new rows to show: no more than the view keeps, and none during a pause. */
  take(device: LiveDevice, traffic: LiveTraffic): TrafficRow[] {
    const isFirst = this.#traffic === undefined;
    this.#traffic = traffic;
    const { lines, now, skipped } = traffic;
    this.strip.read(lines);
    for (const id of linkIds) {
      const state = device.links[id]?.state;
      if (state) this.strip.note(id, now, state);
    }
    if (device.counts) {
      this.sent.add(now, device.counts.sentBytes);
      this.received.add(now, device.counts.receivedBytes);
      this.queue.add(now, device.counts.queue);
    }
    // What was recorded before the view opened is not missing.
    const isMissing = skipped > 0 && !isFirst;
    const fresh = [
      ...(isMissing ? this.#reader.skipped(lines[0]?.at ?? now, skipped) : []),
      ...this.#reader.read(lines, device.firmware === 'D'),
    ].slice(-MAX_ROWS);
    this.#rows = [...this.#rows, ...fresh].slice(-MAX_ROWS);
    return this.#paused ? [] : fresh;
  }

  /** Forgets the rows. */
  clear(): void {
    this.#rows = [];
    if (this.#paused) this.#paused = [];
  }
}

/** The data of the live view: all devices, and the traffic of the chosen one. */
export class LiveModel {
  #devices: readonly LiveDevice[] = [];
  #view: DeviceView | undefined;

  get devices(): readonly LiveDevice[] {
    return this.#devices;
  }

  /** The chosen device; undefined before the first answer. */
  get view(): DeviceView | undefined {
    return this.#view;
  }

  /** The chosen device as the last answer described it. */
  get device(): LiveDevice | undefined {
    return this.#devices.find(({ id }) => id === this.#view?.id);
  }

  /** Parameters of the next question. */
  get query(): Readonly<Record<string, string | number>> {
    return this.#view ? { device: this.#view.id, ...this.#view.position } : {};
  }

  choose(id: string): void {
    if (this.#view?.id !== id) this.#view = new DeviceView(id);
  }

  /**
   * Takes an answer to the question; returns the new rows of the chosen device.
   * @param asked the view at the time of the question: the traffic is its device's, and another may be chosen by now
   */
  take({ devices, traffic }: LiveAnswer, asked = this.#view): TrafficRow[] {
    this.#devices = devices;
    const [first] = devices;
    if (!this.device) this.#view = first && new DeviceView(first.id);
    const { device } = this;
    return device && traffic && asked && asked === this.#view ? asked.take(device, traffic) : [];
  }
}
