import type { LinkId } from '../../../driver/at/types';
import type { OpenOptions } from '../../../driver/link/options';
import { seededRandom, type Random } from '../../../simulator';
import { listenerCount, onDeviceEvents, onLinkEvents } from '../../harness/event-log';
import { between, pick } from '../../harness/random';
import type { Hit } from '../../../simulator/faults';
import { drawFault, nameOf, withPrerequisite, type ScheduledFault } from './fault-schedule';
import type { FaultEpisode } from './fault-episode';
import type { VirtualHarness } from './virtual-harness';
import { Recovery, TIMEOUT_MS } from './recovery';
import { ARRIVAL_TIMEOUT_MS, DELIMITER, links, Traffic } from './traffic';
import { Waiting } from './waiting';
import { PortMonitor } from './port-monitor';

export interface FaultRunOptions {
  readonly seed: number;
  /** Messages after which the run may end, both ways together. Default 0. */
  readonly messages?: number | undefined;
  /** Episodes after which the run may end. Default 0. */
  readonly faults?: number | undefined;
  /** Names of faults, or names with settings; empty: all faults. */
  readonly only?: readonly string[];
  /** The probability of two faults at once, from 0 to 1. */
  readonly overlap?: number;
  /** Whether the run also blocks the host's event loop at random. */
  readonly hostStalls?: boolean;
  /** Called after each episode. */
  readonly progress?: (episode: FaultEpisode) => void;
}

const TRIGGER_TIMEOUT_MS = 12_000;
/** The run ends a lasting fault after this time. */
const LASTING_FAULT_MS = 6000;
const MIN_STALL_MS = 100;
const MAX_STALL_MS = 30_000;

/** The time in which a fault was active. */
interface Span {
  readonly from: number;
  readonly gone: number;
}

/** Sends messages both ways over three links, and injects one fault after another. */
export class FaultRun {
  readonly episodes: FaultEpisode[] = [];
  /** Count of faults whose trigger did not come. */
  missed = 0;
  readonly monitor: PortMonitor;
  readonly #harness: VirtualHarness;
  readonly #options: FaultRunOptions;
  readonly #random: Random;
  readonly #traffic: Traffic;
  readonly #waiting: Waiting;
  readonly #recovery: Recovery;
  #ended = false;

  constructor(harness: VirtualHarness, options: FaultRunOptions) {
    this.#harness = harness;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#traffic = new Traffic(harness, seededRandom(options.seed + 10));
    this.#waiting = new Waiting(harness.clock);
    this.#recovery = new Recovery(harness, this.#traffic, this.#waiting);
    this.monitor = new PortMonitor(harness.log, DELIMITER);
    harness.monitor = this.monitor;
    const { log, device } = harness;
    log.onChange = () => this.#waiting.recheck();
    onDeviceEvents(device, ({ event }) => log.event(event));
    onLinkEvents(device, ({ event, link }) => log.event(event, link));
    device.on('statechange', () => this.#waiting.recheck());
    for (const link of device.links) link.on('message', (message) => log.atHost(message));
    harness.ownListeners = listenerCount(device);
  }

  /** Runs to the end; the caller drives the clock meanwhile. */
  async run(): Promise<void> {
    const { device, faults } = this.#harness;
    device.start();
    for (const link of links) this.#open(link);
    await this.#waiting.until(
      () => links.every((link) => device.link(link).stateNumber === 2),
      TIMEOUT_MS,
    );
    const traffic = links.flatMap((link) => [this.#sendOn(link), this.#serveOn(link)]);
    if (this.#options.hostStalls) traffic.push(this.#stallOn());
    while (!this.#enough()) await this.#episode();
    this.#ended = true;
    faults.clear();
    await Promise.all(traffic);
    await this.#waiting.until(() => this.#harness.log.pending === 0, TIMEOUT_MS);
    await this.#recovery.recovered();
    await this.#waiting.sleep(ARRIVAL_TIMEOUT_MS);
  }

  #enough(): boolean {
    const { messages, faults } = this.#options;
    const { log } = this.#harness;
    const enough = log.out.length + log.in.length >= (messages ?? 0);
    return enough && this.episodes.length >= (faults ?? 0);
  }

  // --- traffic -------------------------------------------------------------------------------------

  async #sendOn(link: LinkId): Promise<void> {
    const { log } = this.#harness;
    while (!this.#ended) {
      await this.#waiting.sleep(between(this.#random, 0, 900) * this.#harness.pauseFactor);
      if (this.#harness.host.blocked) await this.#harness.host.awake();
      const burst = this.#random() < 0.1 ? between(this.#random, 2, 6) : 1;
      const entries = Array.from({ length: burst }, () =>
        this.#traffic.send(
          link,
          this.#random() < 0.3 ? between(this.#random, 1000, 30_000) : undefined,
        ),
      );
      await this.#waiting.until(
        () => entries.every((entry) => entry?.outcome !== 'pending'),
        TIMEOUT_MS,
      );
      if (log.pending > 1000) throw new Error('too many promises are pending');
    }
  }

  async #serveOn(link: LinkId): Promise<void> {
    while (!this.#ended) {
      await this.#waiting.sleep(between(this.#random, 100, 2500) * this.#harness.pauseFactor);
      const burst = this.#random() < 0.1 ? between(this.#random, 2, 5) : 1;
      for (let each = 0; each < burst; each++) this.#traffic.serve(link);
    }
  }

