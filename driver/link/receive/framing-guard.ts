import type { DataChunk } from '../../at/types';
import { delay } from '../../clock';
import { PING_SEND_TIMEOUT_MS } from '../../commands/wssend';
import { asEspAtError, EspAtError } from '../../errors';
import { EarlyData } from './early-data';
import type { LinkReceiver, MessageSink, ReceiverContext } from './link-receiver';

/**
 * Milliseconds before each ping. Firmware that has lost the framing can still send until the rest of the header has come;
 * then it waits for a frame that does not exist, and refuses to send. The first ping proves nothing if a TCP retransmission
 * delays that rest: hence the second one. A refused ping is not repeated: where later messages fill that frame, they vanish,
 * and the firmware sends again.
 */
const PING_DELAYS_MS = [300, 700] as const;

/** First bytes of frames with FIN set: continuation, text, binary, ping, pong. */
const FIRST_BYTES: ReadonlySet<number> = new Set([0x80, 0x81, 0x82, 0x89, 0x8a]);

/** The guard holds an empty chunk, and the data behind it, until pings have proven the framing. */
interface Proving {
  readonly kind: 'proving';
  readonly end: AbortController;
  /** The data that waits for the pings under way, or due. */
  held: EarlyData;
  /** An empty chunk that has come since the first of these pings began, and the data behind it: further pings follow. */
  next: EarlyData | undefined;
  isPinging: boolean;
}

type State = { readonly kind: 'passing' | 'ended' } | Proving;

/**
 * Detects a lost framing: firmware of classes A and B loses it at a frame header that arrives in two parts. It then
 * delivers an empty chunk; later messages vanish, or have their header in front. An empty message looks the same, so the
 * guard pings: firmware that has lost the framing cannot send.
 */
export class FramingGuard implements LinkReceiver {
  readonly connected = true;
  readonly #context: Pick<ReceiverContext, 'link' | 'clock' | 'ping'>;
  readonly #receiver: LinkReceiver;
  readonly #sink: MessageSink;
  #state: State = { kind: 'passing' };

  constructor(
    context: Pick<ReceiverContext, 'link' | 'clock' | 'ping'>,
    receiver: LinkReceiver,
    sink: MessageSink,
  ) {
    this.#context = context;
    this.#receiver = receiver;
    this.#sink = sink;
  }

  get isEmpty(): boolean {
    return this.#state.kind === 'passing' && this.#receiver.isEmpty;
  }

  push(chunk: DataChunk): void {
    const isEmpty = chunk.bytes.length === 0;
    if (this.#state.kind === 'passing' && !isEmpty) return this.#receiver.push(chunk);
    if (this.#state.kind === 'passing') this.#begin();
    if (this.#state.kind !== 'proving') return;
    if (beginsWithFrame(chunk.bytes)) return this.#framingLost(this.#state);
    if (isEmpty && this.#state.isPinging) this.#state.next ??= new EarlyData();
    latest(this.#state).push(chunk);
  }

  dataLost(): void {
    if (this.#state.kind === 'proving') latest(this.#state).dataLost();
    else this.#receiver.dataLost();
  }

  end(): void {
    if (this.#state.kind === 'proving') {
      this.#state.end.abort();
      this.#emitLoss();
    }
    this.#state = { kind: 'ended' };
    this.#receiver.end();
  }

  #begin(): void {
    const end = new AbortController();
    const held = new EarlyData();
    const state: Proving = { kind: 'proving', end, held, next: undefined, isPinging: false };
    this.#state = state;
    void this.#prove(state);
  }

  async #prove(state: Proving): Promise<void> {
    while (this.#state === state) {
      try {
        await this.#ping(state);
      } catch {
        if (this.#state === state) this.#framingLost(state);
        return;
      }
      if (this.#state === state) this.#deliver(state);
    }
  }

  #deliver(state: Proving): void {
    const { held, next } = state;
    if (next) Object.assign(state, { held: next, next: undefined, isPinging: false });
    else this.#state = { kind: 'passing' };
    // Emits each loss again, in its place: when it occurred, the guard still held the messages before it.
    held.replay(
      this.#receiver,
      () => this.#state.kind !== 'ended',
      () => this.#emitLoss(),
    );
  }

  #framingLost({ end }: Proving): void {
    end.abort();
    this.#state = { kind: 'ended' };
    this.#receiver.dataLost();
    this.#sink.unrecoverable(new EspAtError('FRAMING_LOST', { link: this.#context.link }));
  }

  /** Resolves once two pings have shown that the device can send. @throws EspAtError where it cannot */
  async #ping(state: Proving): Promise<void> {
    const { clock, ping } = this.#context;
    for (const ms of PING_DELAYS_MS) {
      let outcome;
      let start = 0;
      do {
        await delay(clock, ms, { signal: state.end.signal });
        state.isPinging = true;
        outcome = await ping(() => (start = clock.now())).then(() => undefined, asEspAtError);
        // Its result code is lost on the port: it has shown nothing.
      } while (outcome?.code === 'OUT_OF_SYNC');
      if (outcome && !isRefusedAtOnce(outcome, clock.now() - start)) throw outcome;
    }
  }

  #emitLoss(): void {
    this.#sink.failed(new EspAtError('DATA_LOST', { link: this.#context.link }));
  }
}

/**
 * Firmware that has lost the framing refuses a ping at its timeout. An earlier ERROR has another reason: the link is not
 * open, or the firmware answers ERROR to every `AT+WSSEND`, as some builds of v3.3 and v4.0.0.0 do.
 * @param ms from the line of the ping to the ERROR, without the wait in the command queue. Not `waitedMs`, which is near 0
 * where a flood fills the port.
 */
function isRefusedAtOnce({ code }: EspAtError, ms: number): boolean {
  return code === 'COMMAND_FAILED' && ms < PING_SEND_TIMEOUT_MS / 2;
}

/** Where data goes that comes now. */
function latest({ held, next }: Proving): EarlyData {
  return next ?? held;
}

/** Whether a chunk begins with a whole WebSocket frame of a server (RFC 6455, section 5.2). A binary message may look so. */
function beginsWithFrame(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return FIRST_BYTES.has(first) && second < 126 && second + 2 <= bytes.length;
}
