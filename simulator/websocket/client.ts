import { ClientConnection, NETWORK_TIMEOUT_MS } from './client-connection';
import { linkState, type ClientEvents, type ClientOptions, type LinkState } from './client-options';
import { opcodes, type Frame } from './frame-codec';
import { Keepalive, roundMs, type KeepaliveTimer } from './keepalive';
import { Lock } from './lock';
import { run, suspend, type Task } from './task';

/** Limit of the wait for the server's FIN after the close handshake. */
const FIN_TIMEOUT_MS = 1_000;
/** The task checks at this interval whether to reconnect. */
const RECONNECT_POLL_MS = 5_000;
const RECONNECT_DELAY_MS = 10_000;
/** Timers of the machine may fire this early. */
const TIMER_SLACK_MS = 5;

/** The end of a poll: the socket is readable, or a timer has expired. Undefined: the client is to stop. */
type PollEvent = 'readable' | KeepaliveTimer | undefined;

/**
 * A WebSocket client like the firmware's: one task connects, sends pings, reads frame by frame and reconnects after a
 * loss. The task stops only between two passes of its loop, and no other task can send while it reads a frame.
 */
export class WebSocketClient {
  readonly #options: ClientOptions;
  readonly #events: ClientEvents;
  readonly #lock: Lock;
  readonly #keepalive: Keepalive;
  #state: LinkState = linkState.closed;
  /** Whether the task continues; false ends it after this pass of its loop. */
  #running = false;
  #connection: ClientConnection;
  #cancelSleep: (() => void) | undefined;
  /** When the task began to wait for the socket. */
  #pollStart: number | undefined;
  #reconnectTick = 0;
  #stopWaiters: (() => void)[] = [];

