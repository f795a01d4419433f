import { isIP } from 'node:net';
import type { Clock } from '../clock';
import type { DnsAnswer } from '../device/options';
import { Outage } from '../device/outage';
import { Gate } from './gate';
import type { Connection, ConnectionHandlers, ConnectionTarget, Network } from './network';

/** Limit of a TCP or TLS connection attempt. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Limit of a DNS query. */
const DNS_TIMEOUT_MS = 14_000;
const DNS_FAILURE_MS = 30;
/** TCP buffers this much for a task while the network is down. */
const SEND_BUFFER_BYTES = 5_760;

interface StationNetworkContext {
  readonly clock: Clock;
  readonly network: Network;
  readonly dns: Readonly<Record<string, string | DnsAnswer>>;
  online(): boolean;
}

/**
 * The network behind the device's TCP/IP stack, which looks up names and limits the time of attempts. Without Wi-Fi, and
 * in a black hole, connections neither move nor break.
 */
export class StationNetwork implements Network {
  readonly #context: StationNetworkContext;
  readonly #gates = new Set<Gate>();
  readonly #blackHole = new Outage(() => this.changed());
  #unreachable = false;

  constructor(context: StationNetworkContext) {
    this.#context = context;
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    const { clock, network, dns } = this.#context;
    let cancel: () => void = () => undefined;
    const connected = () => {
      cancel();
      handlers.connected();
    };
    const gate = new Gate({ ...handlers, connected }, SEND_BUFFER_BYTES, () => {
      cancel();
      this.#gates.delete(gate);
    });
    this.#gates.add(gate);
    const failIn = (delay: number, reason: string) => {
      cancel = clock.after(delay, () => gate.close(new Error(reason)));
    };
    const open = (host: string) => {
      failIn(CONNECT_TIMEOUT_MS, 'the connection was not made in time');
      // In a black hole the attempt times out.
      if (this.#passable) gate.open((own) => network.connect({ ...target, host }, own));
    };
    const { address, delayMs } = lookUp(target.host, dns);
    if (!this.#context.online() || this.#unreachable) failIn(1, 'the device has no network');
    else if (isIP(target.host) !== 0) open(address);
    else if (address === 'silent' || delayMs >= DNS_TIMEOUT_MS || !this.#passable)
      failIn(DNS_TIMEOUT_MS, 'the name was not resolved in time');
    else if (address === 'fails') failIn(delayMs + DNS_FAILURE_MS, 'there is no such host');
    else if (delayMs === 0) open(address);
    else cancel = clock.after(delayMs, () => open(address));
    return gate;
  }

  /** Whether the network drops all packets although Wi-Fi is up. */
  get blackHole(): boolean {
    return this.#blackHole.isOut;
  }

  set blackHole(on: boolean) {
    this.#blackHole.set(on);
  }

  /** Drops all packets for a fault, until the returned function is called. */
  dropPackets(): () => void {
    return this.#blackHole.begin();
  }

  /** Whether there is no route: attempts fail at once, connections stand still. */
  get unreachable(): boolean {
    return this.#unreachable;
  }

  set unreachable(on: boolean) {
    this.#unreachable = on;
    this.changed();
  }

  /** Call when `online()` has changed. */
  changed(): void {
    for (const gate of [...this.#gates]) gate.setMoving(this.#passable);
  }

  get #passable(): boolean {
    return this.#context.online() && !this.#blackHole.isOut && !this.#unreachable;
  }
}

function lookUp(name: string, dns: StationNetworkContext['dns']): DnsAnswer {
  if (isIP(name) !== 0) return { address: name, delayMs: 0 };
  const host = name.toLowerCase();
  const known = dns[host] ?? dns['*'];
  if (typeof known === 'object') return known;
  if (known !== undefined) return { address: known, delayMs: 0 };
  const silent = host.endsWith('.timeout');
  return { address: silent ? 'silent' : host === 'no.such.host' ? 'fails' : name, delayMs: 0 };
}
