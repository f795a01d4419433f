import type { AtClient } from '../../at/at-client';
import type { LinkId } from '../../at/types';
import type { Urc } from '../../at/urc';
import { restart } from '../../commands/base';
import { onTimeout } from '../../clock';
import { EspAtError } from '../../errors';
import { urc as linkUrc } from '../../link/state/device-step';
import { corrupted } from '../../link/state/link-step';
import type { Port } from '../../port/port';
import type { SnapshotLine } from '../../recorder/lines';
import type { PortStatistics } from '../../statistics/statistics';
import type { WaitOptions } from '../../wait';
import { returnToStartRate } from '../baud-rate/change-uart';
import { closeConnections } from './close-connections';
import { Initialization } from './initialize/initialization';
import type { LinkChecks } from './link-checks';
import { SessionMachine } from './session-machine';
import type { SessionContext, SessionState } from './session-state';
import type { ClientEvent, OutOfSyncCause } from '../../at/events';

/** Longest line that the event `unknownline` shows whole, in characters. */
const MAX_SHOWN_CHARACTERS = 80;
/** Milliseconds in which a stop returns the device to its start rate. */
const RETURN_RATE_TIMEOUT_MS = 300;
/**
 * Further milliseconds in which a running message may end: the next user of the port would answer its prompt, and the server
 * take that for a message.
 */
const END_MESSAGE_TIMEOUT_MS = 900;
/** Further milliseconds in which a stop or a disconnect closes connections. */
const CLOSE_LINKS_TIMEOUT_MS = { stop: 600, disconnect: 2000 };

/** Runs the device on one open port: initializes it, again after each restart, until the port or the device is lost. */
export class DeviceSession {
  readonly #context: SessionContext;
  readonly #machine: SessionMachine;
  readonly #initialization: Initialization;

  /** @param error the reason why the session before found no device, to be shown until this one does */
  constructor(port: Port, context: SessionContext, error: EspAtError | undefined) {
    this.#context = context;
    this.#machine = new SessionMachine(port, context, error, (event) => this.#take(event));
    this.#initialization = new Initialization(this.#machine);
  }

  /** Runs the session to its end, and returns the reason for that. */
  runToEnd(): Promise<EspAtError> {
    this.#initialization.begin(this.#state);
    return this.#machine.ended;
  }

  receive(chunk: Buffer): void {
    if (this.#machine.hasEnded) return;
    this.#context.counters.port.received += chunk.length;
    this.checks?.received();
    this.#machine.client.receive(chunk);
  }

  /** As {@link end}; if the client is in sync, first returns the device to its start rate and closes its connections. */
  stop(error: EspAtError): void {
    const { client, port } = this.#machine;
    const { links, options } = this.#context;
    const canRunCommands = client.state !== 'resyncing' && client.state !== 'unresponsive';
    const closes = links.some((link) => link.state !== 'closed');
    if (this.#machine.hasEnded || !canRunCommands || !(port.isUartChanged || closes))
      return this.end(error);
    const over = new AbortController();
    const end = () => {
      over.abort();
      this.end(error);
    };
    const reason = error.code === 'DEVICE_DISCONNECTED' ? 'disconnect' : 'stop';
    const timeoutMs =
      RETURN_RATE_TIMEOUT_MS +
      (client.pendingPrompt ? END_MESSAGE_TIMEOUT_MS : 0) +
      (closes ? CLOSE_LINKS_TIMEOUT_MS[reason] : 0);
    const timer = onTimeout(options.clock, timeoutMs, end);
    this.#machine.become({ kind: 'stopping', period: this.#state.period, timer });
    this.#machine.endPeriod(error);
    void this.#leave(closes, over.signal).then(end, end);
  }

  /**
   * Leaves the device once the running command or sequence has ended: returns it to its start rate, then closes its
   * connections, which would last without a host and send data to the port's next user. A sequence of the initialization
   * may outlast the stop: the device then keeps its rate and its connections.
   */
  async #leave(closes: boolean, signal: AbortSignal): Promise<void> {
    const { client, port } = this.#machine;
    await client.sequence(async (access) => {
      if (port.isUartChanged) await returnToStartRate(access, port);
      if (closes) await closeConnections(access.run, this.#context.options.clock, signal);
    });
  }

  /** See {@link SessionMachine.end}. */
  end(error: EspAtError): void {
    this.#machine.end(error);
  }

  /** Whether the device responds, and its capabilities are known; it may have no network yet. */
  get isIdentified(): boolean {
    return 'progress' in this.#state
      ? this.#state.progress.isIdentified
      : this.checks !== undefined;
  }

  get portSettings(): Pick<PortStatistics, 'baudRate' | 'flowControl'> {
    const { baudRate, usesFlowControl } = this.#machine.port;
    return { baudRate, flowControl: usesFlowControl };
  }

  /** The checks of the links while the device is ready. */
  get checks(): LinkChecks | undefined {
    return 'checks' in this.#state ? this.#state.checks : undefined;
  }

  /** Returns the state for the start of a recording; undefined while more goes on than a snapshot can hold. */
  snapshot(): Omit<SnapshotLine, 'snapshot'> | undefined {
    const { client, port, state } = this.#machine;
    if (state.kind !== 'ready' || state.period.network.error || !client.isQuiet) return undefined;
    const links = this.#context.links.map((link) => link.snapshot());
    if (links.includes('busy')) return undefined;
    return {
      checkedMs: state.checks.sinceScheduledCheckMs,
      firstQuery: client.queryIndex,
      portState: port.snapshot(),
      links: links.filter((link) => link !== 'busy' && link !== 'closed'),
    };
  }

  /** Continues from a snapshot. A replay restores the rest by calls: it opens the links, for example. */
  restore({ firstQuery }: Pick<SnapshotLine, 'firstQuery'>): void {
    this.#machine.client.queryIndex = firstQuery;
  }

  get client(): AtClient {
    return this.#machine.client;
  }

  /** A link could not reach its server: the device may have lost its network, and the URC about it may be lost. */
  suspectNetwork(): void {
    this.#state.period.network.suspect();
  }

  /** Restarts the device. Returns false during a stop, and where the device is still to be identified and RTS cannot reset it. */
  async restart(wait: WaitOptions): Promise<boolean> {
    const { client, port, state } = this.#machine;
    if (state.kind === 'stopping') return false;
    if (!this.#isKnown) return port.reset(this.#context.emitter);
    await client.run(restart, wait);
    await port.setRate(port.startRate);
    this.#restarted();
    return true;
  }

  /** Whether the driver has identified the device, or found its firmware unusable. */
  get #isKnown(): boolean {
    return this.isIdentified || this.#state.kind === 'unusable';
  }

  get #state(): SessionState {
    return this.#machine.state;
  }

  #take(event: ClientEvent): void {
    if (this.#state.kind === 'stopping') return;
    const { links, emitter, counters } = this.#context;
    switch (event.kind) {
      case 'urc':
        return this.#urc(event.urc);
      case 'unknownLine':
        counters.portErrors.UNKNOWN_LINE++;
        return void emitter.emit('unknownline', shownLine(event.text));
      case 'restartSuspected':
        return this.#restarted(() => this.#initialization.echoed());
      case 'dataLost':
        // In a climb no `outOfSync` came before it. The end of the climb then checks the links, which may have lost URCs.
        this.#becomeResyncing();
        for (const link of links) link.dataLost();
        return;
      case 'outOfSync':
        return this.#outOfSync(event.cause);
      case 'resyncStep':
        return void emitter.emit('resyncstep', event.step);
      case 'inSync':
        return this.#inSync(event.corruptLink);
      case 'unresponsive':
        void this.#unresponsive();
    }
  }

  #urc(urc: Urc): void {
    if ('link' in urc && this.checks?.urc(urc.link) === false) return;
    const { links } = this.#context;
    switch (urc.kind) {
      case 'connected':
      case 'disconnected':
      case 'closed':
        return links[urc.link]?.take((state) => linkUrc(state, urc.kind));
      case 'ready':
        return this.#restarted(() => this.#initialization.ready());
      default:
        return this.#state.period.network.urc(urc);
    }
  }

