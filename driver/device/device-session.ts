import type { LinkId } from '../at/types';
import type { Urc } from '../at/urc';
import { AtClient } from '../at/at-client';
import { Backoff } from '../link/backoff';
import { initialize, type InitializeContext } from './initialize';
import type { Cancel, Clock } from '../clock';
import type { Command, Response } from '../at/command';
import type { WifiNetwork } from '../commands/wifi';
import { parseWsopen, wsopenQuery } from '../commands/websocket';
import type { Capabilities, DeviceEvent, DeviceOptions, DeviceState } from './options';
import { asEspAtError, EspAtError } from '../errors';
import { HealthCheck } from './health-check';
import { findRate, resetByPin, type PortMemory } from './baud-rate';
import type { Link } from '../link/link';
import type { Availability, ReadyDevice } from '../link/link-host';
import type { LinkEvent } from '../link/options';
import { Network } from './network';
import type { Port } from '../port/port';
import { scan } from '../provisioning/wifi';
import { isForeignReport, shownLine } from './unknown-line';

/** How often a silent device is looked for before its port is opened afresh. */
const SEARCHES = 3;
/** Milliseconds: the first and the longest pause before a set-up that failed is tried again. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** What an epoch needs of its device. */
export interface DeviceSessionHost {
  readonly options: DeviceOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly links: readonly Link[];
  readonly line: PortMemory;
  found(capabilities: Capabilities): void;
  become(state: DeviceState, error?: EspAtError): void;
  event(event: DeviceEvent): void;
}

/**
 * One open port: the device behind it is brought up, again after each of its restarts, until the port or
 * the device is lost.
 */
export class DeviceSession {
  /** Settles with the reason when it is over. */
  readonly over: Promise<EspAtError>;
  readonly #host: DeviceSessionHost;
  readonly #session: AtClient;
  readonly #context: InitializeContext;
  readonly #backoff: Backoff;
  #settle: (error: EspAtError) => void = () => undefined;
  #ended = false;
  #network: Network | undefined;
  readonly #heartbeat: HealthCheck;
  /** Until a set-up that failed is tried again. */
  #pause: Cancel | undefined;
  /** The question about the links that waits for its turn. */
  #question: Promise<LinkEvent[]> | undefined;
  /** Links whose URC came since the question was asked: its answer is older. */
  #changed = new Set<LinkId>();
  #found = false;
  /** Whether it was brought up, and has not restarted since. */
  #ready = false;
  /** What the links use while it is ready. */
  #device: ReadyDevice | undefined;
  /** Whether it is getting back in step. */
  #recovering = false;
  #searches = 0;
  /** What kept it from coming up last time. */
  #trouble: EspAtError | undefined;

