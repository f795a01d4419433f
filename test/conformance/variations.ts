/**
 * Everything in which a replay may differ from a recording. Nothing else is forgiven. (What a recording
 * leaves open, rather than shows otherwise, is in readings.ts.)
 *
 * Ports, hosts and certificates do not vary here: the replay's network answers on every port that a
 * recording names, so commands and their echoes stay byte for byte as recorded.
 */

/** Text that differs between builds, boards and days. */
export interface TextVariation {
  readonly what: string;
  /** Where the recording shows it (one character a byte). */
  readonly recorded: RegExp;
  /** What may stand there instead: the source of a regular expression. */
  readonly allowed: string;
}

export const TEXT_VARIATIONS: readonly TextVariation[] = [
  {
    what: 'version strings and build dates of AT+GMR',
    recorded: /(?<=AT version:|SDK version:|compile time\([^)\r]*\):|Bin version:)[^\r]+/g,
    allowed: '[^\\r\\n]+',
  },
  { what: 'build number of AT+GMR', recorded: /(?<=compile time\()[^)\r]*/g, allowed: '[^)\\r]*' },
  {
    what: 'date and time',
    recorded: /(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?!1970)\d{4}/g,
    allowed: '[A-Z][a-z]{2} [A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}',
  },
  {
    what: "the board's own address",
    recorded: /(?<=\+CIPSTAMAC:"|\+CIFSR:STAMAC,")[0-9a-f:]{17}(?=")/g,
    allowed: '(?:[0-9a-f]{2}:){5}[0-9a-f]{2}',
  },
  {
    what: 'time since the start of a clock that is not set',
    recorded: /(?<=Thu Jan {2}1 )\d\d:\d\d:\d\d(?= 1970)/g,
    allowed: '\\d\\d:\\d\\d:\\d\\d',
  },
  { what: 'free memory', recorded: /(?<=\+SYSRAM:)[\d,]+/g, allowed: '\\d+(?:,\\d+)*' },
  { what: 'seconds since 1970', recorded: /(?<=\+SYSTIMESTAMP:)\d+/g, allowed: '\\d+' },
  { what: 'chip temperature', recorded: /(?<=\+SYSTEMP:)[\d.-]+/g, allowed: '[\\d.-]+' },
  {
    what: 'bytes of the boot log, at another rate than the AT port',
    recorded: /^[^\r]*[^\r\n\t -~][^\r]*(?=\r\nready\r\n)/g,
    allowed: '[^]*?',
  },
];

/** How far from its recorded time a piece of output may come. */
export interface TimeVariation {
  readonly what: string;
  /** How the piece begins (one character a byte). */
  readonly piece: RegExp;
  /** The command at work; empty when there is none. */
  readonly after?: RegExp;
  /** Least and most milliseconds since the event before it, given the recorded ones. */
  readonly range: (recorded: number) => readonly [least: number, most: number];
}

/** The first that fits counts. */
export const TIME_VARIATIONS: readonly TimeVariation[] = [
  {
    what: 'WSCLOSE takes 0-1 s on an open link, up to 5 s in state 3, up to 14 s in state 1',
    piece: /^\r\nOK\r\n/,
    after: /^AT\+WSCLOSE=/i,
    range: (recorded) => (recorded < 1500 ? [0, 1500] : [0, 15_000]),
  },
  {
    what: 'booting takes from 0.3 s to a few seconds',
    piece: /^[^]{0,400}?\r\nready\r\n/,
    range: () => [0, 5000],
  },
  {
    what: 'joining a network takes from some tenths of a second to some seconds',
    piece: /^(?:WIFI |\+CWJAP:)/,
    range: (recorded) => [0, recorded + 5000],
  },
  { what: 'an NTP server answers when it likes', piece: /^\+TIME_UPDATED/, range: () => [0, 5000] },
  {
    what: 'a TLS handshake takes 30-300 ms, more on a slow chip',
    piece: /^\+WS_(?:CONNECTED|DISCONNECTED):/,
    after: /^AT\+WSOPEN=\d,"wss:/i,
    range: (recorded) => [0, recorded + 1000],
  },
  {
    what: 'a send that TCP does not take fails after its timeout, up to 10 s later',
    piece: /^(?:\+WS_DISCONNECTED:\d\r\n)?\r\nERROR\r\n/,
    after: /^AT\+WSSEND=/i,
    range: (recorded) =>
      recorded < 500 ? around(recorded) : [recorded - 11_000, recorded + 11_000],
  },
  {
    what: 'an automatic reconnect comes 10-15 s after the loss, which may lie in an earlier step',
    piece: /^\+WS_CONNECTED:/,
    after: /^(?!AT\+WSOPEN)|^$/i,
    range: (recorded) => [0, Math.max(17_000, recorded + 7000)],
  },
  {
    what: 'a failed reconnect or an overdue pong is noticed at the next turn of the client',
    piece: /^\+WS_DISCONNECTED:/,
    after: /^(?!AT\+WSOPEN)|^$/i,
    range: (recorded) => [Math.max(0, recorded - 7000), recorded + 7000],
  },
  { what: 'anything else', piece: /^/, range: (recorded) => around(recorded) },
];

/** @param text of the piece, escaped; `inFlight` the command at work */
export function variationFor(text: string, inFlight: string): TimeVariation {
  const piece = Buffer.from(text.replace(/\\r/g, '\r').replace(/\\n/g, '\n')).toString('latin1');
  const found = TIME_VARIATIONS.find(
    ({ piece: wanted, after }) =>
      wanted.test(piece) && (after === undefined || after.test(inFlight)),
  );
  if (!found) throw new Error('the last time variation fits everything');
  return found;
}

function around(recorded: number): readonly [number, number] {
  const slack = Math.max(400, recorded * 0.05);
  return [Math.max(0, recorded - slack), recorded + slack];
}

/**
 * A report that comes at the moment of an answer can stand before, in or after it: on a real device two
 * tasks race for the UART. Only these reports race; what a command itself brings out (the
 * `+WS_CONNECTED` of WSOPEN, the `WIFI …` of CWJAP and CWQAP) has a fixed place.
 */
export const RACING_REPORT = /^\+WS_(?:DATA|CLOSED|DISCONNECTED):|^\+TIME_UPDATED\r\n/;

/** Commands whose own reports have a fixed place. */
export const ORDERED_COMMAND = /^AT\+CW/i;

/** Pieces nearer together than this, in milliseconds, count as the same moment for a race. */
export const RACE_WINDOW = 120;

/**
 * Pings are counted from a moment that the recording does not show, by a client that looks at its
 * timer once a second: each may be this much early or late, in milliseconds.
 */
export const PING_TOLERANCE = 1250;

/** How a certificate's refusal is worded by the server's TLS library is not compared. */
export const TLS_WORDING = /;.*$/;

/** Header values that are new for every connection. */
export const RANDOM_HEADERS: ReadonlySet<string> = new Set(['sec-websocket-key']);

/** Headers of every upgrade request, compared only where a recording lists them. */
export const USUAL_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'upgrade',
  'user-agent',
  'sec-websocket-version',
  'sec-websocket-key',
]);
