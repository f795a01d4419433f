import type { Clock } from '../clock';
import type { Network, TlsOptions } from '../network';
import type { Random } from '../random';
import { encodeFrame, opcodes } from './frame-codec';
import { FrameReader, type Chunk } from './frame-reader';
import {
  handshakeBuffer,
  newKey,
  readAnswer,
  upgradeRequest,
  type UpgradeOptions,
} from './handshake';
import { Socket } from './socket';

/** Milliseconds that each read of the handshake and inside a frame may take. */
const networkTimeout = 10_000;
/** Milliseconds between looks at timers and at whether to stop, while the socket is quiet. */
const pollInterval = 1_000;
/** Milliseconds slept at a time while waiting to reconnect. */
const reconnectStep = 5_000;
const reconnectDelay = 10_000;
/** Timers of the machine may fire a little early. */
const tolerance = 5;

/** The numbers of `AT+WSOPEN?`. */
export const linkState = {
  closed: 0,
  connecting: 1,
  established: 2,
  waiting: 3,
  closing: 4,
} as const;
export type ClientState = (typeof linkState)[keyof typeof linkState];

export interface ClientOptions extends UpgradeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** Seconds between pings while the socket is quiet. */
  readonly pingInterval: number;
  /** Seconds after a ping without any pong. */
  readonly pongTimeout: number;
  /** Bytes received or sent in one piece. */
  readonly bufferSize: number;
  readonly keepsEarlyFrames: boolean;
  readonly waitsForHeaders: boolean;
  readonly answersClose: boolean;
  /** The TLS settings at this moment; undefined for plain TCP, `unusable` when its certificates are gone. */
  tls(): TlsOptions | undefined | 'unusable';
}

/** What a client tells its owner, from within its task. */
export interface ClientEvents {
  connected(): void;
  /** An attempt failed or the connection was lost; the client goes on trying. */
  disconnected(): void;
  /** The server's close frame was answered; the client has ended. */
  closed(): void;
  /** Received data, in order. */
  data(chunk: Chunk): void;
  /** Whether the owner can take data now; if not, it calls `resume` when it can. */
  ready(resume: () => void): boolean;
}

/** What became of an attempt to send. */
export type SendResult = 'sent' | 'failed';

/**
 * A WebSocket connection as the firmware keeps it: one task that connects, sends pings, reads frame by frame
 * and, after a loss, connects again. It is stopped only between two steps of that task, and while the task
 * reads a frame nobody else can send.
 */
export class WebSocketClient {
  readonly #options: ClientOptions;
  readonly #events: ClientEvents;
  #state: ClientState = linkState.closed;
  #running = false;
  #socket: Socket;
  #reader: FrameReader;
  #cancelSleep: (() => void) | undefined;
  #pollStart: number | undefined;
  #readable = false;
  #pingTick = 0;
  #pongTick = 0;
  #awaitingPong = false;
  #reconnectTick = 0;
  #pongTimedOut = false;
  /** The task or a sender holds the connection to itself. */
  #locked = false;
  #lockWaiters: LockWaiter[] = [];
  #stopWaiters: (() => void)[] = [];
  #dead = false;
  #turning = false;
  #turnAgain = false;