  #becomeResyncing(): void {
    const state = this.#state;
    if (state.kind === 'ready') this.#machine.become({ ...state, kind: 'resyncing' });
  }

  #outOfSync(cause: OutOfSyncCause): void {
    this.#becomeResyncing();
    this.#context.counters.portErrors[cause.reason]++;
    this.#machine.outOfSync(cause);
    if ('automaticRate' in this.#state) this.#state.automaticRate.responseLost();
    this.#machine.informLinks();
  }

  /** @param corrupt the link whose peer has received corrupt bytes */
  #inSync(corrupt: LinkId | undefined): void {
    if (corrupt !== undefined) {
      const error = new EspAtError('SEND_CORRUPT', { link: corrupt });
      this.#context.links[corrupt]?.take((state) => corrupted(state, error));
    }
    this.#machine.inSync();
  }

  #restarted(
    beginAgain = () => this.#initialization.beginAgain(new EspAtError('DEVICE_RESTARTED')),
  ): void {
    // A `ready` of a device that is not identified yet is no restart: it may just have been switched on.
    if (this.#isKnown) {
      this.#context.counters.restarts++;
      this.#context.emitter.emit('restart');
    }
    if (!this.#machine.hasEnded && this.#state.kind !== 'stopping') beginAgain();
  }

  /** The resync failed: searches at the start rate, which a restarted device uses, resets the device, or ends the session. */
  async #unresponsive(): Promise<void> {
    const { port, context } = this.#machine;
    const { signal } = this.#state.period;
    const error = new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
    // Resets only a device that was at its start rate already: otherwise the initialization first searches there.
    const { isNegotiated, baudRate, startRate } = port;
    const fellBack = isNegotiated && (await port.trySetRate(startRate).catch(() => false));
    const wasReset = !fellBack && (await port.reset(context.emitter));
    // Its `ready` may have come already.
    if (signal.aborted) return;
    // The start rate is not to blame: it is the rate of a restarted device, too.
    context.knowledge.rateLimit.deviceLost(isNegotiated ? baudRate : undefined);
    const searches = wasReset || port.canSetRate;
    if (!wasReset) context.emitter.emit('resyncstep', searches ? 'search' : 'reopen');
    if (searches) this.#initialization.beginAgain(error);
    else this.end(error);
  }
}

/**
 * Formats a line for a log: a URC's name, and numbers behind it. Anything else may be the rest of a password or a header
 * that came back corrupt, or that a restarted device took for a command.
 */
export function shownLine(text: string): string {
  const [name = '', rest = ''] = /^(\+[A-Z_]{2,30})?(.*)$/s.exec(text)?.slice(1) ?? [];
  const isPlain =
    name !== '' && text.length <= MAX_SHOWN_CHARACTERS && /^(?::[-\d,.]*)?$/.test(rest);
  return isPlain ? text : `${name} (${text.length} bytes)`.trim();
}
