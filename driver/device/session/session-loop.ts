import { delay } from '../../clock';
import { asEspAtError, EspAtError } from '../../errors';
import type { Port, PortHandlers, PortOpener } from '../../port/port';
import type { DeviceRecorder } from '../../recorder/device-recorder';
import { waitFor } from '../../wait';
import { DeviceSession } from './device-session';
import type { PortMemory } from '../options';
import type { SessionContext } from './session-state';
import { PortKnowledge } from './port-knowledge';

/** Milliseconds before a failed port opens again, less up to a quarter by chance. */
const REOPEN_DELAY_MS = 500;

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
    if (this.#state.kind === 'stopping') this.#state = { ...this.#state, startAgain: true };
    if (this.#state.kind !== 'stopped' && this.#state.kind !== 'disconnected') return;
    const stop = new AbortController();
    const ended = Promise.resolve().then(() => this.#run(stop.signal));
    this.#state = { kind: 'running', stop, ended };
    // Last: a listener may stop it at once.
    this.#context.status.become({ ...this.#context.status.state, name: 'absent' });
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
    const knowledge = new PortKnowledge();
    this.#context = { ...this.#context, knowledge, options: { ...options, port, memory } };
  }

  #beginStop(to: ClosedState, ended: Promise<void>, stop?: AbortController): Promise<void> {
    const stopped = ended.then(() => this.#stopped());
    this.#state = { kind: 'stopping', stopped, to, startAgain: false };
    stop?.abort(new EspAtError(END_CODES[to]));
    return stopped;
  }

  async #stopped(): Promise<void> {
    if (this.#closedState === 'disconnected') this.#context.status.become({ name: 'disconnected' });
    // A listener may have called stop().
    if (this.#closedState === 'stopped') {
      for (const link of this.#context.links) await link.close({ graceful: false });
      this.#context.status.become({ name: 'stopped' });
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
    const { clock, random } = this.#context.options;
    let { error } = this.#context.status.state;
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
    context.counters.portOpened();
    // Shows DEVICE_UNRESPONSIVE on the reopened port until the device answers.
    const isSilent =
      before?.code === 'DEVICE_UNRESPONSIVE' && before.details.port === opener.address;
    const session = new DeviceSession(port, context, isSilent ? before : undefined);
    current.session = this.#session = session;
    const stop = () => session.stop(asEspAtError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    session.begin();
    const error = await session.ended;
    signal.removeEventListener('abort', stop);
    this.#session = undefined;
    await port.close();
    return error;
  }
}
