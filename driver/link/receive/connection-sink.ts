import type { EspAtError } from '../../errors';
import type { MessageSink } from './link-receiver';

/**
 * Passes on what the receiver of a connection finds, until the connection has ended: a listener may end it at one message,
 * and the same chunk may hold more.
 */
export class ConnectionSink implements MessageSink {
  #to: MessageSink | undefined;

  constructor(to: MessageSink) {
    this.#to = to;
  }

  message(opcode: 1 | 2 | undefined, bytes: Buffer): void {
    this.#to?.message(opcode, bytes);
  }

  failed(error: EspAtError): void {
    this.#to?.failed(error);
  }

  unrecoverable(error: EspAtError): void {
    this.#to?.unrecoverable(error);
  }

  /** The connection has ended. */
  end(): void {
    this.#to = undefined;
  }
}
