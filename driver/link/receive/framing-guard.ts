import type { DataChunk } from '../../at/types';
import { delay } from '../../clock';
import { EspAtError } from '../../errors';
import { EarlyData } from './early-data';
import type { LinkReceiver, MessageSink, ReceiverContext } from './receiver';

/**
 * Milliseconds before each ping. Firmware that has lost the framing can still send until the rest of the header has
 * come: a ping before that proves nothing. From then on it waits for a frame that does not exist, and refuses to send.
 * A TCP retransmission may delay that: hence the second ping.
 */
const PING_DELAYS_MS = [300, 700] as const;

/** First bytes of frames with FIN set: continuation, text, binary, ping, pong. */
const FIRST_BYTES: ReadonlySet<number> = new Set([0x80, 0x81, 0x82, 0x89, 0x8a]);

/** The guard holds an empty chunk, and the data behind it, until pings have proven the framing. */
interface Proving {
  readonly kind: 'proving';
  readonly held: EarlyData;
  readonly end: AbortController;
  /** Whether an empty chunk has come since the last ping began. */
  isDoubtful: boolean;
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

  push(frame: DataChunk): void {
    const isEmpty = frame.bytes.length === 0;
    if (this.#state.kind === 'passing' && !isEmpty) return this.#receiver.push(frame);
    if (this.#state.kind === 'passing') this.#begin();
    if (this.#state.kind !== 'proving') return;
    if (beginsWithFrame(frame.bytes)) return this.#framingLost(this.#state);
    this.#state.held.push(frame);
    this.#state.isDoubtful ||= isEmpty;
  }

  dataLost(): void {
    if (this.#state.kind === 'proving') this.#state.held.dataLost();
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
    const state: Proving = { kind: 'proving', held, end, isDoubtful: true };
    this.#state = state;
    void this.#prove(state);
  }

  async #prove(state: Proving): Promise<void> {
    try {
      await this.#ping(state);
    } catch {
      if (this.#state === state) this.#framingLost(state);
      return;
    }
    if (this.#state !== state) return;
    this.#state = { kind: 'passing' };
    state.held.replay(this.#receiver, (loss) => {
      // The link is open, and has emitted data loss on the way already.
      if (loss === 'dropped') this.#emitLoss();
    });
  }

  #framingLost({ end }: Proving): void {
    end.abort();
    this.#state = { kind: 'ended' };
    this.#receiver.dataLost();
    this.#sink.unrecoverable(new EspAtError('FRAMING_LOST', { link: this.#context.link }));
  }

  /** Resolves once the device has sent two pings after the last empty chunk. @throws EspAtError where it cannot send */
  async #ping(state: Proving): Promise<void> {
    const { clock, ping } = this.#context;
    while (state.isDoubtful)
      for (const ms of PING_DELAYS_MS) {
        await delay(clock, ms, { signal: state.end.signal });
        state.isDoubtful = false;
        await ping();
      }
  }

  #emitLoss(): void {
    this.#sink.failed(new EspAtError('DATA_LOST', { link: this.#context.link }));
  }
}

/** Whether a chunk begins with a whole WebSocket frame of a server (RFC 6455, section 5.2). No text begins so. */
function beginsWithFrame(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return FIRST_BYTES.has(first) && second < 126 && second + 2 <= bytes.length;
}
