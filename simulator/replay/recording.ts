import { firmwareClasses, type FirmwareClass } from '../device/firmware';

/** The first line of a recording. Its device starts with factory settings. */
export interface Heading {
  readonly firmware: FirmwareClass;
  /** Name of the group of recordings, such as `E2`; the file has this name. */
  readonly section: string;
  readonly title: string;
  /** Whether the device starts joined to the network `rig`. */
  readonly joined: boolean;
  /** Bits a second; 0 for a port on which bytes take no time. */
  readonly rate: number;
  /** TCP port of the server, on 127.0.0.1. */
  readonly port: number;
  readonly tls: ServerCertificate | undefined;
}

/** The server's certificate, as PEM, and whether it requests one of the client. */
export interface ServerCertificate {
  readonly cert: string;
  readonly requestCert?: boolean;
}

/** An act of the server on a connection. */
export type ServerAct =
  | { readonly kind: 'accept'; readonly head: Buffer; readonly tail: Buffer }
  | { readonly kind: 'write'; readonly bytes: Buffer }
  | { readonly kind: 'end' | 'destroy' | 'reset' | 'pause' | 'resume' };

export type Act =
  /** `bytes`: as they reached the device. */
  | { readonly kind: 'host'; readonly bytes: Buffer }
  | { readonly kind: 'board'; readonly to: 'off' | 'on' | 'hang' | 'resume' }
  /** `readyAfterMs`: from the reset to `ready`. */
  | { readonly kind: 'reset'; readonly readyAfterMs: number }
  /** `brief`: lost, and back at once. */
  | { readonly kind: 'wifi'; readonly to: 'lost' | 'brief' | 'back' }
  /** `blackhole`: packets vanish; `down`: no route; `reset`: connections are reset, and others refused, until `ok`. */
  | { readonly kind: 'network'; readonly to: 'ok' | 'blackhole' | 'down' | 'reset' }
  | { readonly kind: 'dns'; readonly host: string; readonly ip: string; readonly delayMs: number }
  | { readonly kind: 'listen'; readonly open: boolean }
  | { readonly kind: 'certificate'; readonly certificate: ServerCertificate }
  | { readonly kind: 'server'; readonly connection: number; readonly act: ServerAct };

/** Something that the server received on a connection, as text to compare. */
export interface Observation {
  readonly kind: 'request' | 'frame' | 'raw' | 'ended';
  readonly text: string;
}

export type Event =
  | Act
  /** The title of a step, or a note. */
  | { readonly kind: 'step' | 'note'; readonly text: string }
  /** `bytes`: as the device sent them. */
  | { readonly kind: 'device'; readonly bytes: Buffer }
  | { readonly kind: 'seen'; readonly connection: number; readonly observation: Observation }
  | { readonly kind: 'tlsError'; readonly text: string }
  | { readonly kind: 'restarted' | 'closed' };

/** A line of a recording. `at`: milliseconds since power-on; `number`: its number in the file. */
export type Line = Event & { readonly at: number; readonly number: number };

export interface Recording {
  readonly heading: Heading;
  readonly lines: readonly Line[];
}

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The text that the comparison uses for a frame. */
export function frameText(frame: RawFrame): string {
  const { fin, rsv, opcode, masked, payload, length = payload.length } = frame;
  const bits = `fin ${fin ? 1 : 0} rsv ${rsv} opcode ${opcode}${masked ? '' : ' unmasked'}`;
  return `${bits} length ${length} ${JSON.stringify(payload)}`;
}

/** The text that the comparison uses for a request, without its random key, with the name in the client certificate. */
export const requestText = (head: string, clientName: string | undefined): string =>
  head.replace(/^(Sec-WebSocket-Key: )[A-Za-z0-9+/]{22}==\r$/m, '$1(key)\r') +
  (clientName === undefined ? '' : `(client certificate ${clientName})`);

/** A line of the file after the first: `at`, the key of one event, and the further keys of that event. Bytes are latin1. */
interface RawLine {
  /** Milliseconds since power-on. */
  readonly at: number;
  /** The title of the step that begins here. */
  readonly step?: string;
  readonly note?: string;
  /** One write of the host. */
  readonly host?: string;
  /** The same bytes at the device, where the port changed them. */
  readonly arrived?: string;
  /** Bytes of the device, as the host got them. */
  readonly device?: string;
  /** The same bytes as the device sent them, where the port changed them. */
  readonly sent?: string;
  readonly board?: 'reset' | 'off' | 'on' | 'hang' | 'resume';
  /** Milliseconds from `reset` to `ready`. */
  readonly down?: number;
  /** The device restarted. The reason is not compared. */
  readonly restarted?: string;
  /** `brief`: lost, and back at once. */
  readonly wifi?: 'lost' | 'brief' | 'back';
  readonly network?: 'ok' | 'blackhole' | 'down' | 'reset';
  readonly dns?: { readonly host: string; readonly ip: string; readonly delay: number };
  readonly listen?: 'open' | 'closed';
  /** The server's certificate from now on. */
  readonly tls?: ServerCertificate;
  /** A handshake failed, as the server saw it. */
  readonly tlsError?: string;
  /** A connection of the server, from 1. Its acts are `accept` to `resume`, its observations `request` to `closed`. */
  readonly conn?: number;
  /** The 101, and what shares its segment. `head`: all of the 101, with `{accept}` for the key; `headers`: lines of it. */
  readonly accept?: { readonly head?: string; readonly headers?: string; readonly tail: string };
  readonly write?: string;
  readonly end?: boolean;
  readonly destroy?: boolean;
  readonly reset?: boolean;
  readonly pause?: boolean;
  readonly resume?: boolean;
  readonly request?: string;
  /** The name in the client's certificate, beside `request`. */
  readonly peer?: string;
  readonly got?: RawFrame;
  /** Bytes that are neither a request nor a frame. */
  readonly raw?: string;
  /** The device's FIN. */
  readonly ended?: boolean;
  /** True, or the error. The replay does not use it. */
  readonly closed?: true | string;
}

