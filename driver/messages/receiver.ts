import type { DataFrame, LinkId } from '../at/frame';
import type { Clock } from '../clock';
import type { EspAtError } from '../errors';
import type { Joining } from '../link-types';
import { Assembler } from './assembler';
import { Joiner } from './joiner';

/** Bytes a received message may have unless set otherwise. */
const LARGEST = 1024 * 1024;

export interface ReceiverOptions {
  readonly clock: Clock;
  readonly link: LinkId;
  /** Whether the firmware tells where messages begin and end, and which are text (class D). */
  readonly boundaries: boolean;
  readonly joining: Joining | undefined;
  readonly maxMessage: number | undefined;
  readonly message: (opcode: 1 | 2 | undefined, bytes: Buffer) => void;
  readonly failed: (error: EspAtError) => void;
  /** Only a new connection brings the messages back. */
  readonly dead: (error: EspAtError) => void;
}

/** Makes whole messages of what one connection receives, as well as its firmware lets it. */
export class Receiver {
  readonly #assembler: Assembler | undefined;
  readonly #joiner: Joiner | undefined;

  constructor(options: ReceiverOptions) {
    const { link, clock, message, failed, dead } = options;
    const limit = options.maxMessage ?? LARGEST;
    if (options.boundaries) {
      this.#assembler = new Assembler(link, limit, () => clock.now(), {
        message,
        failed,
        dead,
      });
    } else {
      this.#joiner = new Joiner(link, options.joining ?? { by: 'chunk' }, limit, clock, {
        message: (bytes) => message(undefined, bytes),
        failed,
        dead,
      });
    }
  }

  push(frame: DataFrame): void {
    this.#assembler?.push(frame);
    this.#joiner?.push(frame.bytes);
  }

  /** Something received was lost. */
  gap(): void {
    this.#assembler?.gap();
    this.#joiner?.gap();
  }

  /** The connection has ended. */
  close(): void {
    this.#assembler?.close();
    this.#joiner?.close();
  }
}