  /** @param trouble what kept the device from coming up on this port before */
  constructor(port: Port, host: DeviceSessionHost, trouble?: EspAtError) {
    this.#trouble = trouble;
    this.#host = host;
    this.#heartbeat = new HealthCheck(host.clock, () => this.ask());
    this.#backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, host.random);
    this.over = new Promise((resolve) => (this.#settle = resolve));
    const rate = () => this.#context.rate ?? host.options.port.bridgedRate;
    const line = {
      write: (bytes: Uint8Array) => port.write(bytes),
      get pendingBytes() {
        return port.pendingBytes;
      },
      get rate() {
        return rate();
      },
    };
    this.#session = this.#newSession(line);
    this.#context = {
      port,
      session: this.#session,
      clock: host.clock,
      options: host.options,
      line: host.line,
      firmware: undefined,
      rate: host.options.port.rate,
      event: (event) => host.event(event),
    };
  }

  /** Brings the device up for the first time. */
  begin(): void {
    this.#setUp();
  }

  receive(chunk: Buffer): void {
    this.#heartbeat.heard();
    this.#session.receive(chunk);
  }

  /** Ends it; what is in flight is rejected with the error. May be called again. */
  end(error: EspAtError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#host.line.prompted ||= this.#session.pendingPrompt;
    this.#leave(error);
    this.#session.close(error);
    this.#host.event({ event: 'lost', error });
    this.#settle(error);
  }

  run(command: Command): Promise<Response> {
    return this.#session.run(command);
  }

  /** Whether the device answers: it was found, and not lost since. */
  get found(): boolean {
    return this.#found;
  }

  scan(): Promise<WifiNetwork[]> {
    return scan((command) => this.#session.run(command));
  }

  /**
   * Asks for the states of the links, and has each link draw its conclusions. Whoever asks while the question
   * waits for its turn gets the same answer.
   */
  query(): Promise<LinkEvent[]> {
    if (this.#question) return this.#question;
    const turn = { begun: false };
    const question = this.#query(() => {
      turn.begun = true;
      this.#question = undefined;
    });
    if (turn.begun) return question;
    this.#question = question;
    // One that never had its turn, because the session was reset.
    question.catch(() => {
      if (this.#question === question) this.#question = undefined;
    });
    return question;
  }

  /** {@link query}, because something may have been missed; nobody waits for it. */
  ask(): void {
    // Whatever goes wrong is dealt with, and reported, where it goes wrong.
    if (this.#ready) this.query().catch(() => undefined);
  }

  /** @param begun called when its turn has come, which may be at once */
  async #query(begun: () => void): Promise<LinkEvent[]> {
    const { links } = this.#host;
    const changed = new Set<LinkId>();
    const answer = await this.#session.sequence((run) => {
      begun();
      this.#changed = changed;
      return run(wsopenQuery());
    });
    const found = parseWsopen(answer);
    return links.map((link) => {
      if (changed.has(link.id)) this.ask();
      else link.checked(found.find((entry) => entry.link === link.id)?.state ?? 0);
      const { id, state, uri, owner } = link;
      return { link: id, event: 'asked', state, uri, owner };
    });
  }

  // --- up and up again -----------------------------------------------------------------------------