  constructor(options: ClientOptions, events: ClientEvents) {
    this.#options = options;
    this.#events = events;
    this.#socket = new Socket(options.clock);
    this.#reader = this.#newReader();
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Starts the task. The outcome of the first attempt comes as `connected` or `disconnected`. */
  start(): void {
    this.#running = true;
    this.#state = linkState.connecting;
    this.#pingTick = this.#now;
    this.#turn();
  }

  /** Asks the task to end and calls `done` when it has, without a close frame. At once when it has ended. */
  stop(done: () => void): void {
    if (this.#state === linkState.closed) return done();
    this.#stopWaiters.push(done);
    this.#running = false;
    if (this.#pollStart !== undefined) {
      const elapsed = this.#now - this.#pollStart;
      this.#socket.shorten(pollInterval - (elapsed % pollInterval));
    }
  }

  /** Power is gone: no timer, no socket, no event is left. */
  destroy(): void {
    this.#dead = true;
    this.#running = false;
    this.#state = linkState.closed;
    this.#cancelSleep?.();
    this.#socket.destroy();
    for (const waiter of this.#lockWaiters) waiter.cancel();
    this.#lockWaiters = [];
    this.#stopWaiters = [];
  }

  /**
   * Sends a message, cut to frames of at most the buffer's size.
   *
   * @param fin whether its last frame ends the message
   * @param timeout milliseconds to wait for the connection to be free, and for room in it
   */
  send(
    opcode: number,
    fin: boolean,
    payload: Buffer,
    timeout: number,
    done: (result: SendResult) => void,
  ): void {
    if (this.#state !== linkState.established) return done('failed');
    this.#lock(timeout, (taken) => {
      if (!taken) return done('failed');
      if (this.#state !== linkState.established) {
        this.#unlock();
        return done('failed');
      }
      this.#sendFrames(opcode, fin, payload, timeout, (result) => {
        if (result === 'failed') this.#abort();
        this.#unlock();
        done(result);
      });
    });
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  /** Goes on with the task; a call from within it is made up for afterwards, so that the stack stays flat. */
  #turn(): void {
    this.#turnAgain = true;
    if (this.#turning) return;
    this.#turning = true;
    while (this.#turnAgain) {
      this.#turnAgain = false;
      this.#loop();
    }
    this.#turning = false;
  }

  /** Runs the task until it has to wait for something. */
  #loop(): void {
    for (;;) {
      if (this.#dead) return;
      if (!this.#running) return this.#finish();
      if (this.#locked) {
        this.#lockWaiters.unshift({ taken: () => this.#turn(), cancel: () => undefined });
        return;
      }
      if (this.#state === linkState.connecting) return this.#connect();
      if (this.#state === linkState.established) return this.#attend();
      if (this.#state === linkState.waiting) {
        if (this.#now - this.#reconnectTick < this.#reconnectAfter - tolerance)
          return this.#sleep();
        this.#state = linkState.connecting;
        this.#reconnectTick = this.#now;
      } else {
        return this.#answerClose();
      }
    }
  }

  /** The state was left as it is: waits as it demands, then goes on. */
  #pause(): void {
    if (this.#dead) return;
    if (this.#state === linkState.established) return this.#poll();
    if (this.#state === linkState.waiting) return this.#sleep();
    this.#turn();
  }

  #sleep(): void {
    this.#cancelSleep = this.#options.clock.after(reconnectStep, () => {
      this.#cancelSleep = undefined;
      this.#turn();
    });
  }

  /** Waits for the socket, at most until the next moment at which a timer can be due. */
  #poll(): void {
    const due = Math.min(this.#pingDue, this.#pongDue) - this.#now;
    const rounds = this.#running ? Math.max(1, Math.ceil((due - tolerance) / pollInterval)) : 1;
    this.#pollStart = this.#now;
    this.#socket.wait(rounds * pollInterval, (readable) => {
      this.#pollStart = undefined;
      this.#readable = readable;
      this.#turn();
    });
  }

  get #pingDue(): number {
    return this.#pingTick + this.#options.pingInterval * 1000;
  }

  get #pongDue(): number {
    return this.#awaitingPong ? this.#pongTick + this.#options.pongTimeout * 1000 : Infinity;
  }

