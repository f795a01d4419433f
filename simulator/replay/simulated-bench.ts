import {
  seededRandom,
  SimulatedDevice,
  type AccessPoint,
  type Clock,
  type Connection,
  type ConnectionHandlers,
  type ConnectionTarget,
  type DnsAnswer,
} from '..';
import { Gate } from '../network/gate';
import { PacedLine } from '../serial/paced-line';
import { LATENCY_MS, RecordedConnection } from './recorded-server';
import type { Act, Heading, Observation, ServerCertificate } from './recording';
import { handshake } from './tls-handshake';
import { VirtualClock } from './virtual-clock';

/** From power-on to `ready`, as on the recorded boards. */
const RECORDED_BOOT_MS = 380;
const TLS_HANDSHAKE_MS = 30;
/** The date of the recordings, on which their certificates are valid. */
const RECORDED_AT_MS = Date.UTC(2026, 10, 28, 9);

const BSSID = '02:00:00:00:00:00';
const rigRadio = { channel: 6, rssi: -40, bssid: BSSID };
const accessPoints: readonly AccessPoint[] = [
  { ssid: 'rig', password: 'password', ...rigRadio },
  { ssid: 'my,net"\\', password: 'p,w', hidden: true, ...rigRadio },
  { ssid: 'hang', password: '', answer: 'none', hidden: true, ...rigRadio },
  { ssid: 'nodhcp', password: '', dhcp: false, hidden: true, ...rigRadio },
];

/** Callbacks of a bench. */
interface BenchEvents {
  /** The device sent bytes. */
  output(bytes: Buffer): void;
  /** The server received something. The bench numbers connections from 1, in the order of their accepts. */
  observed(connection: number, observation: Observation): void;
  /** A TLS handshake failed. */
  tlsError(): void;
}

/** A simulated device, powered, with its network and a server that acts as recorded, in virtual time. */
export class SimulatedBench {
  readonly #clock = new VirtualClock();
  readonly #deviceClock = new PausableClock(this.#clock);
  readonly #heading: Heading;
  readonly #events: BenchEvents;
  readonly #device: SimulatedDevice;
  readonly #connections: RecordedConnection[] = [];
  readonly #dns: Record<string, string | DnsAnswer> = { '*': 'fails' };
  #certificate: ServerCertificate | undefined;
  #listening = true;
  #network: Extract<Act, { kind: 'network' }>['to'] = 'ok';
  #hungInput: Buffer[] | undefined;

