import type { Act, Heading, Sight } from './recording';

/** What happens on a bench. */
export interface BenchEvents {
  /** The device sent bytes. */
  device(bytes: Buffer): void;
  /** The server saw something on a connection; they are numbered from 1 as they are accepted. */
  seen(connection: number, sight: Sight): void;
  /** A TLS handshake failed, by OpenSSL's name. */
  tlsError(text: string): void;
}

/** A device with its surroundings, on which a recording can be done again. */
export interface Bench {
  /** Milliseconds since the device got power. */
  readonly now: number;
  advance(milliseconds: number): Promise<void>;
  /** Lets time pass until `done()`, for `limit` milliseconds at most. True when done. */
  until(done: () => boolean, limit: number): Promise<boolean>;
  /** Lets what the server has sent reach the device. */
  arrive(): Promise<void>;
  /** Server acts name the bench's own connection numbers. */
  perform(act: Act): void;
  /** Bytes that a connection takes while the server does not read. */
  setRoom(connection: number, bytes: number): void;
  end(): void;
}

/** Sets up the device of a recording and gives it power. */
export type BenchFactory = (heading: Heading, events: BenchEvents) => Bench;
