import { NETWORK_TIMEOUT_MS, openConnection, type ClientConnection } from './client-connection';
import { linkState, type ClientEvents, type ClientOptions, type LinkState } from './client-options';
import { flatLoop } from './flat-loop';
import { opcodes } from './frame-codec';
import { Keepalive, roundLength, type KeepaliveTimer } from './keepalive';
import { Lock } from './lock';
import type { Message, SendResult } from './sender';

/** Milliseconds that the answer to a server's close frame waits for the server's FIN. */
const FIN_TIMEOUT_MS = 1_000;
/** Milliseconds slept at a time while waiting to reconnect. */
const RECONNECT_STEP_MS = 5_000;
const RECONNECT_DELAY_MS = 10_000;
/** Timers of the machine may fire a little early. */
const ROUNDING_MS = 5;

/**
 * A WebSocket connection as the firmware keeps it: one task that connects, sends pings, reads frame by frame
 * and, after a loss, connects again. It is stopped only between two steps of that task, and while the task
 * reads a frame no other task can send.
 */
export class WebSocketClient {
  readonly #options: ClientOptions;
  readonly #events: ClientEvents;
  readonly #lock: Lock;
  readonly #keepalive: Keepalive;
  #state: LinkState = linkState.closed;
  /** The task is to go on; without it, it ends at its next turn. */
  #running = false;
  #destroyed = false;
  #connection: ClientConnection;
  #cancelSleep: (() => void) | undefined;
  #pollStart: number | undefined;
  /** The last poll found something to read. */
  #readable = false;
  /** What the last poll waited for, where it ended without anything to read. */
  #due: KeepaliveTimer | undefined;
  #reconnectTick = 0;
  #stopWaiters: (() => void)[] = [];
  /** Goes on with the task. */
  readonly #turn = flatLoop(() => this.#step());

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

  /** Starts the task. The outcome of the first attempt comes as `connected` or `disconnected`. */
  start(): void {
    this.#running = true;
    this.#state = linkState.connecting;
    this.#turn();
  }

  /** Asks the task to end and calls `done` when it has, without a close frame. At once when it has ended. */
  stop(done: () => void): void {
    if (this.#state === linkState.closed) {
      done();
      return;
    }
    this.#stopWaiters.push(done);
    this.#running = false;
    if (this.#options.closesAtOnce) {
      this.#cancelSleep?.();
      this.#pollStart = undefined;
      this.#finish();
    } else if (this.#pollStart !== undefined) {
      const elapsed = this.#options.clock.now() - this.#pollStart;
      const round = roundLength(this.#options.shortRounds());
      this.#connection.socket.shorten(round - (elapsed % round));
    }
  }

  /** Power is gone: no timer, no socket, no event is left. */
  destroy(): void {
    this.#destroyed = true;
    this.#running = false;
    this.#state = linkState.closed;
    this.#cancelSleep?.();
    this.#connection.socket.destroy();
    this.#lock.destroy();
    this.#stopWaiters = [];
  }

  /** Sends; `timeout` milliseconds are allowed for the connection to be free, and as many for room in it. */
  send(message: Message, timeout: number, done: (result: SendResult) => void): void {
    if (this.#state !== linkState.established) {
      done('failed');
      return;
    }
    this.#lock.take(timeout, (taken) => {
      if (!taken) {
        if (this.#options.failedSendFrees) this.#lock.release();
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
        // The task was asleep on the socket that is gone now.
        if (result === 'failed' && polling) {
          this.#pollStart = undefined;
          this.#turn();
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
      this.#lock.whenFree(() => this.#turn());
      return;
    }
    switch (this.#state) {
      case linkState.connecting:
        this.#connect();
        break;
      case linkState.established:
        this.#attend();
        break;
      case linkState.waiting:
        if (this.#options.clock.now() - this.#reconnectTick >= RECONNECT_DELAY_MS - ROUNDING_MS) {
          this.#state = linkState.connecting;
          this.#reconnectTick = this.#options.clock.now();
        }
        this.#pause();
        break;
      case linkState.closing:
        this.#answerClose();
        break;
      case linkState.closed:
        break;
    }
  }

  /** Waits as the state demands, then goes on. */
  #pause(): void {
    if (this.#state === linkState.established) this.#poll();
    else if (this.#state === linkState.waiting) this.#sleep();
    else this.#turn();
  }

  #sleep(): void {
    this.#cancelSleep = this.#options.clock.after(RECONNECT_STEP_MS, () => {
      this.#cancelSleep = undefined;
      this.#turn();
    });
  }

  /** Waits for the socket, at most until the next round in which a timer has passed. */
  #poll(): void {
    const round = roundLength(this.#options.shortRounds());
    const { timer, rounds } = this.#running
      ? this.#keepalive.next(round)
      : { timer: undefined, rounds: 1 };
    this.#pollStart = this.#options.clock.now();
    this.#connection.socket.wait(rounds * round, (readable) => {
      this.#pollStart = undefined;
      this.#readable = readable;
      this.#due = readable || !this.#running ? undefined : timer;
      this.#turn();
    });
  }

  /** One round while established: a ping if it is due, the pong's deadline, then a frame if there is one. */
  #attend(): void {
    this.#lock.hold();
    if (this.#due !== 'ping' && !this.#keepalive.pingDue) {
      this.#attendPong();
      return;
    }
    this.#keepalive.postpone();
    this.#connection.sender.control(opcodes.ping, () => {
      this.#keepalive.pingSent();
      this.#attendPong();
    });
  }

  #attendPong(): void {
    const due = this.#due;
    this.#due = undefined;
    if (due === 'pong' || this.#keepalive.pongOverdue) {
      this.#abort();
      this.#endRound();
    } else if (this.#readable) {
      this.#keepalive.postpone();
      this.#receive();
    } else {
      this.#endRound();
    }
  }

  #endRound(): void {
    this.#lock.release();
    this.#pause();
  }

  #receive(): void {
    this.#connection.reader.readFrame((outcome) => {
      if (outcome === 'failed') this.#abort();
      if (outcome === 'frame') this.#heed();
      else this.#endRound();
    });
  }

  /** Does what the frame that was read asks for. */
  #heed(): void {
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

  /** The link is gone at once; the connection stays until the server's FIN, a second at most. */
  #answerClose(): void {
    if (!this.#options.answersClose()) {
      this.#leave();
      this.#finish();
      return;
    }
    this.#lock.hold();
    this.#connection.sender.control(opcodes.close, () => {
      this.#lock.release();
      this.#leave();
      this.#connection.socket.wait(FIN_TIMEOUT_MS, () => this.#finish());
    });
  }

  #leave(): void {
    this.#running = false;
    // A WSCLOSE that is at work takes the link, without a word about the close frame.
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

  /** Ends the connection; the task will try again later. */
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
      else this.#fail();
    });
  }

  #fail(): void {
    this.#abort();
    this.#pause();
  }

  #establish(early: Buffer): void {
    const { keepsEarlyFrames, earlyFramesAtOnce } = this.#options;
    if (keepsEarlyFrames) this.#connection.socket.keepEarly(early, earlyFramesAtOnce);
    this.#state = linkState.established;
    this.#keepalive.connected();
    this.#events.connected();
    this.#pause();
  }
}
