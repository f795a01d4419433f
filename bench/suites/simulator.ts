import { once } from 'node:events';
import * as net from 'node:net';
import { listen, type SimulatorServer } from '../../simulator';
import { startPathServer, type PathServer } from '../../test/harness/network/path-server';
import { encodeFrame } from '../../test/harness/network/ws-server-frames';
import { rounded, scaled, type Effort, type Row } from '../suite';

/** Bytes of a message. */
const PAYLOAD = 4096;
/** Messages of a measurement. */
const MESSAGES = 20_000;
/** Messages that a server writes at once. */
const BATCH = 64;
/** Devices in one process. */
const DEVICES = 50;

/**
 * What the simulated device moves on a line without a rate: WebSocket server, device and host share this
 * process, and so one core; between them is TCP on both sides.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  const messages = scaled(MESSAGES, effort);
  yield await withLanes(1, async ([lane]) => {
    if (!lane) throw new Error('there is no device');
    return { direction: 'receive', devices: 1, ...(await timed([lane], messages, receive)) };
  });
  yield await withLanes(1, async ([lane]) => {
    if (!lane) throw new Error('there is no device');
    return { direction: 'send', devices: 1, ...(await timed([lane], messages, send)) };
  });
  yield await withLanes(DEVICES, async (lanes) => {
    const each = Math.max(1, Math.round(messages / DEVICES));
    return { direction: 'receive', devices: DEVICES, ...(await timed(lanes, each, receive)) };
  });
  yield await withLanes(DEVICES, (lanes) => idle(lanes, effort));
}

/** A device with an open link, the host's connection to it, and the server's. */
interface Lane {
  readonly host: Host;
  readonly server: net.Socket;
}

async function withLanes(devices: number, measure: (lanes: Lane[]) => Promise<Row>): Promise<Row> {
  const server = await startPathServer();
  const simulators: SimulatorServer[] = [];
  const lanes: Lane[] = [];
  try {
    for (let device = 0; device < devices; device++) {
      const simulator = await listen({ port: 0, joined: true });
      simulators.push(simulator);
      lanes.push(await openLane(simulator, server));
    }
    return { suite: 'simulator', payload: PAYLOAD, ...(await measure(lanes)) };
  } finally {
    for (const { host } of lanes) host.end();
    await Promise.all(simulators.map((simulator) => simulator.close()));
    await server.close();
  }
}

async function openLane(simulator: SimulatorServer, server: PathServer): Promise<Lane> {
  const host = new Host(simulator.port);
  await host.command('ATE0');
  await host.command(`AT+WSCFG=0,7200,7200,${PAYLOAD}`);
  const before = new Set(server.sockets);
  await host.command(`AT+WSOPEN=0,"${server.url}/plain"`);
  const socket = [...server.sockets].find((one) => !before.has(one));
  if (!socket) throw new Error('the device did not connect');
  return { host, server: socket };
}

async function timed(
  lanes: readonly Lane[],
  messages: number,
  move: (lane: Lane, messages: number) => Promise<void>,
): Promise<Row> {
  const start = performance.now();
  await Promise.all(lanes.map((lane) => move(lane, messages)));
  const milliseconds = performance.now() - start;
  const bytes = messages * lanes.length * PAYLOAD;
  return {
    messages: messages * lanes.length,
    milliseconds: rounded(milliseconds),
    megabytesPerSecond: rounded(bytes / 1000 / milliseconds),
  };
}

/** From the server to the host, each message in a report of its own. */
async function receive({ host, server }: Lane, messages: number): Promise<void> {
  const frame = encodeFrame({ fin: true, opcode: 2, payload: Buffer.alloc(PAYLOAD, 'x') });
  const report = `+WS_DATA:0,${PAYLOAD},`.length + PAYLOAD + 2;
  const all = host.bytes(messages * report);
  for (let sent = 0; sent < messages; sent += BATCH) {
    const batch = Buffer.concat(Array<Buffer>(Math.min(BATCH, messages - sent)).fill(frame));
    if (!server.write(batch)) await once(server, 'drain');
  }
  await all;
}

/** From the host to the server, each message a WSSEND that waits for its prompt and its SEND OK. */
async function send({ host, server }: Lane, messages: number): Promise<void> {
  const payload = Buffer.alloc(PAYLOAD, 'x');
  server.resume();
  for (let sent = 0; sent < messages; sent++) {
    await host.command(`AT+WSSEND=0,${PAYLOAD},2`, '\r\n>');
    await host.write(payload, '\r\nSEND OK\r\n');
  }
}

/** The processor time that devices take which have nothing to do. */
async function idle(lanes: readonly Lane[], effort: Effort): Promise<Row> {
  const seconds = Math.max(0.1, 10 * effort.scale);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(before);
  return {
    direction: 'none',
    devices: lanes.length,
    cpuPercent: Number(((user + system) / 10_000 / seconds).toFixed(2)),
  };
}

/** The host's end of an AT port. */
class Host {
  readonly #socket: net.Socket;
  /** Decides, for each chunk, whether what is waited for has come. */
  #heard: (chunk: Buffer) => void = () => undefined;

  constructor(port: number) {
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#heard(chunk));
  }

  command(line: string, end = '\r\nOK\r\n'): Promise<void> {
    return this.write(Buffer.from(`${line}\r\n`), end);
  }

  /** Writes, and settles when what is heard ends so. */
  write(bytes: Buffer, end: string): Promise<void> {
    return new Promise((resolve) => {
      let tail = '';
      this.#heard = (chunk) => {
        tail = (tail + chunk.toString('latin1')).slice(-end.length);
        if (tail === end) resolve();
      };
      this.#socket.write(bytes);
    });
  }

  /** Settles when so many bytes have been heard. */
  bytes(count: number): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      this.#heard = (chunk) => {
        left -= chunk.length;
        if (left <= 0) resolve();
      };
    });
  }

  end(): void {
    this.#socket.destroy();
  }
}
