import { once } from 'node:events';
import * as net from 'node:net';
import { listen, type SimulatorServer } from '../../simulator';
import { startPathServer, type PathServer } from '../../test/harness/network/path-server';
import { encodeServerFrame } from '../../simulator/websocket/frame-codec';
import { rounded, scaled, type Effort, type Row } from '../suite';

const PAYLOAD_BYTES = 4096;
/** Messages of a measurement. */
const MESSAGES = 20_000;
/** Messages that a server writes at once. */
const BATCH_MESSAGES = 64;
/** Devices in one process. */
const DEVICES = 50;

/**
 * Measures the throughput of the simulated device on a port without a rate. WebSocket server, device and host share this
 * process, and so one core; TCP connects them.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  const messages = scaled(MESSAGES, effort);
  const cases = [
    { direction: 'receive', devices: 1, move: receive },
    { direction: 'send', devices: 1, move: send },
    { direction: 'receive', devices: DEVICES, move: receive },
  ];
  for (const { direction, devices, move } of cases) {
    const each = Math.max(1, Math.round(messages / devices));
    yield await withConnections(devices, async (connections) => {
      return { direction, devices, ...(await timed(connections, each, move)) };
    });
  }
  yield await withConnections(DEVICES, (connections) => idle(connections, effort));
}

/** A device with an open link, the host's connection to it, and the server's. */
interface DeviceConnection {
  readonly host: Host;
  readonly server: net.Socket;
}

async function withConnections(
  devices: number,
  measure: (connections: DeviceConnection[]) => Promise<Row>,
): Promise<Row> {
  const server = await startPathServer();
  const simulators: SimulatorServer[] = [];
  const connections: DeviceConnection[] = [];
  try {
    for (let device = 0; device < devices; device++) {
      const simulator = await listen({ port: 0, joined: true });
      simulators.push(simulator);
      connections.push(await connectDevice(simulator, server));
    }
    return { suite: 'simulator', payload: PAYLOAD_BYTES, ...(await measure(connections)) };
  } finally {
    for (const { host } of connections) host.end();
    await Promise.all(simulators.map((simulator) => simulator.close()));
    await server.close();
  }
}

async function connectDevice(
  simulator: SimulatorServer,
  server: PathServer,
): Promise<DeviceConnection> {
  const host = new Host(simulator.port);
  await host.command('ATE0');
  await host.command(`AT+WSCFG=0,7200,7200,${PAYLOAD_BYTES}`);
  const before = new Set(server.sockets);
  await host.command(`AT+WSOPEN=0,"${server.url}/plain"`);
  const socket = [...server.sockets].find((one) => !before.has(one));
  if (!socket) throw new Error('the device did not connect');
  return { host, server: socket };
}

async function timed(
  connections: readonly DeviceConnection[],
  messages: number,
  move: (connection: DeviceConnection, messages: number) => Promise<void>,
): Promise<Row> {
  const start = performance.now();
  await Promise.all(connections.map((connection) => move(connection, messages)));
  const milliseconds = performance.now() - start;
  const bytes = messages * connections.length * PAYLOAD_BYTES;
  return {
    messages: messages * connections.length,
    milliseconds: rounded(milliseconds),
    megabytesPerSecond: rounded(bytes / 1000 / milliseconds),
  };
}

/** Sends messages from the server to the host, each in its own URC. */
async function receive({ host, server }: DeviceConnection, messages: number): Promise<void> {
  const frame = encodeServerFrame({
    fin: true,
    opcode: 2,
    payload: Buffer.alloc(PAYLOAD_BYTES, 'x'),
  });
  const urcBytes = `+WS_DATA:0,${PAYLOAD_BYTES},`.length + PAYLOAD_BYTES + 2;
  const all = host.bytes(messages * urcBytes);
  for (let sent = 0; sent < messages; sent += BATCH_MESSAGES) {
    const batch = Buffer.concat(
      Array<Buffer>(Math.min(BATCH_MESSAGES, messages - sent)).fill(frame),
    );
    if (!server.write(batch)) await once(server, 'drain');
  }
  await all;
}

/** Sends messages from the host to the server, each after the SEND OK of the one before. */
async function send({ host, server }: DeviceConnection, messages: number): Promise<void> {
  const payload = Buffer.alloc(PAYLOAD_BYTES, 'x');
  server.resume();
  for (let sent = 0; sent < messages; sent++) {
    await host.command(`AT+WSSEND=0,${PAYLOAD_BYTES},2`, '\r\n>');
    await host.write(payload, '\r\nSEND OK\r\n');
  }
}

/** Measures the processor time of idle devices. */
async function idle(connections: readonly DeviceConnection[], effort: Effort): Promise<Row> {
  const seconds = Math.max(0.1, 10 * effort.scale);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(before);
  return {
    direction: 'none',
    devices: connections.length,
    cpuPercent: Number(((user + system) / 10_000 / seconds).toFixed(2)),
  };
}

/** The host's end of an AT port. */
class Host {
  readonly #socket: net.Socket;
  /** Takes each chunk. */
  #heard: (chunk: Buffer) => void = () => undefined;

  constructor(port: number) {
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#heard(chunk));
  }

  command(line: string, end = '\r\nOK\r\n'): Promise<void> {
    return this.write(Buffer.from(`${line}\r\n`), end);
  }

  /** Writes, and settles when the output ends with `end`. */
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

  /** Settles after `count` bytes from the device. */
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
