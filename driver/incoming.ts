import type { DataFrame } from './at/frame';
import { EspAtError } from './errors';
import { Receiver, type ReceiverOptions } from './messages/receiver';

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
    this.#early = { frames: [], bytes: 0 };
  }

  /** A connection has begun. */
  begin(options: ReceiverOptions): void {
    const receiver = new Receiver(options);
    const early = this.#early;
    this.#early = undefined;
    this.#receiver = receiver;
    early?.frames.forEach((frame) => receiver.push(frame));
    if (!early || early.bytes <= MOST_EARLY) return;
    receiver.gap();
    options.failed(new EspAtError('MESSAGES_LOST', { link: options.link }));
  }

  take(frame: DataFrame): void {
    if (this.#receiver) this.#receiver.push(frame);
    else if (this.#early) keep(this.#early, frame);
  }

  /** Something was lost. */
  gap(): void {
    this.#gapped = true;
    this.#receiver?.gap();
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
  readonly frames: DataFrame[];
  /** More than {@link MOST_EARLY} once something was left out. */
  bytes: number;
}

function keep(early: Early, frame: DataFrame): void {
  if (early.bytes > MOST_EARLY) return;
  early.bytes += frame.bytes.length + PIECE;
  if (early.bytes <= MOST_EARLY) early.frames.push(frame);
}
