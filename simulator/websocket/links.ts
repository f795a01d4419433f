import type { Clock } from '../clock';
import type { DeviceTime } from '../device/device-time';
import type { Firmware } from '../device/firmware';
import type { Flash } from '../device/flash';
import type { Hooks } from '../device/hooks';
import type { Network, TlsOptions } from '../network/network';
import type { Output } from '../device/output';
import type { Random } from '../random';
import { WebSocketClient } from './client';
import type { LinkState } from './client-options';
import { dataReport, defaultDataFormat, type DataFormat } from './data-report';
import type { Chunk } from './frame-reader';
import type { Message, SendResult } from './sender';
import type { WebSocketUri } from './uri';

export const LINK_COUNT = 3;

/** Milliseconds until the command that waits for a connection notices it. */
const NOTICE_LATENCY_MS = 3.5;
/**
 * Milliseconds in which the oldest firmware frees a connection after a close frame, before the frame is answered.
 * Another that is closed meanwhile has the time to answer.
 */
const FREE_TIME_MS = 2;

/** What `AT+WSCFG` sets for the next open. */
export interface LinkConfig {
  /** Seconds. */
  readonly pingInterval: number;
  /** Seconds. */
  readonly pongTimeout: number;
  /** Bytes. */
  readonly bufferSize: number;
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

export interface OpenRequest {
  /** As the host wrote it. */
  readonly text: string;
  readonly uri: WebSocketUri;
  readonly subprotocol: string | undefined;
  /** Milliseconds to wait for the connection. */
  readonly timeout: number;
  readonly authorization: string | undefined;
}

/** What links need of the device around them. */
export interface LinksContext {
  readonly firmware: Firmware;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly output: Output;
  readonly flash: Flash;
  readonly time: DeviceTime;
  readonly hooks: Hooks;
  /** Restarts the device as a crash does. */
  readonly crash: () => void;
}

interface Link {
  readonly text: string;
  readonly client: WebSocketClient;
  readonly secure: boolean;
  readonly verifies: boolean;
  /** The certificates it was opened with were freed. */
  freed: boolean;
  /** The command that opens it, as long as it waits. */
  opening: ((connected: boolean) => void) | undefined;
}

/** The three WebSocket links and the settings that belong to them. */
export class Links {
  readonly #context: LinksContext;
  readonly #links: (Link | undefined)[] = [];
  /** Those of the links, and those whose connections outlive their links. */
  readonly #clients = new Set<WebSocketClient>();
  /** Until when the oldest firmware frees a connection. */
  #freeUntil = 0;
  readonly #configs: (LinkConfig | undefined)[] = [];
  readonly #formats: DataFormat[] = Array.from({ length: LINK_COUNT }, () => defaultDataFormat);
  readonly #timers = new Set<() => void>();
  /** `Name: value` lines, the newest first. */
  headers: readonly string[] = [];

  constructor(context: LinksContext) {
    this.#context = context;
  }

  /** Sets what the next open uses. On an open link nothing but the loss of its certificates comes of it. */
  configure(id: number, config: LinkConfig): void {
    const link = this.#links[id];
    if (link) link.freed = link.verifies;
    else this.#configs[id] = config;
  }

  setFormat(id: number, format: DataFormat): void {
    this.#formats[id] = format;
  }

  isOpen(id: number): boolean {
    return this.#links[id] !== undefined;
  }

  /** Links in use, as `AT+WSOPEN?` lists them. */
  list(): { id: number; state: LinkState; text: string }[] {
    return this.#links.flatMap((link, id) =>
      link ? [{ id, state: link.client.state, text: link.text }] : [],
    );
  }

  /** Opens a link that is not in use; `done` tells whether it was connected in time. */
  open(id: number, request: OpenRequest, done: (connected: boolean) => void): void {
    const config = this.#configs[id] ?? defaultConfig;
    const link = this.#newLink(id, request, config);
    this.#links[id] = link;
    let settled = false;
    const cancel = this.#after(request.timeout, () => settle(false));
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
      this.#after(NOTICE_LATENCY_MS, () => {
        link.opening = undefined;
        done(true);
      });
    };
    link.opening = settle;
    link.client.start();
  }

  /** Sends on a link in use; `timeout` in milliseconds. */
  send(id: number, message: Message, timeout: number, done: (result: SendResult) => void): void {
    const link = this.#links[id];
    if (link) link.client.send(message, timeout, done);
    else done('failed');
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

  /** Power is gone, or the device restarts: connections and settings are lost. */
  destroy(): void {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
    this.#links.length = 0;
    this.#configs.length = 0;
    this.#formats.fill(defaultDataFormat);
    this.headers = [];
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #forget(id: number, link: Link): void {
    if (this.#links[id] !== link) return;
    this.#links[id] = undefined;
    this.#configs[id] = undefined;
  }

  #newLink(id: number, request: OpenRequest, config: LinkConfig): Link {
    const { firmware, clock, random, network } = this.#context;
    const { uri, text, subprotocol, authorization } = request;
    const client = new WebSocketClient(
      {
        ...{ clock, random, network, uri, subprotocol, authorization },
        headers: this.headers,
        pingInterval: config.pingInterval,
        pongTimeout: config.pongTimeout,
        bufferSize: config.bufferSize,
        keepsEarlyFrames: firmware.keepsEarlyFrames,
        writeGrace: firmware.writeGraceMs,
        failedSendFrees: firmware.failedSendReleasesLock,
        earlyFramesAtOnce: firmware.earlyFramesAtOnce,
        survivesStalls: firmware.survivesStalls,
        closesAtOnce: firmware.closesAtOnce,
        shortRounds: () => firmware.hasShortRounds && this.#clients.size > 1,
        waitsForHeaders: firmware.waitsForHeaders,
        answersClose: () => firmware.answersClose || clock.now() < this.#freeUntil,
        tls: () => (link.freed ? 'unusable' : uri.secure ? this.#tls(config) : undefined),
      },
      {
        connected: () => {
          this.#report(`+WS_CONNECTED:${id}`);
          link.opening?.(true);
        },
        disconnected: () => {
          this.#report(`+WS_DISCONNECTED:${id}`);
          link.opening?.(false);
        },
        closed: () => this.#closed(id, link),
        ended: () => void this.#clients.delete(client),
        data: (chunk) => this.#received(id, chunk),
        ready: (resume) => {
          const { output } = this.#context;
          if (!output.room) output.whenRoom(resume);
          return output.room;
        },
      },
    );
    this.#clients.add(client);
    const verifies = uri.secure && (config.authentication & 2) !== 0;
    const link: Link = {
      text,
      client,
      secure: uri.secure,
      verifies,
      freed: false,
      opening: undefined,
    };
    return link;
  }

  #closed(id: number, link: Link): void {
    this.#forget(id, link);
    const { firmware, clock, crash } = this.#context;
    this.#report(`+WS_CLOSED:${id}`);
    if (firmware.answersClose) return;
    this.#freeUntil = clock.now() + FREE_TIME_MS;
    // The command still waits for the link that is gone.
    if (link.opening) crash();
  }

  #received(id: number, chunk: Chunk): void {
    if (chunk.opcode > 2) return;
    this.#context.output.stream(dataReport(id, chunk, this.#formats[id] ?? defaultDataFormat));
  }

  /** In order with the data of the link: a full transmit ring lets both pass before anything else. */
  #report(text: string): void {
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

  #after(delay: number, callback: () => void): () => void {
    const cancel = this.#context.clock.after(delay, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }
}
