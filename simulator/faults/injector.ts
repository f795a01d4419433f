import { systemClock } from '../clock';
import { SimulatedDevice } from '../device/device';
import type { SimulatorOptions } from '../device/options';
import { seededRandom, type Random } from '../random';
import { directUart } from '../serial/uart';
import type { Fault, FaultSettings, FaultSite, FaultyPort, Hit, Place } from './fault';
import { FaultyLine } from './line';
import { FaultyNetwork } from './network';
import { Rules } from './rules';
import { checkedFault, parseFault, type ParsedFault } from './table';
import { realNetwork } from '../network/real-network';
import type { Direction } from '../serial/direction';

/** An injection keeps this many hits. */
const MAX_KEPT_HITS = 100;

/** A simulated device and its fault injector. */
export interface FaultyDevice {
  /** The device. */
  readonly device: SimulatedDevice;
  /** Injects faults into it. */
  readonly faults: Faults;
}

/**
 * Makes a device with a fault injector. Without faults it behaves like a {@link SimulatedDevice}. All random numbers come
 * from `options.random`: equal seeds, faults and times repeat a run exactly.
 */
export function faultyDevice(options: SimulatorOptions = {}): FaultyDevice {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const serialLine = new FaultyLine(options.uart ?? directUart);
  const rules = new Rules(options.hooks);
  const network = new FaultyNetwork(options.network ?? realNetwork, clock);
  const device = new SimulatedDevice({
    ...options,
    clock,
    random,
    network,
    uart: serialLine.factory,
    hooks: rules.hooks,
  });
  return {
    device,
    faults: new Faults({ device, clock, serialLine, rules, network }, fork(random)),
  };
}

/** A random source seeded by the next number of another. */
const fork = (random: Random): Random => seededRandom(Math.floor(random() * 0x1_0000_0000));

/** Injects faults into one device. */
export class Faults {
  readonly #parts: Omit<FaultSite, 'port'>;
  readonly #random: Random;
  readonly #injections = new Set<Injection>();
  /** Set by the owner of the port, for faults of the port. */
  port: FaultyPort | undefined;

  /** @internal Made by {@link faultyDevice}. */
  constructor(parts: Omit<FaultSite, 'port'>, random: Random) {
    this.#parts = parts;
    this.#random = random;
  }

  /** Faults that have not ended. */
  get active(): readonly Injection[] {
    return [...this.#injections];
  }

  /** Count of bytes that have passed in each direction. */
  get passed(): Hit['passed'] {
    const { serialLine } = this.#parts;
    const passed = (direction: Direction) => serialLine.wire(direction).offset;
    return { 'to-host': passed('to-host'), 'to-device': passed('to-device') };
  }

  /**
   * Injects a fault: at once, or at the trigger that its settings name.
   *
   * @param fault a name, or a name with settings as on the command line: `lose=to-device,@12`
   * @param settings the settings, if `fault` is a name
   * @param onHit called each time it applies
   * @throws Error for an invalid name or setting, and for a fault of the port when `port` is not set
   */
  inject(fault: string, settings?: FaultSettings, onHit?: (hit: Hit) => void): Injection {
    const found = settings ? checkedFault(fault, settings) : parseFault(fault);
    const { port } = this;
    if (found.fault.group === 'port' && !port) {
      throw new Error(`the fault ${found.fault.name} needs a port that can be unplugged`);
    }
    const { clock } = this.#parts;
    const injection: Injection = new Injection(found, {
      hitAt: (place) => ({
        fault: found.fault.name,
        at: clock.now(),
        place,
        passed: this.passed,
      }),
      begin: (callbacks) => {
        const run = { ...callbacks, random: fork(this.#random) };
        const start = () => found.fault.start({ ...this.#parts, port }, found.settings, run);
        const { delay } = found.settings;
        if (delay === undefined) return start();
        let stop = clock.after(delay, () => {
          stop = start();
          if (injection.over) stop();
        });
        return () => stop();
      },
      ended: () => void this.#injections.delete(injection),
      onHit: onHit ?? (() => undefined),
    });
    this.#injections.add(injection);
    injection.begin();
    return injection;
  }

  /** Ends all faults and their lasting effects: a frozen device continues, Wi-Fi comes back. */
  clear(): void {
    for (const injection of this.active) injection.end();
  }
}

interface InjectionContext {
  hitAt(place: Place): Hit;
  begin(run: { hit(place: Place): boolean; over(): void }): () => void;
  ended(): void;
  onHit(hit: Hit): void;
}

/** A fault injected into a device. */
export class Injection {
  /** The kind of fault. */
  readonly fault: Fault;
  /** Its settings, defaults included. */
  readonly settings: FaultSettings;
  /** Resolves when the fault has applied for the last time or was ended. Never rejects. */
  readonly finished: Promise<void>;
  readonly #context: InjectionContext;
  readonly #hits: Hit[] = [];
  #count = 0;
  #over = false;
  #stop: (() => void) | undefined;
  #finish: () => void = () => undefined;

  /** @internal Made by {@link Faults.inject}. */
  constructor({ fault, settings }: ParsedFault, context: InjectionContext) {
    this.fault = fault;
    this.settings = settings;
    this.#context = context;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** The latest hits, oldest first: at most 100. */
  get hits(): readonly Hit[] {
    return this.#hits;
  }

  /** How often it applied. */
  get count(): number {
    return this.#count;
  }

  /** Whether the fault has applied for the last time or was ended. */
  get over(): boolean {
    return this.#over;
  }

  /** @internal Called once by {@link Faults.inject}. */
  begin(): void {
    const stop = this.#context.begin({
      hit: (place) => {
        this.#hit(place);
        return !this.#over;
      },
      over: () => this.end(),
    });
    // The fault may have applied, and ended, inside begin().
    if (this.#over) stop();
    else this.#stop = stop;
  }

  /** Ends the fault, whether it has applied or not. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop?.();
    this.#stop = undefined;
    this.#context.ended();
    this.#finish();
  }

  #hit(place: Place): void {
    const hit = this.#context.hitAt(place);
    this.#count++;
    this.#hits.push(hit);
    if (this.#hits.length > MAX_KEPT_HITS) this.#hits.shift();
    this.#context.onHit(hit);
  }
}
