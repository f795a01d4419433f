import type { LinkId } from '../../../driver/at/types';
import type { SendOptions } from '../../../driver/link/options';
import type { Random } from '../../../simulator';
import type { WsConnection } from '../../harness/network/ws-server';
import { encodeServerFrame } from '../../../simulator/websocket/frame-codec';
import { between, pick } from '../../harness/random';
import type { InEntry, OutEntry, ServerConnection } from '../message-log';
import { compose } from './message';
import type { VirtualHarness } from './virtual-harness';

/** The server sends it behind each message, for firmware without message ends. */
export const DELIMITER = Buffer.from('\u001e<end>\u001e', 'latin1');

const sizes = [60, 60, 400, 400, 2000, 2000, 7000, 7000, 12_000, 40_000] as const;
export const links = [0, 1, 2] as const;
/** Limit of the wait for a message at the other end. */
export const ARRIVAL_TIMEOUT_MS = 12_000;

/** Sends messages both ways on three links, and logs all of them. */
export class Traffic {
  readonly #harness: VirtualHarness;
  readonly #random: Random;
  readonly #served = new Map<WsConnection, ServerConnection>();
  /** The connections of each link, oldest first. */
  readonly #connections: readonly WsConnection[][] = [[], [], []];
  readonly #parts = new Map<WsConnection, { opcode: number; bytes: Buffer[] }>();

  constructor(harness: VirtualHarness, random: Random) {
    this.#harness = harness;
    this.#random = random;
    const { behavior } = harness.ws;
    behavior.onAccept = (connection) => this.#accept(connection);
    behavior.onFrame = (connection, frame) => {
      connection.frames.length = 0;
      if (frame.opcode <= 2) this.#received(connection, frame);
    };
    behavior.onGone = (connection) => {
      const served = this.#served.get(connection);
      if (!served) return;
      served.goneAt ??= harness.clock.now();
      this.#served.delete(connection);
      const connections = this.#connections[served.link];
      connections?.splice(connections.indexOf(connection), 1);
    };
  }

  /** Sends a message of random size from the host, and may hold it; undefined for an empty one. */
  send(link: LinkId, holdMs?: number): OutEntry | undefined {
    const { log, device, firmware } = this.#harness;
    const random = this.#random;
    const opcode = between(random, 1, 2);
    const options: SendOptions = { opcode, holdMs };
    if (firmware === 'D' && holdMs === undefined && random() < 0.05) {
      log.sendEmpty(link, device.link(link).send('', options));
      return undefined;
    }
    const size = this.#size(firmware === 'D' ? Infinity : 8192);
    const payload = compose(`<out${link}.${log.out.length}>`, size, random);
    return log.send(link, opcode, payload, device.link(link).send(payload, options));
  }

  /** Sends a message from the server if the link is established; undefined for an empty one, or none. */
  serve(link: LinkId, small = false): InEntry | undefined {
    const { log, device } = this.#harness;
    const random = this.#random;
    const connection = this.#connections[link]?.findLast(({ open }) => open);
    const served = connection && this.#served.get(connection);
    if (!connection?.open || !served || device.link(link).stateNumber !== 2) return undefined;
    const opcode = between(random, 1, 2);
    if (!small && random() < 0.05) {
      this.#write(connection, opcode, Buffer.alloc(0));
      return undefined;
    }
    const size = small ? 40 : this.#size(Infinity);
    const payload = compose(`<in${link}.${log.in.length}>`, size, random);
    const entry = log.serve(link, opcode, payload, served.number);
    this.#write(connection, opcode, payload);
    return entry;
  }

  #size(limit: number): number {
    return Math.min(limit, between(this.#random, 0, pick(this.#random, sizes)));
  }

  #write(connection: WsConnection, opcode: number, payload: Buffer): void {
    const delimited = this.#harness.firmware !== 'D';
    const bytes = delimited ? Buffer.concat([payload, DELIMITER]) : payload;
    const cuts = this.#random() < 0.7 ? [] : [between(this.#random, 0, bytes.length)];
    const ends = [...cuts, bytes.length];
    ends.forEach((end, index) => {
      const frame = {
        fin: index === ends.length - 1,
        opcode: index === 0 ? opcode : 0,
        payload: bytes.subarray(ends[index - 1] ?? 0, end),
      };
      this.#writeFrame(connection, encodeServerFrame(frame), frame.payload.length);
    });
  }

  /** Writes one segment or two. Keeps the header whole: old firmware misreads one that TCP cut. */
  #writeFrame(connection: WsConnection, bytes: Buffer, length: number): void {
    const header = bytes.length - length;
    const cut = this.#random() < 0.7 ? bytes.length : between(this.#random, header, bytes.length);
    connection.sendRaw(bytes.subarray(0, cut));
    if (cut < bytes.length) connection.sendRaw(bytes.subarray(cut));
  }

  #accept(connection: WsConnection): void {
    const id = links.find((link) => connection.request.target === `/${String(link)}`);
    // A corrupt URI leads to another path.
    if (id === undefined) return;
    this.#served.set(connection, this.#harness.log.accept(id));
    this.#connections[id]?.push(connection);
  }

  #received(
    connection: WsConnection,
    frame: { readonly fin: boolean; readonly opcode: number; readonly payload: Buffer },
  ): void {
    const served = this.#served.get(connection);
    if (!served) return;
    const begun = this.#parts.get(connection);
    const message = frame.opcode === 0 && begun ? begun : { opcode: frame.opcode, bytes: [] };
    message.bytes.push(frame.payload);
    if (!frame.fin) {
      this.#parts.set(connection, message);
      return;
    }
    this.#parts.delete(connection);
    this.#harness.log.atServer(served, message.opcode, Buffer.concat(message.bytes));
  }
}
