import { SimulatedDevice } from '../../simulator/device';
import type { FirmwareClass } from '../../simulator/firmware';
import type { ConnectionTarget } from '../../simulator/network';
import { defaultAccessPoints, type AccessPoint } from '../../simulator/options';
import { PacedLine } from '../../simulator/paced-uart';
import { seededRandom } from '../../simulator/random';
import { MemoryNetwork, type Route } from '../harness/network/memory-network';
import { VirtualClock } from '../harness/virtual-clock';
import { WsServer, type WsConnection } from '../harness/network/ws-server';
import { encodeFrame, encodeHeader } from '../harness/network/ws-server-frames';
import type { Action, CertificateKind } from './actions';
import { identities } from './identities';
import { LinkTracker } from './link-tracker';
import { OutputLog } from './output-log';

/** What a section starts with. */
export interface World {
  readonly firmware: FirmwareClass;
  /** Whether the device is in a network from the start. */
  readonly joined: boolean;
  /** Bits a second of the serial line; undefined for one on which bytes take no time. */
  readonly rate?: number | undefined;
  /** Ports on which nobody listens, apart from those below 1024 that no server uses. */
  readonly deadPorts: ReadonlySet<number>;
  /** `fails` or `silent` by host name. */
  readonly names: Readonly<Record<string, string>>;
}

/** How joining a network is to end. */
export type JoinResult =
  'joined' | 'no address' | 'wrong password' | 'absent' | 'no answer' | 'refused' | 'unknown';

/** What becomes of new connections; those that are open stay. */
export type Attempts = 'accepted' | 'refused' | 'swallowed';

/** Milliseconds from a close frame to the server's FIN. */
const USUAL_FIN_DELAY = 100;

const answers: Partial<Record<JoinResult, AccessPoint['answer']>> = {
  'no answer': 'none',
  refused: 'refusal',
};

/** Noon of a day within every certificate's validity. */
const TODAY = Date.UTC(2026, 10, 23, 12);