  constructor(options: ClientOptions, events: ClientEvents) {
    this.#options = options;
    this.#events = events;
    this.#lock = new Lock(options.clock);
    this.#keepalive = new Keepalive(options.clock, options);
    this.#connection = new ClientConnection(options, events);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Starts the task. The first attempt ends with `connected` or `disconnected`. */
  start(): void {
    this.#running = true;
    this.#state = linkState.connecting;
    run(this.#task(), () => this.#finish());
  }

  /** Ends the task without a close frame, and calls `done` once it has ended. */
  stop(done: () => void): void {
    if (this.#state === linkState.closed) return done();
    this.#stopWaiters.push(done);
    this.#running = false;
    if (this.#options.firmware.closesAtOnce) {
      this.#cancelSleep?.();
      this.#finish();
    } else if (this.#pollStart !== undefined) {
      const elapsed = this.#options.clock.now() - this.#pollStart;
      const round = roundMs(this.#options.shortRounds());
      this.#connection.socket.shorten(round - (elapsed % round));
    }
  }

  /** Ends the client as a power loss does: without timer, socket or callback. */
  destroy(): void {
    this.#running = false;
    this.#state = linkState.closed;
    this.#cancelSleep?.();
    this.#connection.socket.destroy();
    this.#lock.destroy();
    this.#stopWaiters = [];
  }

  /** Sends a message. Waits `timeout` milliseconds for the lock, and as long again for room in the socket. */
  send(message: Frame, timeout: number, done: (sent: boolean) => void): void {
    run(this.#send(message, timeout), done);
  }

  *#send(message: Frame, timeout: number): Task<boolean> {
    const isEstablished = () => this.#state === linkState.established;
    if (!isEstablished()) return false;
    if (!(yield* suspend<boolean>((resume) => this.#lock.take(timeout, resume)))) {
      if (this.#options.firmware.failedSendReleasesLock) this.#lock.release();
      return false;
    }
    if (!isEstablished()) {
      this.#lock.release();
      return false;
    }
    const sent = yield* this.#connection.sender.message(message, timeout);
    if (!sent) this.#abort();
    this.#lock.release();
    return sent;
  }

  /** The client's task. */
  *#task(): Task<void> {
    let event: PollEvent;
    while (this.#running) {
      if (this.#lock.held) {
        yield* suspend((resume) => this.#lock.whenFree(() => resume(undefined)));
        continue;
      }
      if (this.#state === linkState.connecting) yield* this.#connect();
      else if (this.#state === linkState.established) yield* this.#runRound(event);
      else if (this.#state === linkState.waiting) this.#checkReconnect();
      else yield* this.#answerClose();
      if (this.#state === linkState.established) event = yield* this.#waitForSocket();
      else if (this.#state === linkState.waiting) yield* this.#sleep();
    }
  }

  #checkReconnect(): void {
    const waited = this.#options.clock.now() - this.#reconnectTick;
    if (waited >= RECONNECT_DELAY_MS - TIMER_SLACK_MS) this.#state = linkState.connecting;
  }

  #sleep(): Task<void> {
    return suspend((resume) => {
      this.#cancelSleep = this.#options.clock.after(RECONNECT_POLL_MS, () => resume());
    });
  }

  /** Waits for the socket, at most until the round in which the next timer expires. */
  *#waitForSocket(): Task<PollEvent> {
    const { clock, shortRounds } = this.#options;
    const round = roundMs(shortRounds());
    const { timer, rounds } = this.#running
      ? this.#keepalive.next(round)
      : { timer: undefined, rounds: 1 };
    this.#pollStart = clock.now();
    const readable = yield* this.#connection.socket.wait(rounds * round);
    this.#pollStart = undefined;
    return readable ? 'readable' : timer;
  }

  /** One round while established: sends a ping when due, checks the pong timeout, reads a frame if there is one. */
  *#runRound(event: PollEvent): Task<void> {
    this.#lock.hold();
    if (event === 'ping' || this.#keepalive.pingDue) {
      this.#keepalive.postponePing();
      yield* this.#connection.sender.control(opcodes.ping);
      this.#keepalive.pingSent();
    }
    if (event === 'pong' || this.#keepalive.pongOverdue) {
      this.#abort();
    } else if (event === 'readable') {
      this.#keepalive.postponePing();
      yield* this.#receive();
    }
    this.#lock.release();
  }

  *#receive(): Task<void> {
    const { reader, sender } = this.#connection;
    const outcome = yield* reader.readFrame();
    // stop() or a failed send has ended the connection.
    if (this.#state !== linkState.established) return;
    if (outcome === 'failed') this.#abort();
    if (outcome !== 'frame') return;
    const { opcode, payload } = reader;
    if (opcode === opcodes.ping)
      yield* sender.frame({ opcode: opcodes.pong, fin: true, payload }, NETWORK_TIMEOUT_MS);
    if (opcode === opcodes.pong) this.#keepalive.pongReceived();
    if (opcode === opcodes.close) this.#state = linkState.closing;
  }

  /** Ends the link at once, and the connection at the server's FIN, after a second at most. */
  *#answerClose(): Task<void> {
    const answers = this.#options.answersClose();
    const { sender, socket } = this.#connection;
    if (answers) {
      this.#lock.hold();
      yield* sender.control(opcodes.close);
      this.#lock.release();
    }
    this.#running = false;
    // A running WSCLOSE ends the link without +WS_CLOSED.
    if (this.#stopWaiters.length === 0) this.#events.closed();
    if (answers) yield* socket.wait(FIN_TIMEOUT_MS);
  }

  #finish(): void {
    if (this.#state === linkState.closed) return;
    this.#state = linkState.closed;
    this.#connection.socket.close();
    const waiters = this.#stopWaiters;
    this.#stopWaiters = [];
    for (const done of waiters) done();
    this.#events.ended();
  }

  /** Ends the connection, unless it has ended; the task reconnects later. */
  #abort(): void {
    if (this.#state === linkState.waiting || this.#state === linkState.closed) return;
    this.#reconnectTick = this.#options.clock.now();
    this.#state = linkState.waiting;
    this.#events.disconnected();
    this.#connection.socket.close();
  }

  *#connect(): Task<void> {
    this.#connection = new ClientConnection(this.#options, this.#events);
    const early = yield* this.#connection.dial();
    if (!early) {
      this.#abort();
      return;
    }
    const { keepsEarlyFrames, earlyFramesAtOnce } = this.#options.firmware;
    if (keepsEarlyFrames) this.#connection.socket.keepEarly(early, earlyFramesAtOnce);
    this.#state = linkState.established;
    this.#keepalive.connected();
    this.#events.connected();
  }
}