  get #reconnectAfter(): number {
    // A pong timeout is noticed late in a round, so that its wait takes one more step.
    return this.#pongTimedOut ? reconnectDelay + reconnectStep : reconnectDelay;
  }

  /** One round while established: ping, pong timeout, then a frame if there is one. */
  #attend(): void {
    this.#locked = true;
    const afterPing = () => {
      if (this.#now >= this.#pongDue - tolerance) {
        this.#pongTimedOut = true;
        this.#abort();
        return this.#endRound();
      }
      if (!this.#readable) return this.#endRound();
      this.#pingTick = this.#now;
      this.#receive();
    };
    if (this.#now < this.#pingDue - tolerance) return afterPing();
    this.#pingTick = this.#now;
    this.#sendFrame(opcodes.ping, true, Buffer.alloc(0), networkTimeout, () => {
      if (!this.#awaitingPong) {
        this.#pongTick = this.#now;
        this.#awaitingPong = true;
      }
      afterPing();
    });
  }

  #endRound(): void {
    this.#unlock();
    this.#pause();
  }

  #receive(): void {
    this.#reader.readFrame((outcome) => {
      if (outcome === 'failed') {
        this.#abort();
        return this.#endRound();
      }
      const { opcode, payload } = this.#reader;
      if (outcome === 'nothing') return this.#endRound();
      if (opcode === opcodes.ping) {
        return this.#sendFrame(opcodes.pong, true, payload, networkTimeout, () => this.#endRound());
      }
      if (opcode === opcodes.pong) this.#awaitingPong = false;
      if (opcode === opcodes.close) {
        this.#state = linkState.closing;
        if (!this.#options.answersClose) {
          this.#unlock();
          return this.#closed();
        }
      }
      this.#endRound();
    });
  }

  #answerClose(): void {
    this.#locked = true;
    this.#sendFrame(opcodes.close, true, Buffer.alloc(0), networkTimeout, () => {
      this.#unlock();
      this.#socket.wait(pollInterval, () => this.#closed());
    });
  }

  #closed(): void {
    this.#running = false;
    this.#events.closed();
    this.#finish();
  }

  #finish(): void {
    if (this.#dead) return;
    this.#state = linkState.closed;
    this.#socket.destroy();
    const waiters = this.#stopWaiters;
    this.#stopWaiters = [];
    for (const done of waiters) done();
  }

  /** Ends the connection; the task will try again later. */
  #abort(): void {
    this.#socket.destroy();
    this.#reconnectTick = this.#now;
    this.#state = linkState.waiting;
    this.#events.disconnected();
  }

  #connect(): void {
    const { host, port } = this.#options.uri;
    const tls = this.#options.tls();
    this.#pongTimedOut = false;
    this.#socket = new Socket(this.#options.clock);
    this.#reader = this.#newReader();
    if (tls === 'unusable') return this.#failed();
    const socket = this.#socket;
    const handlers = socket.handlers({
      connected: () => this.#shakeHands(socket),
      failed: () => this.#failed(),
    });
    const target = { host, port };
    socket.attach(this.#options.network.connect(tls ? { ...target, tls } : target, handlers));
  }

  #failed(): void {
    this.#abort();
    this.#pause();
  }

  #shakeHands(socket: Socket): void {
    const key = newKey(this.#options.random);
    const request = upgradeRequest(this.#options, key);
    if (!request) return this.#failed();
    socket.write(request);
    let received: Buffer = Buffer.alloc(0);
    const read = (readable: boolean): void => {
      if (!readable || socket.finished) return this.#failed();
      received = Buffer.concat([received, socket.take(handshakeBuffer - received.length)]);
      const answer = readAnswer(received, key);
      if (answer.kind === 'incomplete') return socket.wait(networkTimeout, read, true);
      if (answer.kind === 'refused') return this.#failed();
      if (this.#options.keepsEarlyFrames) socket.keepEarly(answer.rest);
      this.#established();
    };
    socket.wait(networkTimeout, read, true);
  }

  #established(): void {
    this.#state = linkState.established;
    this.#awaitingPong = false;
    this.#readable = false;
    this.#events.connected();
    this.#pause();
  }

  #newReader(): FrameReader {
    const { bufferSize, waitsForHeaders } = this.#options;
    return new FrameReader(this.#socket, {
      bufferSize,
      waitsForHeaders,
      timeout: networkTimeout,
      data: (chunk) => this.#events.data(chunk),
      ready: (resume) => this.#events.ready(resume),
    });
  }

  /** Sends the frames of a message one after the other. */
  #sendFrames(
    opcode: number,
    fin: boolean,
    payload: Buffer,
    timeout: number,
    done: (result: SendResult) => void,
  ): void {
    const { bufferSize } = this.#options;
    const last = payload.length <= bufferSize;
    this.#sendFrame(opcode, last && fin, payload.subarray(0, bufferSize), timeout, (result) => {
      if (result === 'failed' || last) return done(result);
      this.#sendFrames(opcodes.continuation, fin, payload.subarray(bufferSize), timeout, done);
    });
  }

  /** Sends one frame: waits for room first, and again until TCP has taken all of it. */
  #sendFrame(
    opcode: number,
    fin: boolean,
    payload: Buffer,
    timeout: number,
    done: (result: SendResult) => void,
  ): void {
    const socket = this.#socket;
    socket.waitWritable(timeout, (room) => {
      if (!room || socket.broken) return done('failed');
      if (socket.write(encodeFrame(fin, opcode, payload, this.#options.random)))
        return done('sent');
      socket.waitWritable(networkTimeout + timeout, (taken) => {
        done(taken && !socket.broken ? 'sent' : 'failed');
      });
    });
  }

  #lock(timeout: number, taken: (taken: boolean) => void): void {
    if (!this.#locked) {
      this.#locked = true;
      return taken(true);
    }
    const cancel = this.#options.clock.after(timeout, () => {
      this.#lockWaiters = this.#lockWaiters.filter((other) => other !== waiter);
      taken(false);
    });
    const waiter: LockWaiter = {
      cancel,
      taken: () => {
        cancel();
        this.#locked = true;
        taken(true);
      },
    };
    this.#lockWaiters.push(waiter);
  }

  #unlock(): void {
    this.#locked = false;
    this.#lockWaiters.shift()?.taken();
  }
}

/** Someone who waits for the connection to be free. */
interface LockWaiter {
  taken(): void;
  cancel(): void;
}
