import type { FirmwareClass } from '../firmware';

/** The first line of a recording: one device that starts fresh. */
export interface Heading {
  readonly firmware: FirmwareClass;
  readonly section: string;
  readonly title: string;
  /** Starts joined to the network `rig`. */
  readonly joined: boolean;
  /** Bits a second, both ways; 0 for a port on which bytes take no time. */
  readonly rate: number;
  /** Without flow control bytes are lost while the device does not read. */
  readonly overflow: boolean;
  /** TCP port of the server, on 127.0.0.1. */
  readonly port: number;
  readonly tls: ServerCertificate | undefined;
}

/** PEM of the server's certificate and, where it asks for client certificates, of their authority. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  readonly requestCert?: boolean;
  readonly ca?: string;
}

/** Done by the server on one of its connections. */
export type ServerAct =
  | { readonly kind: 'accept'; readonly head: Buffer; readonly tail: Buffer }
  | { readonly kind: 'write'; readonly bytes: Buffer }
  | { readonly kind: 'end' | 'destroy' | 'reset' | 'pause' | 'resume' };

export type Act =
  /** `bytes` as they arrived at the device. */
  | { readonly kind: 'host'; readonly bytes: Buffer }
  | { readonly kind: 'board'; readonly to: 'off' | 'on' | 'hang' | 'resume' }
  | { readonly kind: 'reset'; readonly downMs: number }
  | { readonly kind: 'wifi'; readonly to: 'lost' | 'brief' | 'back' }
  | { readonly kind: 'network'; readonly to: 'ok' | 'blackhole' | 'down' | 'reset' }
  | { readonly kind: 'dns'; readonly host: string; readonly ip: string; readonly delayMs: number }
  | { readonly kind: 'listen'; readonly open: boolean }
  | { readonly kind: 'certificate'; readonly certificate: ServerCertificate }
  | { readonly kind: 'server'; readonly connection: number; readonly act: ServerAct };

/** Seen by the server on one of its connections, as text that is compared. */
export type Sight =
  | { readonly kind: 'request'; readonly text: string }
  | { readonly kind: 'frame' | 'raw' | 'ended'; readonly text: string };

export type Event =
  | Act
  /** A heading, or a note of the one who recorded it. */
  | { readonly kind: 'step' | 'note'; readonly text: string }
  /** `bytes` as the device sent them. */
  | { readonly kind: 'device'; readonly bytes: Buffer }
  | { readonly kind: 'seen'; readonly connection: number; readonly sight: Sight }
  | { readonly kind: 'tlsError'; readonly text: string }
  | { readonly kind: 'restarted' | 'closed' };

/** A line of a recording; `at` is milliseconds since power-on. */
export type Line = Event & { readonly at: number; readonly number: number };

export interface Recording {
  readonly heading: Heading;
  readonly lines: readonly Line[];
}

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A frame as it is compared; `length` where less than the announced payload came. */
export const frameText = (frame: {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: string;
  readonly length?: number;
}): string => {
  const { fin, rsv, opcode, masked, payload, length = payload.length } = frame;
  const bits = `fin ${fin ? 1 : 0} rsv ${rsv} opcode ${opcode}${masked ? '' : ' unmasked'}`;
  return `${bits} length ${length} ${JSON.stringify(payload)}`;
};

/** A request as it is compared: its key is random, the name in a client certificate belongs to it. */
export const requestText = (head: string, peer: string | undefined): string =>
  head.replace(/^(Sec-WebSocket-Key: )[A-Za-z0-9+/]{22}==\r$/m, '$1(key)\r') +
  (peer === undefined ? '' : `(client certificate ${peer})`);

/**
 * Reads a recording.
 *
 * @throws Error with the number of the line that is none
 */
export function parseRecording(text: string): Recording {
  const [first = '', ...rest] = text.split('\n').filter((line) => line.trim() !== '');
  const heading = parseHeading(JSON.parse(first) as Record<string, unknown>);
  const lines = rest.map((line, index): Line => {
    const number = index + 2;
    const value = JSON.parse(line) as { at: number } & Record<string, never>;
    const event = parseEvent(value);
    if (!event || typeof value.at !== 'number') throw new Error(`line ${number}: unknown event`);
    return { ...event, at: value.at, number };
  });
  return { heading, lines };
}

function parseHeading(value: Record<string, unknown>): Heading {
  if (value['recording'] !== 1) throw new Error('line 1: not a recording of format 1');
  const { section, title, joined, rate, overflow, port } = value as unknown as Heading;
  const tls = (value['tls'] ?? undefined) as ServerCertificate | undefined;
  const firmware = value['class'] as FirmwareClass;
  return { firmware, section, title, joined, rate, overflow, port, tls };
}

function parseEvent(value: Record<string, never>): Event | undefined {
  const { step, note, host, arrived, device, sent, board, wifi, network, dns, tls } = value;
  if (step !== undefined) return { kind: 'step', text: step };
  if (note !== undefined) return { kind: 'note', text: note };
  if (host !== undefined) return { kind: 'host', bytes: bytesOf(arrived ?? host) };
  if (device !== undefined) return { kind: 'device', bytes: bytesOf(sent ?? device) };
  if (board === 'reset') return { kind: 'reset', downMs: value['down'] ?? 0 };
  if (board !== undefined) return { kind: 'board', to: board };
  if (wifi !== undefined) return { kind: 'wifi', to: wifi };
  if (network !== undefined) return { kind: 'network', to: network };
  if (dns !== undefined) {
    const { host: name, ip, delay } = dns as { host: string; ip: string; delay: number };
    return { kind: 'dns', host: name, ip, delayMs: delay };
  }
  if (value['listen'] !== undefined) return { kind: 'listen', open: value['listen'] === 'open' };
  if (tls !== undefined) return { kind: 'certificate', certificate: tls };
  if (value['tlsError'] !== undefined) return { kind: 'tlsError', text: value['tlsError'] };
  if (value['restarted'] !== undefined) return { kind: 'restarted' };
  if (typeof value['conn'] !== 'number') return undefined;
  return onConnection(value['conn'], value);
}

function onConnection(connection: number, value: Record<string, never>): Event | undefined {
  const { request, got, raw, accept, write } = value;
  const seen = (kind: Sight['kind'], text: string): Event => ({
    kind: 'seen',
    connection,
    sight: { kind, text },
  });
  if (request !== undefined) return seen('request', requestText(request, value['peer']));
  if (got !== undefined) return seen('frame', frameText(got));
  if (raw !== undefined) return seen('raw', raw);
  if (value['ended'] !== undefined) return seen('ended', 'FIN');
  if (value['closed'] !== undefined) return { kind: 'closed' };
  const server = (act: ServerAct): Event => ({ kind: 'server', connection, act });
  if (accept !== undefined) {
    const { head, headers, tail } = accept as { head?: string; headers: string; tail: string };
    return server({
      kind: 'accept',
      head: bytesOf(head ?? usualHead(headers)),
      tail: bytesOf(tail),
    });
  }
  if (write !== undefined) return server({ kind: 'write', bytes: bytesOf(write) });
  const kind = (['end', 'destroy', 'reset', 'pause', 'resume'] as const).find(
    (each) => value[each] !== undefined,
  );
  return kind && server({ kind });
}

const usualHead = (headers: string): string =>
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  `Sec-WebSocket-Accept: {accept}\r\n${headers}\r\n`;
