import type { Clock } from '../clock';
import { Timers } from '../timers';
import type { DeviceTime } from '../device/device-time';
import type { Firmware } from '../device/firmware';
import type { Flash } from '../device/flash';
import type { Network, TlsOptions } from '../network/network';
import type { Output } from '../device/output';
import type { Random } from '../random';
import { WebSocketClient } from './client';
import type { ConnectionSettings, LinkState, Chunk } from './client-options';
import { dataUrc, defaultDataFormat, type DataFormat } from './data-urc';
import type { Frame } from './frame-codec';
import type { UpgradeOptions } from './handshake';

export const LINK_COUNT = 3;

/** Time from the connection to the OK of `AT+WSOPEN`. */
const OPEN_NOTICE_MS = 3.5;
/**
 * Class A takes this long to free a connection after a close frame, which it does not answer. A close frame on
 * another connection within this time is answered.
 */
const CONNECTION_FREE_MS = 2;

/** The settings of `AT+WSCFG` for the next `AT+WSOPEN`. */
export interface LinkConfig extends ConnectionSettings {
  /** Bit 0: present a certificate, bit 1: verify the server. */
  readonly authentication: number;
  readonly pki: number;
  readonly ca: number;
}

const defaultConfig: LinkConfig = {
  pingInterval: 10,
  pongTimeout: 120,
  bufferSize: 1024,
  authentication: 0,
  pki: 0,
  ca: 0,
};

interface OpenRequest extends Pick<UpgradeOptions, 'uri' | 'subprotocol' | 'authorization'> {
  /** The URI as the host wrote it. */
  readonly text: string;
  /** Milliseconds to wait for the connection. */
  readonly timeout: number;
}

/** The parts of the device that links use. */
interface LinksContext {
  readonly firmware: Firmware;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly output: Output;
  readonly flash: Flash;
  readonly time: DeviceTime;
  /** Restarts the device as a crash does. */
  readonly crash: () => void;
}

interface Link {
  readonly text: string;
  readonly client: WebSocketClient;
  readonly verifies: boolean;
  /** Whether AT+WSCFG has freed the CA that the link verifies its server with. */
  caFreed: boolean;
  /** The running AT+WSOPEN. */
  opening: ((connected: boolean) => void) | undefined;
}

/** The three WebSocket links and their settings. */
export class Links {
  readonly #context: LinksContext;
  readonly #links: (Link | undefined)[] = [];
  /** The clients of the links, and clients whose connections outlive their links. */
  readonly #clients = new Set<WebSocketClient>();
  /** When class A will have freed its last closed connection. */
  #freeUntil = 0;
  readonly #configs: (LinkConfig | undefined)[] = [];
  readonly #formats: DataFormat[] = Array.from({ length: LINK_COUNT }, () => defaultDataFormat);
  readonly #timers: Timers;
  /** `Name: value` lines, the newest first. */
  headers: readonly string[] = [];

  constructor(context: LinksContext) {
    this.#context = context;
    this.#timers = new Timers(context.clock);
  }

  /** Configures the next `AT+WSOPEN`. On an open link it only frees the CA: a link that verifies its server cannot reconnect. */
  configure(id: number, config: LinkConfig): void {
    const link = this.#links[id];
    if (link) link.caFreed = link.verifies;
    else this.#configs[id] = config;
  }

  setFormat(id: number, format: DataFormat): void {
    this.#formats[id] = format;
  }

  isOpen(id: number): boolean {
    return this.#links[id] !== undefined;
  }