  #setUp(): void {
    this.#host.become('starting', this.#trouble);
    this.#host.event({ event: 'starting' });
    const { options, clock } = this.#host;
    const network: Network = new Network(this.#session, {
      options,
      clock,
      event: (event) => this.#host.event(event),
      troubled: () => this.#networkChanged(network),
    });
    this.#network = network;
    this.#prepare(network).catch((error: unknown) => {
      // Restarted or ended meanwhile: another set-up, or none, is under way.
      if (this.#network === network)
        void this.#setUpFailed(network, asEspAtError(error, options.port.address));
    });
  }

  async #prepare(network: Network): Promise<void> {
    const capabilities = await initialize(this.#context);
    this.#found = true;
    this.#host.found(capabilities);
    await network.join();
    if (this.#network !== network) return;
    this.#searches = 0;
    this.#trouble = undefined;
    this.#backoff.reset();
    this.#ready = true;
    this.#becomeReady();
    this.#host.event({ event: 'ready', detail: capabilities.version });
    const device: ReadyDevice = {
      client: this.#session,
      capabilities,
      headers: { clear: false },
      clockSet: () => network.clockSet(),
    };
    this.#device = device;
    this.#tellLinks({ kind: this.#recovering ? 'resyncing' : 'ready', device });
    this.#heartbeat.start();
  }

  async #setUpFailed(network: Network, error: EspAtError): Promise<void> {
    if (error.code === 'NO_WEBSOCKET') {
      this.#host.become('unusable', error);
      return;
    }
    this.#trouble = error;
    this.#host.become('starting', error);
    this.#host.event({ event: 'warning', error });
    if (error.code === 'DEVICE_SILENT') {
      if (++this.#searches >= SEARCHES) {
        this.end(error);
        return;
      }
      await resetByPin(this.#context);
    }
    // Its `ready` may have come already.
    if (this.#network !== network || this.#ended) return;
    this.#pause = this.#host.clock.after(this.#backoff.next(), () => this.#again(error));
  }

  /** Ready, perhaps without a network. */
  #becomeReady(): void {
    if (this.#ready && !this.#recovering) this.#host.become('ready', this.#network?.trouble);
  }

  #networkChanged(network: Network): void {
    this.#becomeReady();
    if (network.trouble) return;
    for (const link of this.#host.links) link.networkBack();
  }

  /** The device knows nothing any more of what it was told. */
  #again(error: EspAtError): void {
    if (this.#ended) return;
    this.#host.line.prompted = error.code !== 'DEVICE_RESTARTED' && this.#session.pendingPrompt;
    this.#leave(error);
    this.#session.reset(error);
    this.#setUp();
  }

  #restarted(): void {
    const error = new EspAtError('DEVICE_RESTARTED');
    // A device that was not found before was switched on, not restarted.
    if (this.#found) this.#host.event({ event: 'restarted' });
    this.#again(error);
  }

  #leave(error: EspAtError): void {
    this.#found = this.#ready = this.#recovering = false;
    this.#heartbeat.stop();
    this.#pause?.();
    this.#pause = undefined;
    this.#network?.close(error);
    this.#network = undefined;
    this.#device = undefined;
    this.#tellLinks({ kind: 'notReady', error, isFinal: false });
  }

  #tellLinks(availability: Availability): void {
    for (const link of this.#host.links) link.deviceChanged(availability);
  }

  // --- what the session tells ----------------------------------------------------------------------

  #newSession(line: ConstructorParameters<typeof AtClient>[0]): AtClient {
    const { clock, links } = this.#host;
    return new AtClient(line, clock, {
      urc: (report) => this.#report(report),
      data: (frame) => links[frame.link]?.data(frame),
      unknownLine: (text) => this.#host.event({ event: 'unknown-line', detail: shownLine(text) }),
      suspects: (text) => !isForeignReport(text) && links.some((link) => link.state !== 0),
      restartSuspected: () => this.#restarted(),
      dataLost: () => links.forEach((link) => link.dataLost()),
      outOfSync: (detail) => {
        this.#recovering = true;
        if (this.#ready) this.#host.become('recovering');
        this.#host.event({ event: 'out-of-step', detail });
        if (this.#device) this.#tellLinks({ kind: 'resyncing', device: this.#device });
      },
      resyncStep: (step) => this.#host.event({ event: 'recovery', detail: step }),
      inSync: () => this.#recovered(),
      filled: (link) => links[link]?.corrupted(new EspAtError('SEND_DAMAGED', { link })),
      unresponsive: () => void this.#dead(),
    });
  }

  #report(report: Urc): void {
    if ('link' in report) this.#changed.add(report.link);
    switch (report.kind) {
      case 'connected':
      case 'disconnected':
      case 'closed':
        return this.#host.links[report.link]?.urc(report.kind);
      case 'ready':
        return this.#restarted();
      default:
        return this.#network?.report(report);
    }
  }

  #recovered(): void {
    this.#recovering = false;
    this.#host.event({ event: 'recovered' });
    if (!this.#ready) return;
    this.#becomeReady();
    if (this.#device) this.#tellLinks({ kind: 'ready', device: this.#device });
    for (const link of this.#host.links) link.dataTrusted();
    this.ask();
  }

  /** It answers nothing: it may be back at its own rate after a restart, or need its port opened afresh. */
  async #dead(): Promise<void> {
    const { port, options } = this.#context;
    const error = new EspAtError('DEVICE_SILENT', { port: options.port.address });
    const network = this.#network;
    // A device that has restarted is found at its own rate. If it is not there, the search can still reset it.
    const fellBack = await findRate(this.#context).catch(() => false);
    const wasReset = !fellBack && (await resetByPin(this.#context));
    // Its `ready` may have come already.
    if (this.#network !== network || this.#ended) return;
    if (!wasReset) this.#host.event({ event: 'recovery', detail: 'reopen' });
    if (wasReset || port.setRate) this.#again(error);
    else this.end(error);
  }
}
