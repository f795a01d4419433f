import { NETWORK_TIMEOUT_MS, openConnection, type ClientConnection } from './client-connection';
import { linkState, type ClientEvents, type ClientOptions, type LinkState } from './client-options';
import { flatLoop } from './flat-loop';
import { opcodes, type Frame } from './frame-codec';
import { Keepalive, roundMs, type KeepaliveTimer } from './keepalive';
import { Lock } from './lock';
import type { SendResult } from './sender';

/** Limit of the wait for the server's FIN after the close handshake. */
const FIN_TIMEOUT_MS = 1_000;
/** The task checks at this interval whether to reconnect. */
const RECONNECT_POLL_MS = 5_000;
const RECONNECT_DELAY_MS = 10_000;
/** Timers of the machine may fire this early. */
const TIMER_SLACK_MS = 5;

/**
 * A WebSocket client like the firmware's: one task connects, sends pings, reads frame by frame and reconnects after a
 * loss. The task stops only between two steps, and no other task can send while it reads a frame.
 */
export class WebSocketClient {
  readonly #options: ClientOptions;
  readonly #events: ClientEvents;
  readonly #lock: Lock;
  readonly #keepalive: Keepalive;
  #state: LinkState = linkState.closed;
  /** Whether the task continues; false ends it at its next step. */
  #running = false;
  #destroyed = false;
  #connection: ClientConnection;
  #cancelSleep: (() => void) | undefined;
  #pollStart: number | undefined;
  /** Whether the last poll found the socket readable. */
  #readable = false;
  /** The timer that ended the last poll. */
  #passedTimer: KeepaliveTimer | undefined;
  #reconnectTick = 0;
  #stopWaiters: (() => void)[] = [];
  /** Runs the task's next step. */
  readonly #continue = flatLoop(() => this.#step());

  constructor(options: ClientOptions, events: ClientEvents) {
    this.#options = options;
    this.#events = events;
    this.#lock = new Lock(options.clock);
    this.#keepalive = new Keepalive(options.clock, options);
    this.#connection = openConnection(options, events);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Starts the task. The first attempt ends with `connected` or `disconnected`. */
  start(): void {
    this.#running = true;
    this.#state = linkState.connecting;
    this.#continue();
  }

  /** Ends the task without a close frame, and calls `done` once it has ended. */
  stop(done: () => void): void {
    if (this.#state === linkState.closed) return done();
    this.#stopWaiters.push(done);
    this.#running = false;
    if (this.#options.firmware.closesAtOnce) {
      this.#cancelSleep?.();
      this.#pollStart = undefined;
      this.#finish();
    } else if (this.#pollStart !== undefined) {
      const elapsed = this.#options.clock.now() - this.#pollStart;
      const round = roundMs(this.#options.shortRounds());
      this.#connection.socket.shorten(round - (elapsed % round));
    }
  }

  /** Ends the client as a power loss does: without timer, socket or callback. */
  destroy(): void {
    this.#destroyed = true;
    this.#running = false;
    this.#state = linkState.closed;
    this.#cancelSleep?.();
    this.#connection.socket.destroy();
    this.#lock.destroy();
    this.#stopWaiters = [];
  }

  /** Sends a message. Waits `timeout` milliseconds for the lock, and as long again for room in the socket. */
  send(message: Frame, timeout: number, done: (result: SendResult) => void): void {
    if (this.#state !== linkState.established) {
      done('failed');
      return;
    }
    this.#lock.take(timeout, (taken) => {
      if (!taken) {
        if (this.#options.firmware.failedSendReleasesLock) this.#lock.release();
        done('failed');
        return;
      }
      const finish = (result: SendResult) => {
        this.#lock.release();
        done(result);
      };
      if (this.#state !== linkState.established) {
        finish('failed');
        return;
      }
      this.#connection.sender.message(message, timeout, (result) => {
        const polling = this.#pollStart !== undefined;
        if (result === 'failed') this.#abort();
        finish(result);
        // The task was waiting for the socket that #abort has destroyed.
        if (result === 'failed' && polling) {
          this.#pollStart = undefined;
          this.#continue();
        }
      });
    });
  }

  #step(): void {
    if (this.#destroyed) return;
    if (!this.#running) {
      this.#finish();
      return;
    }
    if (this.#lock.held) {
      this.#lock.whenFree(() => this.#continue());
      return;
    }
    switch (this.#state) {
      case linkState.connecting:
        this.#connect();
        break;
      case linkState.established:
        this.#runRound();
        break;
      case linkState.waiting:
        if (
          this.#options.clock.now() - this.#reconnectTick >=
          RECONNECT_DELAY_MS - TIMER_SLACK_MS
        ) {
          this.#state = linkState.connecting;
          this.#reconnectTick = this.#options.clock.now();
        }
        this.#waitNext();
        break;
      case linkState.closing:
        this.#answerClose();
        break;
      case linkState.closed:
        break;
    }
  }

