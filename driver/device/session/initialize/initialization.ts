import type { SequenceAccess } from '../../../at/command-sequence';
import { onTimeout } from '../../../clock';
import { echoOff, sysStore } from '../../../commands/base';
import { asEspAtError, EspAtError } from '../../../errors';
import { Backoff } from '../../../backoff';
import type { ReadyDevice } from '../../../link/link-host';
import { AutomaticRate } from '../../baud-rate/automatic-rate';
import { negotiateRate } from '../../baud-rate/negotiate';
import { findDevice, hasRateOfPort } from '../../baud-rate/search';
import { identify, type KnownFirmware } from './capabilities';
import { closeConnections } from '../close-connections';
import { LinkChecks } from '../link-checks';
import type { SessionMachine } from '../session-machine';
import { progressOf, type Period, type Progress, type SessionState } from '../session-state';
import type { Capabilities } from '../../../commands/capabilities';

/** Failed searches for an unresponsive device after which the session ends, and the port opens again. */
const MAX_SEARCHES = 3;
/** The pause after a failed initialization. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/**
 * A `ready` this soon after another one is a flood, as no device boots in so few milliseconds: the driver waits until
 * it ends.
 */
const REPEATED_READY_MS = 1000;
/** Initializations in a row that an echo ends, after which the driver gives up: ATE0 does not end the echo. */
const MAX_ECHOES = 5;

/** Initializes the device of a session until it is ready: after each start of the device, and after a failure. */
export class Initialization {
  readonly #machine: SessionMachine;
  readonly #backoff: Backoff;
  /** Time of the latest `ready`. */
  #readyAt = -Infinity;
  /** Initializations in a row that an echo has ended. */
  #echoes = 0;
  #firmware: KnownFirmware | undefined;

  constructor(machine: SessionMachine) {
    this.#machine = machine;
    this.#backoff = new Backoff(FIRST_PAUSE_MS, MAX_PAUSE_MS, machine.context.options.random);
  }

  begin(state: SessionState): void {
    this.#machine.become(state);
    void this.#initialize(state.period);
  }

  /**
   * The device has said `ready`. Where it says so again and again, the driver initializes it only REPEATED_READY_MS after
   * the last one: what begins before that would fail, and count as a crash that the open of a link has caused.
   */
  ready(): void {
    const { clock } = this.#machine.context.options;
    const isRepeated = clock.now() - this.#readyAt < REPEATED_READY_MS;
    this.#readyAt = clock.now();
    this.#echoes = 0;
    this.beginAgain(new EspAtError('DEVICE_RESTARTED'), isRepeated ? REPEATED_READY_MS : 0);
  }

