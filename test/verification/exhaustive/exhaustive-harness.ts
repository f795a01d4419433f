import type { LinkId } from '../../../driver/at/types';
import { Device } from '../../../driver/device/device';
import type { CloseOptions, OpenOptions, SendOptions } from '../../../driver/link/options';
import { SimulatedDevice, seededRandom, type FirmwareClass } from '../../../simulator';
import { PacedLine } from '../../../simulator/serial/paced-line';
import type { Outcome as CommandOutcome } from '../../../simulator/device/hooks';
import type { Message } from '../../../driver/link/events';
import {
  listenerCount,
  onDeviceEvents,
  onLinkEvents,
  type LoggedDeviceEvent,
  type LoggedLinkEvent,
} from '../../harness/event-log';
import { HostLoop } from '../../harness/host-loop';
import { MemoryNetwork } from '../../harness/network/memory-network';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { WsServer, type WsConnection } from '../../harness/network/ws-server';
import type { FaultEpisode } from '../faults/fault-episode';
import type { Violation } from '../faults/invariants/findings';
import { InvariantChecker } from '../faults/invariants/invariant-checker';
import { MessageLog } from '../message-log';
import { remainsOf } from '../remains';
import { FaultPort } from './fault-port';
import { ServerLog } from './server-log';

/** The longest time in which a request settles. */
const REQUEST_TIMEOUT_MS = 300_000;
/** The longest time in which messages pass both ways again. */
const RECOVERY_TIMEOUT_MS = 120_000;
/** The longest time in which stop() settles. */
const STOP_TIMEOUT_MS = 5000;

/** Bits a second. */
const START_RATE = 115_200;

/** A fault of a command line. */
interface CommandFault {
  /** Number of the command line in the run, from 0. */
  readonly index: number;
  readonly outcome: CommandOutcome;
}

/** The options of a script for its harness. */
export interface HarnessScript {
  readonly firmware: FirmwareClass;
  /** Whether bytes take their time, as at 115200 bits a second. */
  readonly paced?: boolean;
  /** Whether the driver raises the baud rate to the best one of a paced line with RTS and CTS. */
  readonly climbs?: boolean;
}

/** Driver, simulated device, network and server in virtual time, for one fault. */
export class ExhaustiveHarness {
  readonly firmware: FirmwareClass;
  readonly clock = new VirtualClock();
  /** Runs the driver, and the scripts' requests to it. */
  readonly host = new HostLoop(this.clock);
  readonly log = new MessageLog(() => this.clock.now());
  readonly server = new WsServer(this.clock);
  readonly port: FaultPort;
  readonly simulator: SimulatedDevice;
  readonly device: Device;
  readonly events: { readonly at: number; readonly event: LoggedDeviceEvent }[] = [];
  readonly linkEvents: { readonly at: number; readonly event: LoggedLinkEvent }[] = [];
  readonly messages: Message[] = [];
  readonly findings: Violation[] = [];
  /** Command lines that the device executed out of messages. */
  readonly #injected: string[] = [];
  readonly #serverLog: ServerLog;
  readonly #opened = new Set<LinkId>([0]);
  readonly #ownListeners: number;
  /** Faults of command lines. */
  readonly commandFaults: CommandFault[] = [];
  /** Command lines that the device received so far. */
  commands = 0;

