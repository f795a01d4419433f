import type { DataFrame } from '../../at/types';
import { EspAtError } from '../../errors';
import { Receiver, type ReceiverOptions } from './receiver';

/** Bytes kept of what comes before the device says that the link is open: on a slow line that may take seconds. */
const MOST_EARLY = 256 * 1024;
/** Bytes a piece counts for beyond its own. */
const PIECE = 16;

/** What one link receives, connection by connection. */
export class Incoming {
  #receiver: Receiver | undefined;
  /** What may be the beginning of a connection that the device has not called open yet. */
  #early: Early | undefined;
  #gapped = false;

  /** A connection is asked for: what comes from here on may be its beginning, what came before is not. */
  expect(): void {
    this.#early = { pieces: [], bytes: 0 };
  }

  /** A connection has begun. */
  begin(options: ReceiverOptions): void {
    const receiver = new Receiver(options);
    const early = this.#early;
    this.#early = undefined;
    this.#receiver = receiver;
    for (const piece of early?.pieces ?? []) {
      if (piece !== 'gap') {
        receiver.push(piece);
        continue;
      }
      receiver.gap();
      options.failed(new EspAtError('MESSAGES_LOST', { link: options.link }));
    }
  }

  take(frame: DataFrame): void {
    if (this.#receiver) this.#receiver.push(frame);
    else if (this.#early) keep(this.#early, frame);
  }

  /** Something was lost. */
  gap(): void {
    this.#gapped = this.#receiver !== undefined || this.#early !== undefined;
    this.#receiver?.gap();
    if (this.#early) noteGap(this.#early);
  }

  /** What comes can be trusted again. True when something was lost before: all since then was left out. */
  resume(): boolean {
    if (!this.#gapped) return false;
    this.#gapped = false;
    this.#receiver?.gap();
    return true;
  }

  /** The connection has ended. */
  end(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#gapped = false;
    this.#early = undefined;
    receiver?.close();
  }
}

interface Early {
  readonly pieces: (DataFrame | 'gap')[];
  /** More than {@link MOST_EARLY} once something was left out. */
  bytes: number;
}

function keep(early: Early, frame: DataFrame): void {
  if (early.bytes > MOST_EARLY) return;
  early.bytes += frame.bytes.length + PIECE;
  if (early.bytes <= MOST_EARLY) early.pieces.push(frame);
  else noteGap(early);
}

/** Several in a row are one. */
function noteGap({ pieces }: Early): void {
  if (pieces.at(-1) !== 'gap') pieces.push('gap');
}
