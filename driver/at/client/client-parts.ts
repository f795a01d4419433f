import type { Clock } from '../../clock';
import type { ClientEvent } from '../client-event';
import type { ClientMachine } from './client-machine';
import type { CommandQueue } from './command-queue';
import type { DataReceivers } from './data-receivers';
import type { Parser } from '../parser/parser';
import type { PartialFrameTimeout } from '../timing/partial-frame';
import type { ResponseTimeout } from '../timing/response-timeout';
import type { TimedPort } from '../timing/timed-port';

/** The parts of a client that its runners share. */
export interface ClientParts {
  readonly clock: Clock;
  readonly port: TimedPort;
  readonly parser: Parser;
  readonly timeout: ResponseTimeout;
  readonly partialFrame: PartialFrameTimeout;
  readonly queue: CommandQueue;
  readonly receivers: DataReceivers;
  readonly machine: ClientMachine;
  readonly listener: (event: ClientEvent) => void;
}
