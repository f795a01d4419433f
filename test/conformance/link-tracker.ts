import type { WsConnection, WsServer } from '../harness/network/ws-server';
import { DEFAULT_FORMAT, type ReportFormat } from './reports';

/** What WSCFG set for a link: seconds, seconds, bytes. */
export interface LinkConfig {
  readonly ping: number;
  readonly pong: number;
  readonly buffer: number;
}

/** `ping,pong[,buffer…]` as WSCFG takes it. */
export function readConfig(values: string): LinkConfig {
  const [ping, pong, buffer] = values.split(',').map(Number);
  return {
    ping: ping ?? DEFAULT_CONFIG.ping,
    pong: pong ?? DEFAULT_CONFIG.pong,
    buffer: buffer ?? DEFAULT_CONFIG.buffer,
  };
}

/** What a host that only watches the line knows of a link. */
interface TrackedLink {
  inUse: boolean;
  connection: WsConnection | undefined;
  uri: string;
  config: LinkConfig;
  nextConfig: LinkConfig | undefined;
  format: ReportFormat;
}

const DEFAULT_CONFIG: LinkConfig = { ping: 10, pong: 120, buffer: 1024 };

const freshLink = (): TrackedLink => ({
  inUse: false,
  connection: undefined,
  uri: '',
  config: DEFAULT_CONFIG,
  nextConfig: undefined,
  format: DEFAULT_FORMAT,
});

/** What matters in the output; a data report's numbers are taken as far as they go. */
const MARKS =
  /\+WS_(CONNECTED|CLOSED):([012])\r\n|\r\n(OK|ERROR|ready)\r\n|\+WS_DATA:([012]),((?:\d+,)+)/;
/** A mark that is cut is looked at again with what follows. */
const LONGEST_HEAD = 40;

function bitsBelow(mask: number, bit: number): number {
  let count = 0;
  for (let each = 1; each < bit; each *= 2) if ((mask & each) !== 0) count++;
  return count;
}

/** Watches both directions of the line and knows by it which links are open, and how they report. */
export class LinkTracker {
  readonly #server: WsServer;
  #links: TrackedLink[] = [freshLink(), freshLink(), freshLink()];
  readonly #assigned = new Map<WsConnection, number>();
  /** What to do when the command at work succeeds. */
  #onOk: (() => void) | undefined;
  #onError: (() => void) | undefined;
  #tail = '';
  #skip = 0;
  #echo = true;

  constructor(server: WsServer) {
    this.#server = server;
  }

  /** The connection of an open link. */
  connectionOf(link: number): WsConnection | undefined {
    const connection = this.#links[link]?.connection;
    return connection?.open ? connection : undefined;
  }

  /** The link that a connection belongs to, or belonged to last. */
  linkOf(connection: WsConnection): number | undefined {
    return this.#assigned.get(connection);
  }

  /** Whether the device holds the link, open or reconnecting. */
  inUse(link: number): boolean {
    return this.#links[link]?.inUse ?? false;
  }

  /** Whether the device repeats what it is sent. */
  get echo(): boolean {
    return this.#echo;
  }

  get openLinks(): number[] {
    return [0, 1, 2].filter((link) => this.connectionOf(link) !== undefined);
  }

  uriOf(link: number): string {
    return this.#links[link]?.uri ?? '';
  }

  formatOf(link: number): { readonly format: ReportFormat; readonly buffer: number } {
    const { format, config } = this.#links[link] ?? freshLink();
    return { format, buffer: config.buffer };
  }

  /** What an open link was opened with. */
  configOf(link: number): LinkConfig {
    return this.#links[link]?.config ?? DEFAULT_CONFIG;
  }

  /** The host wrote this. */
  wrote(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    const echo = /ATE([01])\r\n/i.exec(text)?.[1];
    if (echo !== undefined) this.#onOk = () => (this.#echo = echo === '1');
    for (const match of text.matchAll(
      /AT\+(WSOPEN|WSCLOSE|WSCFG|WSDATAFMT)=([012]),?([^\r]*)\r\n/gi,
    )) {
      const link = this.#links[Number(match[2])];
      if (link) this.#expect(match[1]?.toUpperCase() ?? '', link, match[3] ?? '');
    }
  }

  /** The device said this. */
  said(bytes: Buffer): void {
    let text = this.#tail + bytes.toString('latin1');
    for (;;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, text.length);
        text = text.slice(skipped);
        this.#skip -= skipped;
      }
      const match = MARKS.exec(text);
      if (!match) break;
      text = text.slice(match.index + match[0].length);
      if (match[4] === undefined) {
        this.#note(match[1] ?? match[3] ?? '', Number(match[2] ?? 0));
      } else {
        const { mask } = this.formatOf(Number(match[4])).format;
        const numbers = (match[5] ?? '').split(',').slice(0, -1);
        // What looks like more numbers than the format has is data already.
        text =
          numbers
            .splice(bitsBelow(mask, 32))
            .map((each) => `${each},`)
            .join('') + text;
        this.#skip = (mask & 16) === 0 ? 0 : Number(numbers.at(-1) ?? 0);
      }
    }
    this.#tail = text.slice(-LONGEST_HEAD);
  }

  #note(word: string, id: number): void {
    const link = this.#links[id];
    if (word === 'CONNECTED' && link) {
      link.inUse = true;
      link.connection = this.#newestFor(link);
      if (link.connection) this.#assigned.set(link.connection, id);
    } else if (word === 'CLOSED' && link) {
      link.inUse = false;
      link.nextConfig = undefined;
    } else if (word === 'ready') {
      this.#links = [freshLink(), freshLink(), freshLink()];
      this.#echo = true;
    } else if (word === 'OK' || word === 'ERROR') {
      (word === 'OK' ? this.#onOk : this.#onError)?.();
      this.#onOk = this.#onError = undefined;
    }
  }

  /** Of those that no link has yet: the first for its address, as several may come at once; else the last. */
  #newestFor(link: TrackedLink): WsConnection | undefined {
    const free = this.#server.connections.filter((one) => !this.#assigned.has(one) && one.open);
    const path = link.uri.replace(/^\w+:\/\/[^/]*/, '').replace(/#.*/, '');
    return free.find(({ request }) => request.target === path) ?? free.at(-1);
  }

  #expect(command: string, link: TrackedLink, rest: string): void {
    if (command === 'WSOPEN') {
      const before = { ...link };
      if (!link.inUse) {
        link.uri = (/^"((?:[^"\\]|\\.)*)/.exec(rest)?.[1] ?? '').replace(/\\(.)/g, '$1');
        link.config = link.nextConfig ?? DEFAULT_CONFIG;
      }
      this.#onError = () => Object.assign(link, before);
    } else if (command === 'WSCLOSE') {
      link.inUse = false;
      link.nextConfig = undefined;
    } else if (command === 'WSCFG') {
      this.#onOk = () => (link.nextConfig = readConfig(rest));
    } else {
      const [level = '', mask = ''] = rest.split(',');
      this.#onOk = () => {
        link.format = {
          level: level === '' ? link.format.level : Number(level),
          mask: mask === '' ? link.format.mask : Number(mask),
        };
      };
    }
  }
}