  /** Waits as the state requires, then runs the next step. */
  #waitNext(): void {
    if (this.#state === linkState.established) this.#poll();
    else if (this.#state === linkState.waiting) this.#sleep();
    else this.#continue();
  }

  #sleep(): void {
    this.#cancelSleep = this.#options.clock.after(RECONNECT_POLL_MS, () => {
      this.#cancelSleep = undefined;
      this.#continue();
    });
  }

  /** Waits for the socket, at most until the round in which the next timer expires. */
  #poll(): void {
    const round = roundMs(this.#options.shortRounds());
    const { timer, rounds } = this.#running
      ? this.#keepalive.next(round)
      : { timer: undefined, rounds: 1 };
    this.#pollStart = this.#options.clock.now();
    this.#connection.socket.wait(rounds * round, (readable) => {
      this.#pollStart = undefined;
      this.#readable = readable;
      this.#passedTimer = readable || !this.#running ? undefined : timer;
      this.#continue();
    });
  }

  /** One round while established: sends a ping when due, checks the pong timeout, reads a frame if there is one. */
  #runRound(): void {
    this.#lock.hold();
    if (this.#passedTimer !== 'ping' && !this.#keepalive.pingDue) {
      this.#checkPong();
      return;
    }
    this.#keepalive.postponePing();
    this.#connection.sender.control(opcodes.ping, () => {
      this.#keepalive.pingSent();
      this.#checkPong();
    });
  }

  #checkPong(): void {
    const due = this.#passedTimer;
    this.#passedTimer = undefined;
    if (due === 'pong' || this.#keepalive.pongOverdue) {
      this.#abort();
      this.#endRound();
    } else if (this.#readable) {
      this.#keepalive.postponePing();
      this.#receive();
    } else {
      this.#endRound();
    }
  }

  #endRound(): void {
    this.#lock.release();
    this.#waitNext();
  }

  #receive(): void {
    this.#connection.reader.readFrame((outcome) => {
      // stop() has ended the client while the reader waited for room in the transmit ring.
      if (this.#state === linkState.closed) return;
      if (outcome === 'failed') this.#abort();
      if (outcome === 'frame') this.#handleFrame();
      else this.#endRound();
    });
  }

  /** Handles the frame that the reader has read. */
  #handleFrame(): void {
    const { opcode, payload } = this.#connection.reader;
    if (opcode === opcodes.ping) {
      const pong = { opcode: opcodes.pong, fin: true, payload };
      this.#connection.sender.frame(pong, NETWORK_TIMEOUT_MS, () => this.#endRound());
      return;
    }
    if (opcode === opcodes.pong) this.#keepalive.pongReceived();
    if (opcode === opcodes.close) this.#state = linkState.closing;
    this.#endRound();
  }

  /** Ends the link at once, and the connection at the server's FIN, after a second at most. */
  #answerClose(): void {
    if (!this.#options.answersClose()) {
      this.#endLink();
      this.#finish();
      return;
    }
    this.#lock.hold();
    this.#connection.sender.control(opcodes.close, () => {
      this.#lock.release();
      this.#endLink();
      this.#connection.socket.wait(FIN_TIMEOUT_MS, () => this.#finish());
    });
  }

  #endLink(): void {
    this.#running = false;
    // A running WSCLOSE ends the link without +WS_CLOSED.
    if (this.#stopWaiters.length === 0) this.#events.closed();
  }

  #finish(): void {
    this.#state = linkState.closed;
    this.#connection.socket.destroy();
    const waiters = this.#stopWaiters;
    this.#stopWaiters = [];
    for (const done of waiters) done();
    this.#events.ended();
  }

  /** Ends the connection; the task reconnects later. */
  #abort(): void {
    this.#connection.socket.destroy();
    this.#reconnectTick = this.#options.clock.now();
    this.#state = linkState.waiting;
    this.#events.disconnected();
  }

  #connect(): void {
    const connection = openConnection(this.#options, this.#events);
    this.#connection = connection;
    connection.dial((early) => {
      if (early) this.#establish(early);
      else {
        this.#abort();
        this.#waitNext();
      }
    });
  }

  #establish(early: Buffer): void {
    const { keepsEarlyFrames, earlyFramesAtOnce } = this.#options.firmware;
    if (keepsEarlyFrames) this.#connection.socket.keepEarly(early, earlyFramesAtOnce);
    this.#state = linkState.established;
    this.#keepalive.connected();
    this.#events.connected();
    this.#waitNext();
  }
}
