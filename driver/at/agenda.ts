import type { EspAtError } from '../errors';
import type { Command } from './command';
import type { LinkId } from './types';
import { notSent, size, unknown, type QueuedSend, type Request, type Send } from './request';
import { SendQueue } from './send-queue';

/** A run of commands that nothing else may come between. */
export interface Sequence {
  begin(): void;
  abort(error: EspAtError): void;
}

/** What has its turn next. */
export type Turn =
  | { readonly sequence: Sequence }
  | { readonly sequence?: undefined; readonly send: QueuedSend; readonly part: Command };

/** All that waits for its turn: openings, closings and questions first, then messages, fair between the links. */
export class Agenda {
  readonly #sequences: Sequence[] = [];
  readonly #sends = new SendQueue<QueuedSend>();

  addSequence(sequence: Sequence): void {
    this.#sequences.push(sequence);
  }

  addSend(send: Send): QueuedSend {
    const queued: QueuedSend = { ...send, next: 0, bytes: size(send.parts[0]) };
    this.#sends.push(queued);
    return queued;
  }

  /** A sequence leaves with its turn; a message stays until its last part is {@link served}. */
  next(): Turn | undefined {
    const sequence = this.#sequences.shift();
    if (sequence) return { sequence };
    const send = this.#sends.peek();
    const part = send?.parts[send.next];
    return send && part && { send, part };
  }

  /** A part of a message has gone out. Whether another one follows. */
  served(send: QueuedSend, part: Command): boolean {
    this.#sends.served(send.link, size(part));
    send.next++;
    const following = send.parts[send.next];
    if (following) send.bytes = size(following);
    else this.#sends.shift(send.link);
    return following !== undefined;
  }

  /** Rejects a command that was at work, and the message it is of, with what is known of its bytes. */
  fail(request: Request, error: EspAtError): void {
    const { send, exchange } = request;
    if (!send) return request.failed(error);
    this.remove(send);
    const left = exchange.mayHaveLeft || send.next > 0;
    send.settle(left ? unknown(send.link, error) : notSent(error));
  }

  /** Rejects a command that the device answered with ERROR. */
  refuse(request: Request, error: EspAtError): void {
    const { send } = request;
    if (!send?.unborn) return this.fail(request, error);
    this.remove(send);
    send.settle(notSent(send.ended ?? error));
  }

  /** Takes a message out, wherever it waits; false when it was not there. */
  remove(send: QueuedSend): boolean {
    return this.#sends.remove(send);
  }

  /** Rejects every message of one link but the one at work, which stays. */
  dropSends(link: LinkId, error: EspAtError, atWork: QueuedSend | undefined): void {
    for (const send of this.#sends.drain(link)) {
      if (send === atWork) this.#sends.push(send);
      else abandon(send, error);
    }
  }

  /** Empties it. Returns what rejects all that was in it, but the messages that are `excepted`. */
  clear(excepted: readonly (QueuedSend | undefined)[]): (error: EspAtError) => void {
    const sends = this.#sends.drain();
    const sequences = this.#sequences.splice(0);
    return (error) => {
      for (const send of sends) if (!excepted.includes(send)) abandon(send, error);
      for (const sequence of sequences) sequence.abort(error);
    };
  }
}

function abandon(send: QueuedSend, error: EspAtError): void {
  send.settle(send.next === 0 ? notSent(error) : unknown(send.link, error));
}
