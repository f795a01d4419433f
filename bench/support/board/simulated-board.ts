import { seededRandom, SimulatedDevice, type Clock, type FirmwareClass } from '../../../simulator';
import { PacedLine } from '../../../simulator/serial/paced-line';
import { MemoryNetwork } from '../../../test/harness/network/memory-network';
import { WsServer, type WsConnection } from '../../../test/harness/network/ws-server';
import { encodeServerFrame } from '../../../simulator/websocket/frame-codec';

interface SimulatedBoardOptions {
  readonly clock: Clock;
  readonly firmware: FirmwareClass;
  /** Bits a second; undefined: bytes take no time. */
  readonly rate: number | undefined;
  /** Receives the output of the device. */
  readonly output: (bytes: Buffer) => void;
}

/** Size of a write of the server. */
const SEGMENT_BYTES = 16_384;

/** A simulated ESP32 with its serial port, a network without sockets, and a server. */
export class SimulatedBoard {
  readonly #server: WsServer;
  readonly #simulator: SimulatedDevice;

  constructor({ clock, firmware, rate, output }: SimulatedBoardOptions) {
    this.#server = new WsServer(clock);
    this.#simulator = new SimulatedDevice({
      clock,
      firmware,
      output,
      joined: true,
      random: seededRandom(1),
      network: new MemoryNetwork({
        clock,
        route: () => ({ kind: 'server', server: this.#server }),
      }),
      ...(rate === undefined ? {} : { baud: rate, uart: new PacedLine().factory }),
    });
  }

  /** Writes bytes of the host to the device. */
  write(bytes: Uint8Array): void {
    this.#simulator.write(bytes);
  }

  /** Pauses the output of the device as RTS/CTS does, or resumes it. */
  hold(held: boolean): void {
    if (held) this.#simulator.pauseOutput();
    else this.#simulator.resumeOutput();
  }

  /** Sends text messages over the server's connection to a target, as fast as TCP takes them. */
  flood(target: string, count: number, size: number): void {
    const frame = encodeServerFrame({ fin: true, opcode: 1, payload: Buffer.alloc(size, 'x') });
    const connection = this.#connection(target);
    for (const segment of blocks(frame, count, SEGMENT_BYTES)) connection.sendRaw(segment);
  }

  /** Sends one message over the server's connection to a target. */
  serve(target: string, opcode: 1 | 2, payload: Buffer): void {
    this.#connection(target).send({ fin: true, opcode, payload });
  }

  connected(target: string): boolean {
    return this.#find(target) !== undefined;
  }

  /** Drops the messages that the server has received, and returns their count. */
  takeMessages(): number {
    let messages = 0;
    for (const { frames } of this.#server.connections) {
      messages += frames.filter(({ fin, opcode }) => fin && opcode < 8).length;
      frames.length = 0;
    }
    return messages;
  }

  end(): void {
    this.#simulator.destroy();
  }

  #connection(target: string): WsConnection {
    const found = this.#find(target);
    if (!found) throw new Error(`no connection to ${target} is open`);
    return found;
  }

  #find(target: string): WsConnection | undefined {
    return this.#server.connections.findLast(
      ({ open, request }) => open && request.target === target,
    );
  }
}

/** Repeats bytes `count` times, in blocks of at most `blockBytes` or of one repetition. */
export function* blocks(bytes: Buffer, count: number, blockBytes: number): Generator<Buffer> {
  const together = Math.max(1, Math.min(count, Math.floor(blockBytes / bytes.length)));
  const block = Buffer.concat(Array.from({ length: together }, () => bytes));
  for (let left = count; left > 0; left -= together)
    yield left >= together ? block : block.subarray(0, left * bytes.length);
}
