import { delay } from '../../clock';
import { asEspAtError, EspAtError } from '../../errors';
import { Backoff } from '../../backoff';
import type { Port, PortHandlers, PortOpener } from '../../port/port';
import type { DeviceRecorder } from '../../recorder/device-recorder';
import { waitFor } from '../../wait';
import { DeviceSession } from './device-session';
import { RateLimit } from '../baud-rate/rate-limit';
import type { DeviceStatus } from '../device-status';
import type { PortMemory } from '../options';
import {
  NEW_MEMORY,
  type SessionContext,
  type SessionEvent,
  type SessionStart,
} from './session-state';

/** Milliseconds: the first and the longest delay before a failed port opens again. */
const FIRST_REOPEN_DELAY_MS = 500;
const MAX_REOPEN_DELAY_MS = 1000;

/** State after a stop or a disconnect: the port is closed. `disconnected`: the links keep their goals until the next start. */
type ClosedState = 'stopped' | 'disconnected';

type LoopState =
  | { readonly kind: ClosedState }
  | { readonly kind: 'running'; readonly stop: AbortController; readonly ended: Promise<void> }
  | {
      readonly kind: 'stopping';
      readonly stopped: Promise<void>;
      readonly to: ClosedState;
      readonly startAgain: boolean;
    };

const END_CODES = { stopped: 'DEVICE_STOPPED', disconnected: 'DEVICE_DISCONNECTED' } as const;

/** Opens the port and runs a session on it, again and again, from start() to end(). */
export class SessionLoop {
  #context: SessionContext;
  readonly #status: DeviceStatus;
  readonly #recorder: DeviceRecorder | undefined;
  readonly #backoff: Backoff;
  #state: LoopState = { kind: 'stopped' };
  #session: DeviceSession | undefined;
  #memory = NEW_MEMORY;

  constructor(context: SessionContext, status: DeviceStatus, recorder: DeviceRecorder | undefined) {
    this.#context = context;
    this.#status = status;
    this.#recorder = recorder;
    this.#backoff = new Backoff(FIRST_REOPEN_DELAY_MS, MAX_REOPEN_DELAY_MS, context.options.random);
  }

  /** The session while the port is open. */
  get session(): DeviceSession | undefined {
    return this.#session;
  }

  /** Resolves at the end of the stop that is under way; undefined where none is. */
  get stopped(): Promise<void> | undefined {
    return this.#state.kind === 'stopping' ? this.#state.stopped : undefined;
  }

  /** The error of a call that needs a ready device. During a stop the device still has the state before it. */
  get unavailableError(): EspAtError {
    return this.#state.kind === 'stopping'
      ? new EspAtError(END_CODES[this.#state.to])
      : this.#status.unavailableError;
  }

  /** See {@link Device.start}. */
  start(): void {
    if (this.#state.kind === 'stopping') this.#state = { ...this.#state, startAgain: true };
    if (this.#state.kind !== 'stopped' && this.#state.kind !== 'disconnected') return;
    const stop = new AbortController();
    const ended = Promise.resolve().then(() => this.#run(stop.signal));
    this.#state = { kind: 'running', stop, ended };
    // Last: a listener may stop it at once.
    this.#status.become({ ...this.#status.state, name: 'absent' });
  }

  /** Ends the loop, see {@link Device.stop} and {@link Device.disconnect}. A stop wins over a disconnect. */
  end(to: ClosedState): Promise<void> {
    const state = this.#state;
    switch (state.kind) {
      case 'stopped':
        return Promise.resolve();
      case 'disconnected':
        return to === 'stopped' ? this.#beginStop(to, Promise.resolve()) : Promise.resolve();
      case 'stopping':
        this.#state = { ...state, to: to === 'stopped' ? to : state.to, startAgain: false };
        return state.stopped;
      case 'running':
        return this.#beginStop(to, state.ended, state.stop);
    }
  }

  /** See {@link Device.usePort}. Forgets what it knows of the port before. */
  usePort(port: PortOpener, memory: PortMemory): void {
    const { options } = this.#context;
    const rateLimit = new RateLimit();
    this.#context = { ...this.#context, rateLimit, options: { ...options, port, memory } };
    this.#memory = NEW_MEMORY;
  }

  #beginStop(to: ClosedState, ended: Promise<void>, stop?: AbortController): Promise<void> {
    const stopped = ended.then(() => this.#stopped());
    this.#state = { kind: 'stopping', stopped, to, startAgain: false };
    stop?.abort(new EspAtError(END_CODES[to]));
    return stopped;
  }

  async #stopped(): Promise<void> {
    if (this.#closedState === 'disconnected') this.#status.become({ name: 'disconnected' });
    // A listener may have called stop().
    if (this.#closedState === 'stopped') {
      for (const link of this.#context.links) await link.close({ graceful: false });
      this.#status.become({ name: 'stopped' });
    }
    // A listener may have called start().
    const startAgain = this.#state.kind === 'stopping' && this.#state.startAgain;
    this.#state = { kind: this.#closedState };
    if (startAgain) this.start();
  }

  get #closedState(): ClosedState {
    return this.#state.kind === 'stopping' ? this.#state.to : 'stopped';
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context.options;
    let { error } = this.#status.state;
    try {
      for (;;) {
        signal.throwIfAborted();
        error = await this.#runSession(signal, error);
        signal.throwIfAborted();
        this.#status.become({ name: 'absent', error });
        await delay(clock, this.#backoff.next(), { signal });
      }
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  }

  /** Opens the port, and runs a session until its end; returns the reason for the end. */
  async #runSession(signal: AbortSignal, before?: EspAtError): Promise<EspAtError> {
    const context = this.#context;
    const { port: opener, flowControl = false } = context.options;
    const current: { session?: DeviceSession; lost?: EspAtError } = {};
    const handlers: PortHandlers = {
      data: (chunk) => {
        current.session?.receive(chunk);
        if (!this.#recorder?.isSnapshotDue) return;
        const snapshot = current.session?.snapshot();
        if (snapshot) this.#recorder.addSnapshot(snapshot);
      },
      lost: (error) => {
        current.lost = error;
        current.session?.end(error);
      },
    };
    const opening = opener.open(handlers, { flowControl });
    let port: Port;
    try {
      port = await waitFor(opening, { signal });
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted) opening.then((late) => late.close()).catch(() => undefined);
      return asEspAtError(error, opener.address);
    }
    if (current.lost) {
      await port.close();
      return current.lost;
    }
    const start: SessionStart = {
      memory: this.#memory,
      // An open port does not prove that a device answers that was unresponsive on it.
      error: isSilentAt(opener, before) ? before : undefined,
    };
    const take = (event: SessionEvent) => this.#take(event);
    context.counters.portOpened();
    const session = new DeviceSession(port, context, start, take);
    current.session = this.#session = session;
    const stop = () => session.stop(asEspAtError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    session.begin();
    const { error, memory } = await session.ended;
    signal.removeEventListener('abort', stop);
    this.#session = undefined;
    // After usePort() the memory is of another port.
    if (this.#context === context) this.#memory = memory;
    await port.close();
    return error;
  }

  #take(event: SessionEvent): void {
    switch (event.kind) {
      case 'state':
        return this.#status.become(event.state);
      case 'identified':
        this.#status.capabilities = event.capabilities;
        this.#backoff.reset();
    }
  }
}

function isSilentAt({ address }: PortOpener, error: EspAtError | undefined): boolean {
  return error?.code === 'DEVICE_UNRESPONSIVE' && error.details.port === address;
}