  /** The device echoes again: it has restarted. Where it always does, its firmware ignores ATE0, or the adapter echoes. */
  echoed(): void {
    this.#echoes++;
    if (this.#echoes < MAX_ECHOES) return this.beginAgain(new EspAtError('DEVICE_RESTARTED'));
    const details = { port: this.#machine.port.address, command: echoOff.name };
    const error = new EspAtError('ECHO_STAYS_ON', details);
    const period = this.#machine.nextPeriod(error);
    if (period) this.#machine.become({ kind: 'unusable', period, error });
  }

  /** The device has restarted, or the driver has to find it again: initializes it, after a pause if there is one. */
  beginAgain(error: EspAtError, pauseMs = 0): void {
    const progress = { ...progressOf(this.#machine.state), isIdentified: false };
    const period = this.#machine.nextPeriod(error);
    if (!period) return;
    if (pauseMs > 0) this.#pause(period, progress, error, pauseMs);
    else this.begin({ kind: 'initializing', period, progress });
  }

  async #initialize(period: Period): Promise<void> {
    const { context, client, port } = this.#machine;
    const { status } = context;
    const { signal, network } = period;
    try {
      // A listener may have stopped the device.
      signal.throwIfAborted();
      const firmware = await client.sequence((access) => this.#runSequence(access, period));
      signal.throwIfAborted();
      this.#firmware = firmware;
      const { capabilities } = firmware;
      status.capabilities = capabilities;
      const progress = { ...progressOf(this.#machine.state), isIdentified: true };
      this.#machine.become({ kind: 'initializing', period, progress });
      await network.setUp();
      signal.throwIfAborted();
      this.#initialized(period, capabilities);
    } catch (error) {
      if (!signal.aborted) await this.#failed(period, asEspAtError(error, port.address));
    }
  }

  /** The device may be booting, at another rate, at a data prompt, or up for days. */
  async #runSequence(access: SequenceAccess, { signal }: Period): Promise<KnownFirmware> {
    const { client, port, context } = this.#machine;
    const { options, emitter, counters, knowledge } = context;
    const { run } = access;
    await findDevice(access, port, progressOf(this.#machine.state).failedSearches);
    const isAtOtherRate = knowledge.rateLimit.deviceFound(port.baudRate, options.clock.now());
    await run(echoOff);
    client.setEchoOff(true);
    // At the negotiated rate the driver did not hear its `ready`.
    if (isAtOtherRate && (await hasRateOfPort(run, port))) {
      counters.restarts++;
      emitter.emit('restart');
    }
    // A pty or native USB ignores rates. At its start rate the port does not count as negotiated; otherwise the client would
    // take a short silence for a restart.
    if (port.isNegotiated && !(await hasRateOfPort(run, port))) await port.setRate(port.startRate);
    await run(sysStore(options.store === true));
    await negotiateRate(access, port, options, (error) => emitter.emit('warning', error));
    this.#machine.inSync();
    port.memory.baudRate = port.baudRate;
    // Those of an earlier device session would occupy the links.
    await closeConnections(run, options.clock, signal);
    return identify(run, this.#firmware);
  }

  #initialized(period: Period, capabilities: Capabilities): void {
    const { context, client } = this.#machine;
    const { signal, network } = period;
    this.#backoff.reset();
    this.#echoes = 0;
    const clockSet = () => network.clockSet();
    // The header list of the device may hold headers of an earlier session.
    const device: ReadyDevice = { client, capabilities, headers: { isEmpty: false }, clockSet };
    const checks = new LinkChecks(client, context.links, context.options.clock, signal);
    const automaticRate = new AutomaticRate(this.#machine, period, (error) =>
      this.beginAgain(error),
    );
    const identified = { period, device, checks, automaticRate };
    this.#machine.become({ ...identified, kind: client.isOutOfSync ? 'resyncing' : 'ready' });
    this.#machine.informLinks();
  }

  async #failed(period: Period, error: EspAtError): Promise<void> {
    const { context, port } = this.#machine;
    this.#echoes = 0;
    if (error.code === 'NO_WEBSOCKET' || error.code === 'FIRMWARE_UNKNOWN') {
      this.#machine.become({ kind: 'unusable', period, error });
      return;
    }
    const isSilent = error.code === 'DEVICE_UNRESPONSIVE';
    const { isIdentified, failedSearches } = progressOf(this.#machine.state);
    const progress = { isIdentified, failedSearches: failedSearches + (isSilent ? 1 : 0), error };
    const failed: SessionState = { kind: 'initializing', period, progress };
    this.#machine.become(failed);
    context.emitter.emit('warning', error);
    // A listener may have stopped the device.
    if (this.#machine.state !== failed) return;
    if (isSilent && progress.failedSearches >= MAX_SEARCHES) {
      context.emitter.emit('resyncstep', 'reopen');
      this.#machine.end(error);
      return;
    }
    if (isSilent) await port.reset(context.emitter);
    // Its `ready` may have come already.
    if (period.signal.aborted) return;
    this.#pause(period, progress, error, this.#backoff.next());
  }

  /** Begins again after a pause, and after a scan that waits or runs: beginning again would abort it. */
  #pause(period: Period, progress: Progress, error: EspAtError, ms: number): void {
    const { client, context } = this.#machine;
    const { signal } = period;
    const begin = async () => {
      const turn = client.sequence(() => Promise.resolve(), { signal, yields: true });
      // It rejects at the end of the period.
      await turn.catch(() => undefined);
      if (!signal.aborted) this.beginAgain(error);
    };
    const timer = onTimeout(context.options.clock, ms, () => void begin());
    this.#machine.become({ kind: 'pausing', period, progress, timer });
  }
}