interface RawFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: string;
  /** The length in the header; left out when the payload is complete. */
  readonly length?: number;
}

type RawHeading = Omit<Heading, 'firmware' | 'tls'> & {
  readonly recording: number;
  readonly class: FirmwareClass;
  readonly tls: ServerCertificate | null;
};

/**
 * Reads a recording.
 *
 * @throws Error with the number of the invalid line
 */
export function parseRecording(text: string): Recording {
  const [first, ...rest] = jsonLines(text);
  const raw = (first?.value ?? {}) as RawHeading;
  const reason = raw.recording === 1 ? wrongValue(raw) : 'not a recording of format 1';
  if (reason !== undefined) throw new Error(`line ${first?.number ?? 1}: ${reason}`);
  const lines = rest.map(({ number, value }): Line => {
    const raw = value as RawLine;
    try {
      const event = parseEvent(raw);
      if (event && typeof raw.at === 'number') return { ...event, at: raw.at, number };
    } catch {
      // A value has another type.
    }
    throw new Error(`line ${number}: unknown event`);
  });
  const { class: firmware, section, title, joined, rate, port, tls } = raw;
  return {
    heading: { firmware, section, title, joined, rate, port, tls: tls ?? undefined },
    lines,
  };
}

const headingTypes = {
  section: 'string',
  title: 'string',
  joined: 'boolean',
  rate: 'number',
  port: 'number',
  tls: 'object',
} as const;

/** Says which value of a heading is missing or wrong; undefined for none. */
function wrongValue(raw: { readonly [key in keyof RawHeading]: unknown }): string | undefined {
  const keys = Object.keys(headingTypes) as (keyof typeof headingTypes)[];
  const wrong = firmwareClasses.some((name) => name === raw.class)
    ? keys.find((key) => typeof raw[key] !== headingTypes[key])
    : 'class';
  return wrong && `no valid "${wrong}"`;
}

/** Parses JSON Lines. Skips blank lines, and counts them. @throws Error with the number of a line that is no JSON */
export function* jsonLines(
  text: string,
): Generator<{ readonly number: number; readonly value: unknown }, void> {
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const number = index + 1;
    try {
      yield { number, value: JSON.parse(line) };
    } catch (error) {
      throw new Error(`line ${number}: no JSON`, { cause: error });
    }
  }
}

function parseEvent(raw: RawLine): Event | undefined {
  const { step, note, host, device, board, wifi, network, dns, listen, tls, tlsError } = raw;
  if (step !== undefined) return { kind: 'step', text: step };
  if (note !== undefined) return { kind: 'note', text: note };
  if (host !== undefined) return { kind: 'host', bytes: bytesOf(raw.arrived ?? host) };
  if (device !== undefined) return { kind: 'device', bytes: bytesOf(raw.sent ?? device) };
  if (board === 'reset') return { kind: 'reset', readyAfterMs: raw.down ?? 0 };
  if (board !== undefined) return { kind: 'board', to: board };
  if (wifi !== undefined) return { kind: 'wifi', to: wifi };
  if (network !== undefined) return { kind: 'network', to: network };
  if (dns !== undefined) return { kind: 'dns', host: dns.host, ip: dns.ip, delayMs: dns.delay };
  if (listen !== undefined) return { kind: 'listen', open: listen === 'open' };
  if (tls !== undefined) return { kind: 'certificate', certificate: tls };
  if (tlsError !== undefined) return { kind: 'tlsError', text: tlsError };
  if (raw.restarted !== undefined) return { kind: 'restarted' };
  return raw.conn === undefined ? undefined : parseConnectionEvent(raw.conn, raw);
}

function parseConnectionEvent(connection: number, raw: RawLine): Event | undefined {
  const { request, got, accept, write } = raw;
  const seen = (observation: Observation): Event => ({ kind: 'seen', connection, observation });
  if (request !== undefined) return seen({ kind: 'request', text: requestText(request, raw.peer) });
  if (got !== undefined) return seen({ kind: 'frame', text: frameText(got) });
  if (raw.raw !== undefined) return seen({ kind: 'raw', text: raw.raw });
  if (raw.ended !== undefined) return seen({ kind: 'ended', text: 'FIN' });
  if (raw.closed !== undefined) return { kind: 'closed' };
  const server = (act: ServerAct): Event => ({ kind: 'server', connection, act });
  if (accept !== undefined) {
    const { head, headers = '', tail } = accept;
    const bytes = bytesOf(head ?? defaultHead(headers));
    return server({ kind: 'accept', head: bytes, tail: bytesOf(tail) });
  }
  if (write !== undefined) return server({ kind: 'write', bytes: bytesOf(write) });
  const kind = (['end', 'destroy', 'reset', 'pause', 'resume'] as const).find(
    (each) => raw[each] !== undefined,
  );
  return kind && server({ kind });
}

const defaultHead = (headers: string): string =>
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  `Sec-WebSocket-Accept: {accept}\r\n${headers}\r\n`;