  /** The links of `AT+WSOPEN?`. */
  list(): { id: number; state: LinkState; text: string }[] {
    return this.#links.flatMap((link, id) =>
      link ? [{ id, state: link.client.state, text: link.text }] : [],
    );
  }

  /** Opens a link that is not in use. Calls `done` with whether it connected in time. */
  open(id: number, request: OpenRequest, done: (connected: boolean) => void): void {
    const config = this.#configs[id] ?? defaultConfig;
    const link = this.#newLink(id, request, config);
    this.#links[id] = link;
    let settled = false;
    const cancel = this.#timers.after(request.timeout, () => settle(false));
    const settle = (connected: boolean) => {
      if (settled) return;
      settled = true;
      cancel();
      if (!connected) {
        link.opening = undefined;
        link.client.stop(() => {
          this.#forget(id, link);
          done(false);
        });
        return;
      }
      this.#timers.after(OPEN_NOTICE_MS, () => {
        link.opening = undefined;
        done(true);
      });
    };
    link.opening = settle;
    link.client.start();
  }

  /** Sends on a link in use; `timeout` in milliseconds. */
  send(id: number, message: Frame, timeout: number, done: (sent: boolean) => void): void {
    const link = this.#links[id];
    if (link) link.client.send(message, timeout, done);
    else done(false);
  }

  /** Ends a link, in use or not, without a close frame. */
  close(id: number, done: () => void): void {
    const link = this.#links[id];
    if (!link) {
      this.#configs[id] = undefined;
      done();
      return;
    }
    link.client.stop(() => {
      this.#forget(id, link);
      done();
    });
  }

  /** Drops connections and settings, as a restart does. */
  destroy(): void {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
    this.#links.length = 0;
    this.#configs.length = 0;
    this.#formats.fill(defaultDataFormat);
    this.headers = [];
    this.#timers.cancelAll();
  }

  #forget(id: number, link: Link): void {
    if (this.#links[id] !== link) return;
    this.#links[id] = undefined;
    this.#configs[id] = undefined;
  }

  #newLink(id: number, request: OpenRequest, config: LinkConfig): Link {
    const { firmware, clock } = this.#context;
    const { uri, text } = request;
    const client = new WebSocketClient(
      {
        ...this.#context,
        ...request,
        ...config,
        headers: this.headers,
        shortRounds: () => firmware.hasShortRounds && this.#clients.size > 1,
        answersClose: () => firmware.answersClose || clock.now() < this.#freeUntil,
        tls: () => (link.caFreed ? 'unusable' : uri.secure ? this.#tls(config) : undefined),
      },
      {
        connected: () => {
          this.#sendUrc(`+WS_CONNECTED:${id}`);
          link.opening?.(true);
        },
        disconnected: () => {
          this.#sendUrc(`+WS_DISCONNECTED:${id}`);
          link.opening?.(false);
        },
        closed: () => this.#closed(id, link),
        ended: () => void this.#clients.delete(client),
        data: (chunk) => this.#received(id, chunk),
      },
    );
    this.#clients.add(client);
    const verifies = uri.secure && (config.authentication & 2) !== 0;
    const link: Link = {
      text,
      client,
      verifies,
      caFreed: false,
      opening: undefined,
    };
    return link;
  }

  #closed(id: number, link: Link): void {
    this.#forget(id, link);
    const { firmware, clock, crash } = this.#context;
    this.#sendUrc(`+WS_CLOSED:${id}`);
    if (firmware.answersClose) return;
    this.#freeUntil = clock.now() + CONNECTION_FREE_MS;
    // Class A crashes when a link closes while its AT+WSOPEN still waits.
    if (link.opening) crash();
  }

  #received(id: number, chunk: Chunk): void {
    if (chunk.opcode > 2) return;
    this.#context.output.stream(dataUrc(id, chunk, this.#formats[id] ?? defaultDataFormat));
  }

  /** Writes a URC in order with the data of the link, before deferred responses. */
  #sendUrc(text: string): void {
    this.#context.output.stream(Buffer.from(`${text}\r\n`, 'latin1'));
  }

  #tls(config: LinkConfig): TlsOptions {
    const { flash, time } = this.#context;
    const presents = (config.authentication & 1) !== 0;
    const verify = (config.authentication & 2) !== 0;
    const ca = verify ? flash.text('wss_ca', `wss_ca.${config.ca}`) : undefined;
    const cert = presents ? flash.text('wss_cert', `wss_cert.${config.pki}`) : undefined;
    const key = presents ? flash.text('wss_key', `wss_key.${config.pki}`) : undefined;
    return {
      verify,
      now: time.now(),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
  }
}
