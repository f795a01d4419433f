import type { LinkId } from '../../../driver/at/types';
import { Device } from '../../../driver/device/device';
import type { DeviceEvent } from '../../../driver/device/options';
import type { CloseOptions, OpenOptions, SendOptions } from '../../../driver/link/options';
import { SimulatedDevice, seededRandom, type FirmwareClass } from '../../../simulator';
import { PacedLine } from '../../../simulator/paced-uart';
import type { Fate } from '../../../simulator/hooks';
import { HostLoop } from '../../harness/host-loop';
import { MemoryNetwork } from '../../harness/network/memory-network';
import { VirtualClock } from '../../harness/virtual-clock';
import { WsServer, type WsConnection } from '../../harness/network/ws-server';
import { Ledger, type Finding } from './ledger';
import { WatchedLine } from './watched-line';

/** Milliseconds that any single request may take, whatever happens. */
const PATIENCE = 300_000;
/** Milliseconds within which the device has to be of use again, without a hand on it. */
const RECOVERY = 120_000;
/** Milliseconds that stopping may take. */
const STOPPING = 5000;

/** A command line that meets a fate. */
export interface Doom {
  /** Which of all command lines, from 0. */
  readonly index: number;
  readonly fate: Fate;
}

/** Driver, device, network and server in virtual time, with one thing that goes wrong. */
export class SmallWorld {
  readonly clock = new VirtualClock();
  /** Runs the driver, and the scripts' requests to it. */
  readonly host = new HostLoop(this.clock);
  readonly ledger = new Ledger(() => this.clock.now());
  readonly server = new WsServer(this.clock);
  readonly line: WatchedLine;
  readonly simulator: SimulatedDevice;
  readonly device: Device;
  readonly events: { readonly at: number; readonly event: DeviceEvent }[] = [];
  readonly findings: Finding[] = [];
  /** Which command line meets which fate. */
  doom: Doom | undefined;
  /** Command lines that came to the device so far. */
  commands = 0;

