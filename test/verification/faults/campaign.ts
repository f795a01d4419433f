import type { LinkId } from '../../../driver/at/types';
import type { OpenOptions } from '../../../driver/link/options';
import { seededRandom } from '../../../simulator';
import type { Hit } from '../../../simulator/faults';
import { drawOrder, nameOf, PORT_BUSY, withOccasion, type Order } from './orders';
import { between, pick, type Random } from './message';
import type { Stage } from './stage';
import { DELIMITER, Traffic } from './traffic';
import { Witness } from './witness';

export interface CampaignOptions {
  readonly seed: number;
  /** Ends once so many messages were sent and received … */
  readonly messages?: number | undefined;
  /** … and so many faults have struck, if that is given. */
  readonly faults?: number | undefined;
  /** Names of faults, or names with settings; empty: all there are. */
  readonly only?: readonly string[];
  /** How often two faults are let loose at once; from 0 to 1. */
  readonly overlap?: number;
  /** Whether the host's event loop is blocked now and then, beside the faults. */
  readonly hostStalls?: boolean;
  /** Told of each fault when it is over with. */
  readonly progress?: (strike: Strike) => void;
}

/** One fault, or two at once, and what became of it. */
export interface Strike {
  readonly names: readonly string[];
  readonly hits: readonly Hit[];
  /** When it struck first. */
  readonly from: number;
  /** When its cause was gone: from here on the driver could do something about it. */
  readonly gone: number;
  /** When all links passed messages both ways again; undefined: not within the limit. */
  readonly recovered: number | undefined;
  /** When the device was ready, all links open, and a message went out that was begun afterwards. */
  readonly usable: number | undefined;
  /** Milliseconds between `gone` and `usable` that the line was full of what the device said. */
  readonly flooded: number;
  /** Milliseconds from the first stroke until all was well that the host was blocked. */
  readonly blocked: number;
  /** When the links were open again after the device or its port had been lost. */
  readonly reopened: number | undefined;
}

/** Milliseconds a fault has to find its moment. */
const MOMENT = 12_000;
/** Milliseconds after its cause is gone that working again may take at all. */
const LIMIT = 240_000;
/** Milliseconds in which what was sent has to come out at the other end. */
const PASSAGE = 12_000;
/** Milliseconds that lasting faults last. */
const LASTING = 6000;
/** Milliseconds that the host is blocked. */
const SHORTEST_STALL = 100;
const LONGEST_STALL = 30_000;
/** Seconds that a test message waits for its link. */
const HOLD = 20;
/** Messages among which the latest that went out are looked for. */
const RECENT = 40;
const links = [0, 1, 2] as const;

/** From when until when a fault was at work. */
interface Span {
  readonly from: number;
  readonly gone: number;
}

/** Three links, messages both ways, and one fault after another. */
export class Campaign {
  readonly strikes: Strike[] = [];
  /** Faults that did not find their moment. */
  missed = 0;
  readonly witness: Witness;
  readonly #stage: Stage;
  readonly #options: CampaignOptions;
  readonly #random: Random;
  readonly #traffic: Traffic;
  readonly #looks = new Set<() => void>();
  #ended = false;

