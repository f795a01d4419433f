import type { Act, Heading, Observation } from './recording';

/** Callbacks of a bench. */
export interface BenchEvents {
  /** The device sent bytes. */
  output(bytes: Buffer): void;
  /** The server received something. The bench numbers connections from 1, in the order of their accepts. */
  observed(connection: number, observation: Observation): void;
  /** A TLS handshake failed. */
  tlsError(): void;
}

/** A device with its network and its server, on which a recording is replayed. */
export interface Bench {
  /** Milliseconds since the device got power. */
  readonly now: number;
  advance(milliseconds: number): Promise<void>;
  /** Lets time pass until `done()`, at most `limit` milliseconds. Returns the last result of `done()`. */
  until(done: () => boolean, limit: number): Promise<boolean>;
  /** Lets the server's segments reach the device. */
  deliverSegments(): Promise<void>;
  /** @param act acts of the server have the bench's connection numbers */
  perform(act: Act): void;
  /** Sets how many bytes a connection takes while the server does not read. */
  setReceiveBuffer(connection: number, bytes: number): void;
  end(): void;
}

/** Makes the bench of a recording and powers its device. */
export type BenchFactory = (heading: Heading, events: BenchEvents) => Bench;
