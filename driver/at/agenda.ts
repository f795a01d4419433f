import type { EspAtError } from '../errors';
import type { Command } from './command';
import type { CommandSequence } from './command-sequence';
import { notSent, unknown } from './outcome';
import { SendQueue } from './send-queue';
import type { CommandEvent, LinkId, Submission } from './types';

/** One message to be sent: one command, or one for each of its fragments. */
export interface Send {
  readonly link: LinkId;
  readonly parts: readonly Command[];
  /** Settles it: without an error when the device has confirmed every part. Called once. */
  readonly settle: (error?: EspAtError) => void;
}

/** A message in the queue. */
export class QueuedMessage implements Submission {
  readonly link: LinkId;
  /** Bytes of the part whose turn it is. */
  bytes: number;
  readonly #send: Send;
  readonly #remove: (message: QueuedMessage) => void;
  #part = 0;
  #state: 'waiting' | 'started' | 'left' = 'waiting';
  /** Its connection has ended: no further part may follow on the next one. */
  #ended: EspAtError | undefined;
  /** Its connection ended before any of it could leave: if the device refuses it now, it was certainly not sent. */
  #unborn = false;

  constructor(send: Send, remove: (message: QueuedMessage) => void) {
    this.link = send.link;
    this.#send = send;
    this.#remove = remove;
    this.bytes = size(this.command);
  }

  get command(): Command {
    const part = this.#send.parts[this.#part];
    if (!part) throw new Error('a message has no such part');
    return part;
  }

  get mayContinue(): boolean {
    return this.#ended === undefined;
  }

  get partlySent(): boolean {
    return this.#part > 0;
  }

  get atWork(): boolean {
    return this.#state !== 'waiting';
  }

  report(event: CommandEvent): void {
    switch (event.kind) {
      case 'started': {
        const leavesWithItsLine = this.command.success === 'SEND OK' && !this.command.payload;
        this.#state = leavesWithItsLine ? 'left' : 'started';
        return;
      }
      case 'payloadWritten':
        this.#state = 'left';
        return;
      case 'succeeded':
        return this.#succeeded();
      case 'refused':
        if (!this.#unborn) return this.fail(event.error);
        this.#remove(this);
        this.#send.settle(notSent(this.#ended ?? event.error));
        return;
      case 'failed':
        return this.fail(event.error);
      case 'notRepeated':
        return this.fail(this.#ended ?? event.error);
    }
  }

  /** The connection of its link has ended. */
  connectionEnded(error: EspAtError): void {
    if (!this.atWork) return this.fail(error);
    this.#ended = error;
    this.#unborn = !this.partlySent && this.#state !== 'left';
  }

  fail(error: EspAtError): void {
    this.#remove(this);
    const left = this.#state === 'left' || this.partlySent;
    this.#send.settle(left ? unknown(this.link, error) : notSent(error));
  }

  #succeeded(): void {
    this.#state = 'waiting';
    this.#part++;
    if (this.#part === this.#send.parts.length) {
      this.#remove(this);
      this.#send.settle();
    } else if (this.#ended) {
      this.fail(this.#ended);
    } else {
      this.bytes = size(this.command);
    }
  }
}

/** All that waits for its turn: openings, closings and questions first, then messages, fair between the links. */
export class Agenda {
  readonly #sequences: CommandSequence[] = [];
  readonly #sends = new SendQueue<QueuedMessage>();

  addSequence(sequence: CommandSequence): void {
    this.#sequences.push(sequence);
  }

  /** False when it does not wait any more. */
  removeSequence(sequence: CommandSequence): boolean {
    const index = this.#sequences.indexOf(sequence);
    if (index >= 0) this.#sequences.splice(index, 1);
    return index >= 0;
  }

  addSend(send: Send): QueuedMessage {
    const queued = new QueuedMessage(send, (message) => this.#sends.remove(message));
    this.#sends.push(queued);
    return queued;
  }

  /** A sequence leaves with its turn; a message stays until it is settled. */
  next(): CommandSequence | QueuedMessage | undefined {
    return this.#sequences.shift() ?? this.#sends.peek();
  }

  /** A part of a message has gone out. */
  served(link: LinkId, command: Command): void {
    this.#sends.served(link, size(command));
  }

  /** Takes a message out, wherever it waits; false when it was not there, or was begun. */
  remove(message: QueuedMessage): boolean {
    return !message.atWork && !message.partlySent && this.#sends.remove(message);
  }

  /** Rejects every message of one link but the one at work, which ends with its part. */
  dropSends(link: LinkId, error: EspAtError): void {
    for (const send of this.#sends.drain(link)) {
      if (send.atWork) this.#sends.push(send);
      send.connectionEnded(error);
    }
  }

  /** Empties it. Returns what rejects all that was in it, but the `excepted`. */
  clear(excepted: Submission | CommandSequence | undefined): (error: EspAtError) => void {
    const sends = this.#sends.drain();
    const sequences = this.#sequences.splice(0);
    return (error) => {
      for (const send of sends) if (send !== excepted) send.fail(error);
      for (const sequence of sequences) sequence.reject(error);
    };
  }
}

function size({ line, payload }: Command): number {
  return line.length + (payload?.length ?? 0);
}