  constructor(stage: Stage, options: CampaignOptions) {
    this.#stage = stage;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#traffic = new Traffic(stage, seededRandom(options.seed + 10));
    this.witness = new Witness(stage.books, DELIMITER);
    stage.witness = this.witness;
    const { books, device } = stage;
    books.onChange = () => this.#look();
    device.on('event', ({ event }) => books.hear(event));
    device.on('link', (event) => books.hearLink(event));
    device.on('status', () => this.#look());
    device.on('message', (message) => books.atHost(message));
  }

  /** All of it; brings what is left over at the end. Time has to be driven meanwhile. */
  async run(): Promise<void> {
    const { device, faults } = this.#stage;
    device.start();
    for (const link of links) this.#open(link);
    await this.#until(() => links.every((link) => device.link(link).state === 2), LIMIT);
    const traffic = links.flatMap((link) => [this.#sendOn(link), this.#serveOn(link)]);
    if (this.#options.hostStalls) traffic.push(this.#stallOn());
    while (!this.#enough()) await this.#strike();
    this.#ended = true;
    faults.clear();
    await Promise.all(traffic);
    await this.#until(() => this.#stage.books.pending === 0, LIMIT);
    await this.#recovery();
    await this.#sleep(PASSAGE);
  }

  #enough(): boolean {
    const { messages, faults } = this.#options;
    const { books } = this.#stage;
    const enough = books.out.length + books.in.length >= (messages ?? 0);
    return faults === undefined ? enough : enough && this.strikes.length >= faults;
  }

  // --- traffic -------------------------------------------------------------------------------------

  async #sendOn(link: LinkId): Promise<void> {
    const { books } = this.#stage;
    while (!this.#ended) {
      await this.#sleep(between(this.#random, 0, 900) * this.#stage.leisure);
      if (this.#stage.host?.blocked) await this.#stage.host.awake();
      const burst = this.#random() < 0.1 ? between(this.#random, 2, 6) : 1;
      const entries = Array.from({ length: burst }, () =>
        this.#traffic.send(link, this.#random() < 0.3 ? between(this.#random, 1, 30) : undefined),
      );
      await this.#until(() => entries.every((entry) => entry?.outcome !== 'pending'), LIMIT);
      if (books.pending > 1000) throw new Error('promises pile up');
    }
  }

  async #serveOn(link: LinkId): Promise<void> {
    while (!this.#ended) {
      await this.#sleep(between(this.#random, 100, 2500) * this.#stage.leisure);
      const burst = this.#random() < 0.1 ? between(this.#random, 2, 5) : 1;
      for (let each = 0; each < burst; each++) this.#traffic.serve(link);
    }
  }

  /** Blocks the host at random: at some moment, or at some byte on the line. */
  async #stallOn(): Promise<void> {
    const { host } = this.#stage;
    if (!host) return;
    const random = seededRandom(this.#options.seed + 20);
    while (!this.#ended) {
      await this.#sleep(between(random, 500, 20_000));
      const durationMs = Math.round(SHORTEST_STALL * (LONGEST_STALL / SHORTEST_STALL) ** random());
      const inputLateMs = random() < 0.2 ? 2 : 0;
      if (random() < 0.7) await this.#bytes(between(random, 1, pick(random, [5, 50, 500, 5000])));
      host.block(durationMs, inputLateMs);
    }
  }

  /** Settles once so many bytes have passed, either way; at the latest after some time. */
  #bytes(count: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        cancel();
        this.#stage.onPass = undefined;
        resolve();
      };
      const cancel = this.#stage.clock.after(MOMENT, settle);
      let left = count;
      this.#stage.onPass = (length) => {
        left -= length;
        if (left <= 0) settle();
      };
    });
  }

  #open(link: LinkId): void {
    const { device, books, firmware } = this.#stage;
    const options: OpenOptions = {
      uri: this.#stage.uri(link),
      keepOpen: true,
      replace: true,
      joining: { by: 'delimiter', delimiter: DELIMITER },
      config: {
        pingInterval: 5,
        pongTimeout: 12,
        bufferSize: pick(this.#random, [1024, 2048, 8192]),
      },
      ...(link === 1 && firmware !== 'A' && { headers: [{ name: 'X-Run', value: 'AT+RST' }] }),
    };
    void books.request('open', device.link(link).open(options));
  }

  /** Something beside messages, for faults to strike. */
  async #askFor(): Promise<void> {
    if (this.#stage.host?.blocked) await this.#stage.host.awake();
    const { device, books } = this.#stage;
    const chance = this.#random();
    if (chance < 0.2) await books.request('query', device.query());
    else if (chance < 0.45) {
      const link = pick(this.#random, links);
      const graceful = this.#random() < 0.5;
      await books.request('close', device.link(link).close({ graceful }));
      this.#open(link);
    }
  }

  // --- faults --------------------------------------------------------------------------------------

  async #strike(): Promise<void> {
    await this.#sleep(between(this.#random, 500, 6000));
    const { overlap = 0.15, only = [] } = this.#options;
    const count = this.#random() < overlap ? 2 : 1;
    const drawn = Array.from({ length: count }, () => drawOrder(this.#random, only));
    const orders = drawn.flatMap((order) => withOccasion(order));
    const hits: Hit[] = [];
    const asked = this.#askFor();
    const spans = (await Promise.all(orders.map((order) => this.#loose(order, hits)))).flat();
    const names = orders.map(nameOf);
    if (spans.length === 0) {
      this.missed++;
      if (this.missed > 30 + this.strikes.length) throw new Error(`${names.join()} never strikes`);
    } else {
      const from = Math.min(...spans.map((span) => span.from));
      const last = Math.max(...spans.map((span) => span.gone));
      const { heard, host } = this.#stage;
      const blocked = host?.blockedMs ?? 0;
      let flooded = 0;
      const usableAgain = this.#usable(last).then((at) => {
        flooded = this.#stage.heard - heard;
        return at;
      });
      const [recovered, usable] = await Promise.all([this.#recovery(), usableAgain]);
      const strike = {
        names,
        hits,
        from,
        gone: last,
        recovered,
        usable,
        flooded,
        blocked: (host?.blockedMs ?? 0) - blocked,
        reopened: this.#reopened(from, last),
      };
      this.strikes.push(strike);
      this.#options.progress?.(strike);
    }
    await asked;
  }

  /** Lets a fault loose; brings from when until when it was at work, or nothing when it found no moment. */
  async #loose(order: Order, hits: Hit[]): Promise<Span[]> {
    const { faults, clock } = this.#stage;
    if (order.kind === 'port busy') return this.#occupyPort();
    let from: number | undefined;
    const injection = faults.inject(order.fault.name, order.settings, (hit) => {
      from ??= hit.at;
      if (hits.length < 20) hits.push(hit);
      this.witness.hit(hit);
      this.#look();
    });
    if (injection.fault.lasting) await this.#sleep(LASTING);
    else {
      void injection.finished.then(() => this.#look());
      await this.#until(() => injection.count > 0 || injection.over, MOMENT);
      // A device that hangs is left to the driver; everything else ends by itself.
      if (injection.count > 0) await this.#until(() => injection.over, LIMIT);
    }
    injection.end();
    return from === undefined ? [] : [{ from, gone: clock.now() }];
  }

  async #occupyPort(): Promise<Span[]> {
    const { faults, clock } = this.#stage;
    const from = clock.now();
    faults.port?.unplug();
    await this.#sleep(between(this.#random, 0, 1500));
    this.#stage.occupy(true);
    await this.#sleep(between(this.#random, 500, 6000));
    this.#stage.occupy(false);
    return [{ from, gone: clock.now() }];
  }

  /** When the device was ready, all links open, and a message went out that was begun after `gone`. */
  async #usable(gone: number): Promise<number | undefined> {
    const { books, clock, device } = this.#stage;
    const isUsable = () =>
      device.status.state === 'ready' &&
      links.every((link) => device.link(link).state === 2) &&
      books.out
        .slice(-RECENT)
        .some(({ outcome, payloadAt = 0 }) => outcome === 'sent' && payloadAt >= gone);
    return (await this.#until(isUsable, LIMIT)) ? clock.now() : undefined;
  }

  /** When all links pass messages both ways again; undefined: not within the limit. */
  async #recovery(): Promise<number | undefined> {
    const until = this.#stage.clock.now() + LIMIT;
    const times = await Promise.all(links.map((link) => this.#roundTrip(link, until)));
    const known = times.filter((at) => at !== undefined);
    return known.length === times.length ? Math.max(...known) : undefined;
  }

  async #roundTrip(link: LinkId, until: number): Promise<number | undefined> {
    const { clock } = this.#stage;
    while (clock.now() < until) {
      if (this.#stage.host?.blocked) await this.#stage.host.awake();
      const out = this.#traffic.send(link, HOLD);
      await this.#until(() => out?.outcome !== 'pending', LIMIT);
      if (out?.outcome === 'sent') {
        await this.#until(() => out.arrivals.length > 0, PASSAGE);
        const answer = this.#traffic.serve(link, true);
        if (answer && (await this.#until(() => answer.arrivals.length > 0, PASSAGE))) {
          return clock.now();
        }
      }
      await this.#sleep(50);
    }
    return undefined;
  }

  /** When the links that were lost with the device, or its port, were open again. */
  #reopened(from: number, gone: number): number | undefined {
    const { said } = this.#stage.books;
    const since = said.slice(said.findLastIndex(({ at }) => at < from) + 1);
    if (!since.some(({ event }) => event === 'device-lost')) return undefined;
    return since.findLast(({ event, at }) => event === 'reopened' && at >= gone)?.at;
  }

  // --- time ----------------------------------------------------------------------------------------

  #look(): void {
    for (const look of [...this.#looks]) look();
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#stage.clock.after(milliseconds, resolve));
  }

  /** Settles as soon as it is so, with true; with false once the limit has passed. */
  #until(done: () => boolean, limit: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (so: boolean) => {
        cancel();
        this.#looks.delete(look);
        resolve(so);
      };
      const look = () => {
        if (done()) settle(true);
      };
      const cancel = this.#stage.clock.after(limit, () => settle(false));
      this.#looks.add(look);
    });
  }
}

/** Whether a strike was one fault of these kinds and nothing else. */
export function isAlone(strike: Strike, ...names: readonly string[]): boolean {
  const [name] = strike.names;
  return strike.names.length === 1 && name !== undefined && names.includes(name);
}

export { PORT_BUSY };