  /** Blocks the host at random times, or at random bytes on the port. */
  async #stallOn(): Promise<void> {
    const { host } = this.#harness;
    const random = seededRandom(this.#options.seed + 20);
    while (!this.#ended) {
      await this.#waiting.sleep(between(random, 500, 20_000));
      const durationMs = Math.round(MIN_STALL_MS * (MAX_STALL_MS / MIN_STALL_MS) ** random());
      const inputLateMs = random() < 0.2 ? 2 : 0;
      if (random() < 0.7) await this.#bytes(between(random, 1, pick(random, [5, 50, 500, 5000])));
      host.block(durationMs, inputLateMs);
    }
  }

  /** Settles after `count` bytes, both ways together, at the latest after {@link TRIGGER_TIMEOUT_MS}. */
  #bytes(count: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        cancel();
        this.#harness.onPass = undefined;
        resolve();
      };
      const cancel = this.#harness.clock.after(TRIGGER_TIMEOUT_MS, settle);
      let left = count;
      this.#harness.onPass = (length) => {
        left -= length;
        if (left <= 0) settle();
      };
    });
  }

  #open(link: LinkId): void {
    const { device, log, firmware } = this.#harness;
    const options: OpenOptions = {
      uri: this.#harness.uri(link),
      keepOpen: true,
      replace: true,
      framing: { by: 'delimiter', delimiter: DELIMITER },
      config: {
        pingIntervalMs: 5000,
        pongTimeoutMs: 12_000,
        bufferBytes: pick(this.#random, [1024, 2048, 8192]),
      },
      ...(link === 1 && firmware !== 'A' && { headers: [{ name: 'X-Run', value: 'AT+RST' }] }),
    };
    void log.request('open', device.link(link).open(options));
  }

  /** Sometimes makes a request beside the messages, so that faults also apply to requests. */
  async #request(): Promise<void> {
    if (this.#harness.host.blocked) await this.#harness.host.awake();
    const { device, log } = this.#harness;
    const chance = this.#random();
    if (chance < 0.2) await log.request('query', device.checkLinks());
    else if (chance < 0.45) {
      const link = pick(this.#random, links);
      const graceful = this.#random() < 0.5;
      await log.request('close', device.link(link).close({ graceful }));
      this.#open(link);
    }
  }

  // --- faults --------------------------------------------------------------------------------------

  async #episode(): Promise<void> {
    await this.#waiting.sleep(between(this.#random, 500, 6000));
    const { overlap = 0.15, only = [] } = this.#options;
    const count = this.#random() < overlap ? 2 : 1;
    const drawn = Array.from({ length: count }, () => drawFault(this.#random, only));
    const scheduled = drawn.flatMap(withPrerequisite);
    const hits: Hit[] = [];
    const request = this.#request();
    const spans = (await Promise.all(scheduled.map((each) => this.#inject(each, hits)))).flat();
    const names = scheduled.map(nameOf);
    if (spans.length === 0) {
      this.missed++;
      if (this.missed > 30 + this.episodes.length) throw new Error(`${names.join()} never applied`);
    } else {
      const from = Math.min(...spans.map((span) => span.from));
      const last = Math.max(...spans.map((span) => span.gone));
      const { receiveMs, host } = this.#harness;
      const blocked = host.blockedMs;
      let flooded = 0;
      const usableAgain = this.#recovery.usable(last).then((at) => {
        flooded = this.#harness.receiveMs - receiveMs;
        return at;
      });
      const [recovered, usable] = await Promise.all([this.#recovery.recovered(), usableAgain]);
      const episode = {
        names,
        hits,
        from,
        gone: last,
        recovered,
        usable,
        flooded,
        blocked: host.blockedMs - blocked,
        reopened: this.#recovery.reopened(from, last),
      };
      this.episodes.push(episode);
      this.#options.progress?.(episode);
    }
    await request;
  }

  /** Injects a fault. @returns the time in which it was active; nothing when its trigger did not come */
  async #inject(scheduled: ScheduledFault, hits: Hit[]): Promise<Span[]> {
    const { faults, clock } = this.#harness;
    if (scheduled.kind === 'port busy') return this.#occupyPort();
    let from: number | undefined;
    const injection = faults.inject(scheduled.fault.name, scheduled.settings, (hit) => {
      from ??= hit.at;
      if (hits.length < 20) hits.push(hit);
      this.monitor.hit(hit);
      this.#waiting.recheck();
    });
    if (injection.fault.lasting) await this.#waiting.sleep(LASTING_FAULT_MS);
    else {
      void injection.finished.then(() => this.#waiting.recheck());
      await this.#waiting.until(() => injection.count > 0 || injection.over, TRIGGER_TIMEOUT_MS);
      // The driver ends a hang; everything else ends by itself.
      if (injection.count > 0) await this.#waiting.until(() => injection.over, TIMEOUT_MS);
    }
    injection.end();
    return from === undefined ? [] : [{ from, gone: clock.now() }];
  }

  async #occupyPort(): Promise<Span[]> {
    const { faults, clock } = this.#harness;
    const from = clock.now();
    faults.port?.unplug();
    await this.#waiting.sleep(between(this.#random, 0, 1500));
    this.#harness.occupy(true);
    await this.#waiting.sleep(between(this.#random, 500, 6000));
    this.#harness.occupy(false);
    return [{ from, gone: clock.now() }];
  }
}
