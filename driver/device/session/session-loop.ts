import { delay } from '../../clock';
import { asEspAtError, EspAtError } from '../../errors';
import { closePort, openPort } from '../../port/exclusive';
import type { Port, PortHandlers, PortOpener } from '../../port/port';
import type { DeviceRecorder } from '../../recorder/device-recorder';
import { DeviceSession } from './device-session';
import type { PortMemory } from '../options';
import type { SessionContext } from './session-state';
import { PortKnowledge } from './port-knowledge';

/** Milliseconds before a failed port opens again, less up to a quarter by chance. */
const REOPEN_DELAY_MS = 500;

/** State after a stop or a disconnect: the port is closed. `disconnected`: the links keep their goals until the next start. */
type ClosedState = 'stopped' | 'disconnected';

interface Stopping {
  readonly kind: 'stopping';
  readonly stopped: Promise<void>;
  to: ClosedState;
  startAgain: boolean;
}

type LoopState =
  | { readonly kind: ClosedState }
  | { readonly kind: 'running'; readonly stop: AbortController; readonly ended: Promise<void> }
  | Stopping;

const END_CODES = { stopped: 'DEVICE_STOPPED', disconnected: 'DEVICE_DISCONNECTED' } as const;

/** Opens the port and runs a session on it, again and again, from start() to end(). */
export class SessionLoop {
  #context: SessionContext;
  readonly #recorder: DeviceRecorder | undefined;
  #state: LoopState = { kind: 'stopped' };
  #session: DeviceSession | undefined;

  constructor(context: SessionContext, recorder: DeviceRecorder | undefined) {
    this.#context = context;
    this.#recorder = recorder;
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
      : this.#context.status.unavailableError;
  }

  /** See {@link Device.start}. */
  start(): void {
    const { status } = this.#context;
    if (this.#state.kind === 'stopping') this.#state.startAgain = true;
    if (this.#state.kind === 'stopping' || this.#state.kind === 'running') return;
    const stop = new AbortController();
    const ended = Promise.resolve().then(() => this.#run(stop.signal));
    this.#state = { kind: 'running', stop, ended };
    // Last: a listener may stop it at once.
    status.become({ name: 'absent' });
  }

  /** Ends the loop, see {@link Device.stop} and {@link Device.disconnect}. A stop wins over a disconnect. */
  async end(to: ClosedState): Promise<void> {
    const state = this.#state;
    if (state.kind === 'stopped' || state.kind === to) return;
    if (state.kind === 'stopping') {
      if (to === 'stopped') state.to = to;
      state.startAgain = false;
      return state.stopped;
    }
    const { ended, stop } = state.kind === 'running' ? state : { ended: Promise.resolve() };
    const stopped = ended.then(() => this.#stopped(stopping));
    const stopping: Stopping = { kind: 'stopping', stopped, to, startAgain: false };
    this.#state = stopping;
    stop?.abort(new EspAtError(END_CODES[to]));
    return stopped;
  }

  /** See {@link Device.usePort}. Forgets what it knows of the port before. */
  usePort(port: PortOpener, memory: PortMemory): void {
    const { options } = this.#context;
    const knowledge = new PortKnowledge();
    this.#context = { ...this.#context, knowledge, options: { ...options, port, memory } };
  }

  async #stopped(stopping: Stopping): Promise<void> {
    const { links, status } = this.#context;
    if (stopping.to === 'disconnected') status.become({ name: 'disconnected' });
    // A listener may have called stop().
    if (stopping.to === 'stopped') {
      for (const link of links) await link.close({ graceful: false });
      status.become({ name: 'stopped' });
    }
    this.#state = { kind: stopping.to };
    // A listener may have called start().
    if (stopping.startAgain) this.start();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#context.options;
    let error: EspAtError | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        error = await this.#runSession(signal, error);
        signal.throwIfAborted();
        this.#context.status.become({ name: 'absent', error });
        await delay(clock, Math.round(REOPEN_DELAY_MS * (1 - random() / 4)), { signal });
      }
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  }

  /** Opens the port, and runs a session until its end; returns the reason for the end. */
  async #runSession(signal: AbortSignal, before?: EspAtError): Promise<EspAtError> {
    const context = this.#context;
    const { clock, port: opener, flowControl = false } = context.options;
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
    let port: Port;
    try {
      port = await openPort(opener, handlers, { flowControl }, clock, { signal });
    } catch (error) {
      return asEspAtError(error, opener.address);
    }
    const stopped = signal.aborted ? asEspAtError(signal.reason) : undefined;
    const ended = current.lost ?? stopped;
    if (ended) {
      await closePort(port, opener, clock);
      return ended;
    }
    context.counters.port.opens++;
    // Shows DEVICE_UNRESPONSIVE on the reopened port until the device answers.
    const isSilent =
      before?.code === 'DEVICE_UNRESPONSIVE' && before.details.port === opener.address;
    const session = new DeviceSession(port, context, isSilent ? before : undefined);
    current.session = this.#session = session;
    const stop = () => session.stop(asEspAtError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    const error = await session.runToEnd();
    signal.removeEventListener('abort', stop);
    this.#session = undefined;
    // Before the close, which may take long: the device is no longer ready.
    if (!signal.aborted) context.status.become({ name: 'absent', error });
    await closePort(port, opener, clock);
    return error;
  }
}
