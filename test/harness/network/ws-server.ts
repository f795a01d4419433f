import type { Clock } from '../../../simulator';
import { EARLY_TEXT, parseRequest, reactionTo, type UpgradeRequest } from './ws-server-paths';
import { encodeServerFrame, type Frame } from '../../../simulator/websocket/frame-codec';
import { closePayload, FrameReader, type ReceivedFrame } from './ws-server-frames';

/** The server's end of one TCP or TLS connection, in memory or real. */
export interface ServerSocket {
  /** Sends `bytes` as one segment. */
  write(bytes: Buffer): void;
  /** Sends FIN after what was written. */
  end(): void;
  /** Sends RST. */
  reset(): void;
  /** Stops reading, so that TCP makes the peer wait. */
  pause(): void;
  resume(): void;
}

/** Callbacks of a socket. */
export interface ServerSocketHandlers {
  data(chunk: Buffer): void;
  /** The connection has ended, for example by the peer's FIN or RST. */
  closed(): void;
}

/** The server's behavior. A test may change it while connections are open. */
interface ServerBehavior {
  answersPings: boolean;
  answersCloses: boolean;
  /** Milliseconds between the server's close frame and its FIN; `Infinity` for none. */
  finDelay: number;
  /** Keeps a ping that is the first frame out of {@link WsConnection.frames}; still answers it. */
  skipsFirstPing: boolean;
  /** Called after the server has sent its 101. */
  onAccept: ((connection: WsConnection) => void) | undefined;
  /** Called with each frame, of any opcode. */
  onFrame: ((connection: WsConnection, frame: ReceivedFrame) => void) | undefined;
  /** Called when a connection has ended. */
  onGone: ((connection: WsConnection) => void) | undefined;
}

/**
 * A WebSocket server whose paths misbehave (see `reactionTo`). Has no I/O of its own, so that it serves the memory
 * network and real sockets.
 */
export class WsServer {
  readonly behavior: ServerBehavior = {
    answersPings: true,
    answersCloses: true,
    finDelay: 100,
    skipsFirstPing: false,
    onAccept: undefined,
    onFrame: undefined,
    onGone: undefined,
  };
  /** All upgrade requests, accepted or not. */
  readonly requests: UpgradeRequest[] = [];
  /** All accepted connections, oldest first. */
  readonly connections: WsConnection[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Serves one connection. @param clientName common name of the client's certificate */
  serve(socket: ServerSocket, clientName?: string): ServerSocketHandlers {
    let connection: WsConnection | undefined;
    let open = true;
    let head: Buffer = Buffer.alloc(0);
    const upgrade = (request: UpgradeRequest, rest: Buffer): void => {
      this.requests.push(request);
      const reaction = reactionTo(request);
      if (reaction.kind === 'silent') return;
      if (reaction.kind === 'refuse') {
        socket.write(reaction.response);
        socket.end();
        return;
      }
      const proceed = (): void => {
        if (!open) return;
        connection = new WsConnection(socket, request, this.#clock, this.behavior);
        this.connections.push(connection);
        const early = { fin: true, opcode: 1, payload: Buffer.from(EARLY_TEXT) };
        const parts = reaction.early
          ? [reaction.response, encodeServerFrame(early)]
          : [reaction.response];
        socket.write(Buffer.concat(parts));
        this.behavior.onAccept?.(connection);
        if (rest.length > 0) connection.receive(rest);
      };
      if (reaction.delay === 0) proceed();
      else this.#clock.after(reaction.delay, proceed);
    };
    return {
      data: (chunk) => {
        if (connection) {
          connection.receive(chunk);
          return;
        }
        head = Buffer.concat([head, chunk]);
        const parsed = parseRequest(head, this.#clock.now(), clientName);
        if (parsed) upgrade(parsed.request, head.subarray(parsed.length));
      },
      closed: () => {
        open = false;
        connection?.gone();
      },
    };
  }
}

/** The server's end of an accepted connection. */
export class WsConnection {
  readonly request: UpgradeRequest;
  /** The client's frames, oldest first. */
  readonly frames: ReceivedFrame[] = [];
  readonly #socket: ServerSocket;
  readonly #clock: Clock;
  readonly #behavior: ServerBehavior;
  readonly #reader = new FrameReader();
  #open = true;
  #closing = false;
  #isFirst = true;

  constructor(
    socket: ServerSocket,
    request: UpgradeRequest,
    clock: Clock,
    behavior: ServerBehavior,
  ) {
    this.#socket = socket;
    this.request = request;
    this.#clock = clock;
    this.#behavior = behavior;
  }

  /** False once either side has ended TCP. */
  get open(): boolean {
    return this.#open;
  }

  send(frame: Frame): void {
    this.sendRaw(encodeServerFrame(frame));
  }

  /** Sends bytes that need not be whole frames, as one segment. */
  sendRaw(bytes: Buffer): void {
    if (this.#open) this.#socket.write(bytes);
  }

  /** Sends a close frame, and FIN after `finDelay`. */
  close(code?: number, reason?: string): void {
    this.closeWith(closePayload(code, reason));
  }

  closeWith(payload: Buffer): void {
    if (this.#closing) return;
    this.#closing = true;
    this.send({ fin: true, opcode: 8, payload });
    const { finDelay } = this.#behavior;
    if (finDelay < Infinity) this.#clock.after(finDelay, () => this.drop());
  }

  /** Sends FIN, without a close frame. */
  drop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.end();
  }

  /** Sends RST. */
  reset(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.reset();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  startReading(): void {
    this.#socket.resume();
  }

  /** Call with bytes from the socket. */
  receive(chunk: Buffer): void {
    for (const frame of this.#reader.push(chunk)) {
      const isSkipped = this.#isFirst && this.#behavior.skipsFirstPing && frame.opcode === 9;
      this.#isFirst = false;
      if (!isSkipped) {
        const received = { ...frame, at: this.#clock.now() };
        this.frames.push(received);
        this.#behavior.onFrame?.(this, received);
      }
      this.#react(frame);
    }
  }

  /** Call when the connection has ended. */
  gone(): void {
    this.#open = false;
    this.#behavior.onGone?.(this);
  }

  #react(frame: Frame): void {
    if (frame.opcode === 8) {
      if (this.#behavior.answersCloses) this.closeWith(frame.payload);
      return;
    }
    if (frame.opcode === 9 && this.#behavior.answersPings) {
      this.send({ fin: true, opcode: 10, payload: frame.payload });
    }
    const path = this.request.target.split('?')[0];
    if (frame.opcode <= 2 && path === '/echo') {
      this.send({ fin: frame.fin, opcode: frame.opcode, payload: frame.payload });
    }
  }
}