  constructor({ firmware, paced = false, climbs = false }: HarnessScript) {
    this.firmware = firmware;
    const { clock, log } = this;
    const line = climbs ? new PacedLine({ hostRate: START_RATE }) : new PacedLine();
    const write = (bytes: Buffer) => this.simulator.write(bytes);
    this.port = new FaultPort(clock, write, climbs ? line : undefined);
    this.port.commands = () => this.commands;
    this.simulator = new SimulatedDevice({
      firmware,
      clock,
      joined: true,
      network: new MemoryNetwork({ clock, route: () => ({ kind: 'server', server: this.server }) }),
      random: seededRandom(1),
      ...((paced || climbs) && { uart: line.factory }),
      hooks: { outcome: (line) => this.#outcome(line) },
      output: (bytes) => this.port.deliver(bytes),
    });
    this.device = new Device({
      port: this.host.port(this.port),
      clock: this.host,
      random: seededRandom(2),
      ...(climbs && { negotiatedRate: 'automatic' }),
    });
    for (const link of this.device.links)
      link.on('message', (message) => {
        log.atHost(message);
        this.messages.push({ ...message, bytes: Buffer.from(message.bytes) });
      });
    onLinkEvents(this.device, (event) => {
      log.event(event.event, event.link);
      this.linkEvents.push({ at: clock.now(), event });
    });
    onDeviceEvents(this.device, (event) => {
      log.event(event.event);
      this.events.push({ at: clock.now(), event });
    });
    this.#ownListeners = listenerCount(this.device);
    this.#serverLog = new ServerLog(this.server, log);
  }

  uri(link: LinkId): string {
    return `ws://server:80/${link}`;
  }

  // --- for scripts -----------------------------------------------------------------------------

  async ready(): Promise<void> {
    this.device.start();
    await this.#until('the device is ready', () => this.device.state.name === 'ready');
  }

  async open(link: LinkId, options: Partial<OpenOptions> = {}): Promise<void> {
    this.#opened.add(link);
    await this.#awake();
    const promise = this.device.links[link].open({
      uri: this.uri(link),
      keepOpen: true,
      ...options,
    });
    await this.#settles(this.log.request(`open ${link}`, promise));
  }

  async send(link: LinkId, text: string, options: SendOptions = {}): Promise<void> {
    await this.#awake();
    const payload = Buffer.from(text, 'latin1');
    const promise = this.device.links[link].send(payload, options);
    const entry = this.log.send(link, options.opcode ?? 1, payload, promise);
    await this.clock.until(() => entry.outcome !== 'pending', REQUEST_TIMEOUT_MS);
  }

  async close(link: LinkId, options?: CloseOptions): Promise<void> {
    await this.#awake();
    await this.#settles(this.log.request(`close ${link}`, this.device.links[link].close(options)));
  }

  async query(): Promise<void> {
    await this.#awake();
    await this.#settles(this.log.request('query', this.device.checkLinks()));
  }

  /** The server sends a message, if both ends have the link established. */
  serve(link: LinkId, text: string, opcode: 1 | 2 = 1): void {
    const connection = this.connection(link);
    if (!connection || this.device.links[link].stateNumber !== 2) return;
    const payload = this.logServed(link, text, opcode, this.#serverLog.numberOf(connection));
    connection.send({ fin: true, opcode, payload });
  }

  /** The server sends a message right behind each 101 from now on. */
  greet(link: LinkId): void {
    const { behavior } = this.server;
    const { onAccept } = behavior;
    behavior.onAccept = (connection) => {
      onAccept?.(connection);
      const number = this.#serverLog.numberOf(connection);
      connection.send({ fin: true, opcode: 1, payload: this.logServed(link, 'hi', 1, number) });
    };
  }

  /** Logs a message of a connection, or a URC without one. @returns its bytes, different from those of all others */
  logServed(link: LinkId, text: string, opcode: number, connection?: number): Buffer {
    let payload = Buffer.from(text, 'latin1');
    while (this.log.in.some((entry) => entry.payload.equals(payload)))
      payload = Buffer.concat([payload, Buffer.from('!')]);
    this.log.serve(link, opcode, payload, connection ?? this.log.accept(link).number);
    return payload;
  }

  /** The server's open connection of a link; a corrupt URI may have led to another path. */
  connection(link: LinkId): WsConnection | undefined {
    const open = this.server.connections.filter((connection) => connection.open);
    const own = open.findLast(({ request }) => request.target === `/${link}`);
    return own ?? (open.length === 1 && this.#onlyLink === link ? open[0] : undefined);
  }

  /** The link that the driver has open, if it is the only one. */
  get #onlyLink(): LinkId | undefined {
    const established = this.device.links.filter(({ stateNumber }) => stateNumber === 2);
    return established.length === 1 ? established[0]?.id : undefined;
  }

  advance(milliseconds: number): Promise<void> {
    return this.clock.advance(milliseconds);
  }

  // --- after the script ----------------------------------------------------------------------------

  /**
   * Waits until messages pass both ways again over link 0 and all links that the script opened: a message may stay incomplete,
   * unreported, until the next one.
   * @returns the time of that
   */
  async recover(): Promise<number> {
    await this.#until('the device is ready again', () => this.device.state.name === 'ready');
    const known = this.device.capabilities?.firmware;
    if (known !== this.firmware && this.port.hits.length < 2)
      this.findings.push({ about: 'device', text: `class ${this.firmware} counts as ${known}` });
    for (const link of [...this.#opened]) await this.#recover(link);
    return this.clock.now();
  }

  async #recover(link: LinkId): Promise<void> {
    const end = this.clock.now() + RECOVERY_TIMEOUT_MS;
    for (let attempt = 0; this.clock.now() < end; attempt++) {
      if (await this.#exchange(link, attempt)) return;
      await this.advance(1000);
    }
    const state = `device ${this.device.state.name}, link ${this.device.links[link].stateNumber}`;
    this.findings.push({ about: 'device', text: `nothing passes: ${state}` });
  }

  /** Stops driver and device. @returns every violation of the run, a remaining port, timer or listener included */
  async end(episode?: FaultEpisode): Promise<Violation[]> {
    this.log.stopping();
    if (!(await this.#settles(this.device.stop(), STOP_TIMEOUT_MS)))
      this.findings.push({ about: 'promise', text: 'stop() does not settle' });
    const { isOpen } = this.port;
    this.simulator.destroy();
    await this.clock.advance(200_000);
    const listeners = listenerCount(this.device) - this.#ownListeners;
    for (const text of remainsOf(isOpen, { timers: this.clock.pending, listeners }))
      this.findings.push({ about: 'device', text });
    const injected = this.#injected.map((line) => ({ line, entry: undefined }));
    const monitored = { injected, misreported: [], corruptDelimiters: [], emptied: [] };
    const checker = new InvariantChecker(
      this.log,
      monitored,
      episode ? [episode] : [],
      this.host.blocks,
    );
    const { violations, undetectable } = checker.check({ bootAndJoinMs: 0, padMs: 0 });
    // Only a fault of the network excuses it.
    if (undetectable.total > 0)
      violations.push({ about: 'message', text: 'a sent message was lost with its connection' });
    return [...this.findings, ...violations];
  }

  async #exchange(link: LinkId, attempt: number): Promise<boolean> {
    const { stateNumber } = this.device.links[link];
    // The script closed the link, or the driver gave it up. A flow would open it again.
    if (stateNumber === 0) await this.open(link);
    if (this.device.links[link].stateNumber !== 2) return false;
    const text = `out ${link}.${attempt}`;
    await this.send(link, text);
    if (this.log.out.at(-1)?.outcome !== 'sent') return false;
    await this.advance(5);
    const served = this.log.in.length;
    this.serve(link, `in ${link}.${attempt}`);
    return this.clock.until(() => (this.log.in[served]?.arrivals.length ?? 0) > 0, 2000);
  }

  #outcome(line: string): CommandOutcome {
    const ofMessage = this.log.out.some(({ payload }) =>
      payload.toString('latin1').split('\r\n').includes(line),
    );
    if (ofMessage && line.startsWith('AT')) this.#injected.push(line);
    const index = this.commands++;
    const fault = this.commandFaults.find((each) => each.index === index);
    if (!fault) return { kind: 'execute' };
    this.port.noteHit();
    return fault.outcome;
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    if (await this.clock.until(done, RECOVERY_TIMEOUT_MS)) return;
    const { name, error } = this.device.state;
    this.findings.push({
      about: 'device',
      text: `never: ${what} (${name} ${error?.code ?? ''})`,
    });
  }

  /** A script is code of the host, so it waits while the host is blocked. */
  #awake(): Promise<boolean> {
    return this.#settles(this.host.awake());
  }

  async #settles(promise: Promise<void>, limitMs = REQUEST_TIMEOUT_MS): Promise<boolean> {
    let settled = false;
    void promise.then(() => (settled = true));
    return this.clock.until(() => settled, limitMs);
  }
}
