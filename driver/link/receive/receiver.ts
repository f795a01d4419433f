import type { DataFrame, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import { isWhole, shown } from '../../commands/check';
import { EspAtError } from '../../errors';
import type { Joining, OpenOptions } from '../options';
import { MessageAssembler } from './message-assembler';
import { ChunkJoiner } from './chunk-joiner';

/** Bytes a received message may have unless set otherwise, and at most. */
const LARGEST = 1024 * 1024;
const LIMIT = 1024 * 1024 * 1024;
/** Milliseconds of silence that may stand for the end of a message, at most. */
const LONGEST_SILENCE = 60_000;

/**
 * Checks how messages are to be made of what is received.
 * @throws EspAtError `INVALID_CONFIG`
 */
export function checkReceiving({ maxMessage = LARGEST, joining }: ReceivingOptions): void {
  check('maxMessage', maxMessage, LIMIT);
  if (joining?.by === 'silence') check('silence', joining.milliseconds, LONGEST_SILENCE);
}

function check(setting: string, value: unknown, max: number): void {
  if (isWhole(value, 1, max)) return;
  const details = { setting, reason: 'NOT_WHOLE', value: shown(value), min: 1, max };
  throw new EspAtError('INVALID_CONFIG', details);
}

type ReceivingOptions = Pick<OpenOptions, 'maxMessage' | 'joining'>;

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
  readonly #assembler: MessageAssembler | undefined;
  readonly #joiner: ChunkJoiner | undefined;

  constructor(options: ReceiverOptions) {
    const { link, clock, message, failed, dead } = options;
    const limit = options.maxMessage ?? LARGEST;
    if (options.boundaries) {
      this.#assembler = new MessageAssembler(link, limit, () => clock.now(), {
        message,
        failed,
        dead,
      });
    } else {
      this.#joiner = new ChunkJoiner(link, options.joining ?? { by: 'chunk' }, limit, clock, {
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