  /** @param paced whether bytes take their time, as at 115200 bits a second */
  constructor(
    readonly firmware: FirmwareClass,
    paced = false,
  ) {
    const { clock, ledger } = this;
    this.line = new WatchedLine(clock, (bytes) => this.simulator.write(bytes));
    this.simulator = new SimulatedDevice({
      ...{ firmware, clock, joined: true },
      network: new MemoryNetwork({ clock, route: () => ({ kind: 'server', server: this.server }) }),
      random: seededRandom(1),
      ...(paced && { uart: new PacedLine().factory }),
      hooks: { fate: (line) => this.#fate(line) },
      output: (bytes) => this.line.say(bytes),
    });
    this.device = new Device({
      port: this.host.port(this.line),
      clock: this.host,
      random: seededRandom(2),
    });
    this.device.on('message', (message) => {
      ledger.received.push({ ...message, bytes: Buffer.from(message.bytes) });
    });
    this.device.on('link', (event) => ledger.heard(event));
    this.device.on('event', (event) => {
      this.events.push({ at: clock.now(), event });
      if (event.event === 'recovery' && event.detail === 'fill') ledger.fills++;
    });
  }

  uri(link: LinkId): string {
    return `ws://server:80/${link}`;
  }

  // --- what scripts do -----------------------------------------------------------------------------

  async ready(): Promise<void> {
    this.device.start();
    await this.#until('the device is ready', () => this.device.status.state === 'ready');
  }

  async open(link: LinkId, options: Partial<OpenOptions> = {}): Promise<void> {
    await this.#awake();
    const promise = this.device.links[link].open({
      uri: this.uri(link),
      keepOpen: true,
      ...options,
    });
    return this.#settled(this.ledger.ask(`open ${link}`, promise));
  }

  async send(link: LinkId, text: string, options: SendOptions = {}): Promise<void> {
    await this.#awake();
    const promise = this.device.links[link].send(Buffer.from(text, 'latin1'), options);
    const entry = { link, text, opcode: options.opcode ?? 1 };
    return this.#settled(this.ledger.send(entry, promise));
  }

  async close(link: LinkId, options?: CloseOptions): Promise<void> {
    await this.#awake();
    return this.#settled(this.ledger.ask(`close ${link}`, this.device.links[link].close(options)));
  }

  async query(): Promise<void> {
    await this.#awake();
    return this.#settled(this.ledger.ask('query', this.device.query()));
  }

  /** The server sends, if the link is established as both ends see it. */
  serve(link: LinkId, text: string, opcode: 1 | 2 = 1): void {
    const connection = this.connection(link);
    if (!connection || this.device.links[link].state !== 2) return;
    this.ledger.serve(link, text);
    connection.send({ fin: true, opcode, payload: Buffer.from(text, 'latin1') });
  }

  /** What the server has open to a link; a damaged URI may have led anywhere. */
  connection(link: LinkId): WsConnection | undefined {
    const open = this.server.connections.filter((connection) => connection.open);
    const own = open.findLast(({ request }) => request.target === `/${link}`);
    return own ?? (open.length === 1 && this.#onlyLink === link ? open[0] : undefined);
  }

  /** The link that the driver has open, if it is the only one. */
  get #onlyLink(): LinkId | undefined {
    const established = this.device.links.filter(({ state }) => state === 2);
    return established.length === 1 ? established[0]?.id : undefined;
  }

  pass(milliseconds: number): Promise<void> {
    return this.clock.advance(milliseconds);
  }

  // --- afterwards ----------------------------------------------------------------------------------

  /** Nobody lends a hand: is the device of use again, both ways? Returns when. */
  async proveUsable(link: LinkId): Promise<number> {
    await this.#until('the device is ready again', () => this.device.status.state === 'ready');
    const end = this.clock.now() + RECOVERY;
    for (let attempt = 0; this.clock.now() < end; attempt++) {
      if (await this.#exchange(link, attempt)) return this.clock.now();
      await this.pass(1000);
    }
    const { state } = this.device.status;
    const text = `nothing passes: device ${state}, link ${this.device.links[link].state}`;
    this.findings.push({ about: 'device', text });
    return this.clock.now();
  }

  /** Stops it all: nothing may be left. */
  async end(): Promise<void> {
    const stopping = this.device.stop();
    let stopped = false;
    void stopping.then(() => (stopped = true));
    if (!(await this.clock.until(() => stopped, STOPPING))) {
      this.findings.push({ about: 'promise', text: 'stopping does not end' });
    }
    if (this.line.isOpen) this.findings.push({ about: 'device', text: 'the port is left open' });
    this.simulator.destroy();
    await this.clock.advance(200_000);
    if (this.clock.pending > 0) {
      this.findings.push({ about: 'device', text: `${this.clock.pending} timers are left` });
    }
  }

  async #exchange(link: LinkId, attempt: number): Promise<boolean> {
    const { state } = this.device.links[link];
    // Closed by the script's own wish, or given up: a flow that wants it opens it.
    if (state === 0) await this.open(link);
    if (this.device.links[link].state !== 2) return false;
    const text = `out ${attempt}`;
    await this.send(link, text);
    if (this.ledger.sent.at(-1)?.outcome !== 'sent') return false;
    await this.pass(5);
    const answer = `in ${attempt}`;
    this.serve(link, answer);
    return this.clock.until(
      () => this.ledger.received.some(({ bytes }) => bytes.toString('latin1') === answer),
      2000,
    );
  }

  /** Whoever asks for something is code of the host, and runs when it does. */
  async #awake(): Promise<void> {
    let awake = false;
    void this.host.awake().then(() => (awake = true));
    await this.clock.until(() => awake);
  }

  #fate(line: string): Fate {
    this.ledger.carriedOut(line);
    const index = this.commands++;
    if (this.doom?.index !== index) return { kind: 'obey' };
    this.line.struck ??= this.clock.now();
    return this.doom.fate;
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    if (await this.clock.until(done, RECOVERY)) return;
    const { state, error } = this.device.status;
    this.findings.push({
      about: 'device',
      text: `not so: ${what} (${state} ${error?.code ?? ''})`,
    });
  }

  async #settled(promise: Promise<void>): Promise<void> {
    let settled = false;
    void promise.then(() => (settled = true));
    await this.clock.until(() => settled, PATIENCE);
  }
}