/** A simulated device with a server beyond it, all in virtual time, and the hands to disturb both. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly server = new WsServer(this.clock);
  readonly network: MemoryNetwork;
  readonly device: SimulatedDevice;
  readonly output = new OutputLog();
  readonly links = new LinkTracker(this.server);
  /** Why TLS handshakes failed, oldest first. */
  readonly tlsFailures: string[] = [];
  readonly #deadPorts: Set<number>;
  readonly #rate: number | undefined;
  /** The device looks at this list whenever it joins or scans. */
  readonly #accessPoints: AccessPoint[] = [...defaultAccessPoints];
  attempts: Attempts = 'accepted';
  #listens = true;
  #air = true;
  /** Connections of which the server reads nothing. */
  readonly #unread = new Set<WsConnection>();
  #certificate: CertificateKind = 'good';
  /** What half-sent frames still have to come, by connection. */
  readonly #rests = new Map<WsConnection, Buffer>();

  constructor(world: World) {
    this.#deadPorts = new Set(world.deadPorts);
    this.#rate = world.rate;
    this.network = new MemoryNetwork({
      clock: this.clock,
      route: (target) => this.#route(target),
    });
    this.device = new SimulatedDevice({
      clock: this.clock,
      network: this.network,
      random: seededRandom(1),
      firmware: world.firmware,
      joined: world.joined,
      running: true,
      wifi: this.#accessPoints,
      dns: world.names,
      ...(world.rate === undefined ? {} : { uart: new PacedLine().factory }),
      time: () => TODAY + this.clock.now(),
    });
    this.device.onOutput((bytes) => {
      this.output.push(bytes, this.clock.now());
      this.links.said(bytes);
    });
  }

  get now(): number {
    return this.clock.now();
  }

  /** Puts a network into the air, or takes it out of it, so that joining it ends as wanted. */
  setAccessPoint(ssid: string, password: string, result: JoinResult): void {
    if (result === 'unknown') return;
    const index = this.#accessPoints.findIndex((point) => point.ssid === ssid);
    const known = this.#accessPoints[index];
    if (known) this.#accessPoints.splice(index, 1);
    if (result === 'absent') return;
    const point = {
      ...(known ?? { ssid, hidden: true }),
      password: result === 'wrong password' ? `not ${password}` : password,
      dhcp: result !== 'no address',
      answer: answers[result] ?? 'welcome',
    };
    this.#accessPoints.splice(known ? index : this.#accessPoints.length, 0, point);
  }

  /** Lets the server accept again. @returns whether that changed anything */
  restoreServer(): boolean {
    const changed = !this.#listens || this.attempts !== 'accepted';
    this.#listens = true;
    this.attempts = 'accepted';
    return changed;
  }

  /** Milliseconds that `length` bytes take on the serial line. */
  transmissionTime(length: number): number {
    return this.#rate === undefined ? 0 : (length * 10_000) / this.#rate;
  }

  /** Whether something else than the server's FIN can end a link's connection now. */
  disturbed(link: number): boolean {
    const connection = this.links.connectionOf(link);
    const stuck = connection !== undefined && this.#unread.has(connection);
    return stuck || !this.#air || !this.network.reachable || !this.server.behavior.answersPings;
  }

  write(bytes: Buffer): void {
    this.links.wrote(bytes);
    this.device.write(bytes);
  }

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.clock.advance(Math.max(0, milliseconds));
  }

  /** Lets time pass until the output is as wanted, at most until `deadline`. */
  async until(done: () => boolean, deadline: number): Promise<boolean> {
    return this.clock.until(done, Math.max(0, deadline - this.now));
  }

  /** Sends a command that the recording does not show, and forgets what came of it. */
  async command(text: string, payload?: Buffer): Promise<string> {
    const start = this.output.length;
    const said = (): string => this.output.bytes.toString('latin1', start);
    this.write(Buffer.from(`${text}\r\n`, 'latin1'));
    await this.until(() => /\r\n(?:OK|ERROR|SEND OK)\r\n/.test(said()), this.now + 60_000);
    if (payload) {
      await this.until(() => said().endsWith('>'), this.now + 1000);
      const before = this.output.length;
      this.write(payload);
      const rest = (): string => this.output.bytes.toString('latin1', before);
      await this.until(() => /\r\n(?:OK|ERROR|SEND OK)\r\n/.test(rest()), this.now + 60_000);
    }
    await this.pass(5);
    const answer = said();
    this.output.clear();
    return answer;
  }

  /** Ends everything; true when no timer is left. */
  async end(): Promise<boolean> {
    this.device.destroy();
    await this.pass(1);
    return this.network.size === 0;
  }

  /** @returns false when there is no connection to do it on */
  perform(action: Action, link: number): boolean {
    switch (action.kind) {
      case 'answers pings':
        this.server.behavior.answersPings = action.value;
        return true;
      case 'answers closes':
        this.server.behavior.answersCloses = action.value;
        return true;
      case 'ends tcp':
        this.server.behavior.finDelay = action.value ? USUAL_FIN_DELAY : Infinity;
        return true;
      case 'host reads':
        if (action.value) this.device.resumeOutput();
        else this.device.pauseOutput();
        return true;
      case 'listens':
        this.#setListens(action.value);
        return true;
      case 'reachable':
        this.network.reachable = action.value;
        return true;
      case 'access point':
        this.#air = action.value;
        if (action.value) this.device.wifi.recover();
        else this.device.wifi.lose();
        return true;
      case 'certificate':
        this.#certificate = action.which;
        return true;
      case 'power':
        if (action.value !== 'on') this.device.powerOff();
        if (action.value !== 'off') this.device.powerOn();
        return true;
      default: {
        const connection = this.links.connectionOf(link) ?? this.#anyConnection();
        if (connection) this.#performOn(connection, action);
        return connection !== undefined;
      }
    }
  }

  #performOn(connection: WsConnection, action: Action): void {
    switch (action.kind) {
      case 'frames':
        connection.sendRaw(Buffer.concat(action.frames.map((frame) => encodeFrame(frame))));
        break;
      case 'bytes':
        connection.sendRaw(action.bytes);
        break;
      case 'half': {
        const whole = encodeFrame(action.frame);
        const head = encodeHeader(action.frame, action.frame.payload.length).length;
        const cut = action.header ?? head + action.sent;
        connection.sendRaw(whole.subarray(0, cut));
        this.#rests.set(connection, whole.subarray(cut));
        break;
      }
      case 'rest': {
        const rest = this.#rests.get(connection) ?? Buffer.alloc(0);
        const count = action.count ?? rest.length;
        connection.sendRaw(rest.subarray(0, count));
        this.#rests.set(connection, rest.subarray(count));
        break;
      }
      case 'close':
        connection.closeWith(action.payload);
        break;
      case 'drop':
        if (action.how === 'fin') connection.drop();
        else connection.reset();
        break;
      case 'reads':
        if (action.value) {
          this.#unread.delete(connection);
          connection.startReading();
        } else {
          this.#unread.add(connection);
          connection.stopReading();
        }
        break;
      default:
        break;
    }
  }

  /** The newest that is open, should the line not have told which link it belongs to. */
  #anyConnection(): WsConnection | undefined {
    return this.server.connections.findLast((connection) => connection.open);
  }

  #setListens(value: boolean): void {
    this.#listens = value;
    if (!value) for (const connection of this.server.connections) connection.drop();
  }

  #route(target: ConnectionTarget): Route {
    const { host, port } = target;
    if (/^(?:10\.255\.255\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|240\.)/.test(host)) {
      return { kind: 'unroutable' };
    }
    if (this.attempts === 'swallowed') return { kind: 'unroutable' };
    if (/no[-.]?such|\.invalid$|nonexist/i.test(host)) return { kind: 'no-name' };
    const reserved = port < 1024 && port !== 80 && port !== 443;
    const refuses = !this.#listens || this.attempts === 'refused';
    if (refuses || reserved || this.#deadPorts.has(port)) return { kind: 'refused' };
    return {
      kind: 'server',
      server: this.server,
      tls: {
        identity: identities().server[this.#certificate],
        onFailure: (reason) => this.tlsFailures.push(reason),
      },
    };
  }
}