  constructor(heading: Heading, events: BenchEvents) {
    this.#heading = heading;
    this.#events = events;
    this.#certificate = heading.tls;
    this.#device = new SimulatedDevice({
      firmware: heading.firmware,
      clock: this.#deviceClock,
      network: { connect: (target, handlers) => this.#connect(target, handlers) },
      random: seededRandom(1),
      joined: heading.joined,
      running: false,
      bootMs: RECORDED_BOOT_MS,
      wifi: accessPoints,
      dns: this.#dns,
      ...(heading.rate > 0 && { uart: new PacedLine().factory, baud: heading.rate }),
      time: () => RECORDED_AT_MS + this.#clock.now(),
      output: (bytes) => events.output(Buffer.from(bytes)),
    });
    this.#device.powerOn();
  }

  /** Milliseconds since the device got power. */
  get now(): number {
    return this.#clock.now();
  }

  advance(milliseconds: number): Promise<void> {
    return this.#clock.advance(milliseconds);
  }

  /** Lets time pass until `done()`, at most `limit` milliseconds. Returns the last result of `done()`. */
  until(done: () => boolean, limit: number): Promise<boolean> {
    return this.#clock.until(done, limit);
  }

  /** Lets the server's segments reach the device. */
  deliverSegments(): Promise<void> {
    return this.#clock.advance(LATENCY_MS);
  }

  end(): void {
    this.#device.destroy();
  }

  /** @param act acts of the server have the bench's connection numbers */
  perform(act: Act): void {
    switch (act.kind) {
      case 'host':
        if (this.#hungInput) this.#hungInput.push(act.bytes);
        else this.#device.write(act.bytes);
        return;
      case 'reset':
        this.#device.powerOff();
        this.#clock.after(act.readyAfterMs - RECORDED_BOOT_MS, () => this.#device.powerOn());
        return;
      case 'board':
        this.#board(act.to);
        return;
      case 'wifi':
        if (act.to !== 'back') this.#device.wifi.lose();
        if (act.to !== 'lost') this.#device.wifi.recover();
        return;
      case 'network':
        this.#setNetwork(act.to);
        return;
      case 'dns':
        this.#dns[act.host] = { address: act.ip, delayMs: act.delayMs };
        return;
      case 'listen':
        this.#listening = act.open;
        return;
      case 'certificate':
        this.#certificate = { ...this.#certificate, ...act.certificate };
        return;
      case 'server':
        this.#connections[act.connection - 1]?.perform(act.act);
        return;
    }
  }

  /** Sets how many bytes a connection takes while the server does not read. */
  setReceiveBuffer(connection: number, bytes: number): void {
    const found = this.#connections[connection - 1];
    if (found) found.receiveBuffer = bytes;
  }

  #board(to: 'off' | 'on' | 'hang' | 'resume'): void {
    if (to === 'off') this.#device.powerOff();
    else if (to === 'on') this.#device.powerOn();
    else if (to === 'hang') {
      this.#hungInput ??= [];
      this.#deviceClock.pause();
      for (const connection of this.#connections) connection.freeze(true);
    } else {
      const input = this.#hungInput ?? [];
      this.#hungInput = undefined;
      this.#deviceClock.resume();
      for (const connection of this.#connections) connection.freeze(false);
      for (const bytes of input) this.#device.write(bytes);
    }
  }

  #setNetwork(to: 'ok' | 'blackhole' | 'down' | 'reset'): void {
    this.#network = to;
    this.#device.network.blackHole = to === 'blackhole';
    this.#device.network.unreachable = to === 'down';
    for (const connection of this.#connections) {
      if (to === 'reset') connection.perform({ kind: 'reset' });
    }
  }

  #connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    const open = target.port === this.#heading.port && this.#listening && this.#network === 'ok';
    const isTls = open && this.#certificate !== undefined && target.tls !== undefined;
    const cancel = this.#clock.after(isTls ? TLS_HANDSHAKE_MS : LATENCY_MS, () => {
      const clientName = open ? this.#handshake(target) : 'failed';
      if (clientName === 'failed')
        gate.close(new Error(open ? 'TLS failed' : 'connect ECONNREFUSED'));
      else {
        gate.open((own) => this.#accept(own, clientName).device);
        handlers.connected();
      }
    });
    // The device's end of the connection: passes everything on once the server accepts. It never stands still, so it needs no buffer.
    const gate = new Gate(handlers, 0, cancel);
    return gate;
  }

  /** The name in the client's certificate, or `failed`. */
  #handshake(target: ConnectionTarget): string | undefined {
    const certificate = this.#certificate;
    if (!certificate && !target.tls) return undefined;
    if (!certificate || !target.tls) {
      if (certificate) this.#events.tlsError();
      return 'failed';
    }
    const identity = { certificate: certificate.cert };
    const result = handshake(target.tls, { identity });
    if ('clientName' in result) {
      return certificate.requestCert === true ? result.clientName : undefined;
    }
    this.#events.tlsError();
    return 'failed';
  }

  #accept(handlers: ConnectionHandlers, clientName: string | undefined): RecordedConnection {
    const number = this.#connections.length + 1;
    const report = (observation: Observation) => this.#events.observed(number, observation);
    const connection = new RecordedConnection(this.#clock, handlers, report, clientName);
    this.#connections.push(connection);
    return connection;
  }
}

/** A clock that defers calls while paused; its time continues. */
class PausableClock implements Clock {
  readonly #inner: Clock;
  #waiting: (() => void)[] | undefined;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  after(delayMs: number, callback: () => void): () => void {
    let cancelled = false;
    const run = () => {
      if (cancelled) return;
      if (this.#waiting) this.#waiting.push(run);
      else callback();
    };
    const cancel = this.#inner.after(delayMs, run);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  pause(): void {
    this.#waiting ??= [];
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const run of waiting) run();
  }
}
