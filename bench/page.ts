import { cpus } from 'node:os';
import type { Row } from './suite';

/** A table of docs/performance.md. */
interface Table {
  /** The table replaces the text between `<!-- bench:NAME -->` and `<!-- /bench -->`. */
  readonly name: string;
  readonly suite: string;
  readonly columns: readonly string[];
  /** @param rows of its suite */
  readonly lines: (rows: readonly Row[]) => readonly (readonly string[])[];
}

export const tables: readonly Table[] = [
  {
    name: 'parser',
    suite: 'parser',
    columns: [
      'payload',
      'chunk',
      'messages/s',
      'ns a byte',
      'readline, messages/s',
      'times as fast',
    ],
    lines: (rows) =>
      rows
        .filter(({ format }) => format === 'long')
        .map((row) => [
          bytes(row.payload),
          bytes(row.chunk),
          count(row.messagesPerSecond),
          String(row.nanosecondsPerByte),
          count(row.readlineMessagesPerSecond),
          String(row.timesReadline),
        ]),
  },
  {
    name: 'at-client',
    suite: 'at-client',
    columns: ['', 'payload', 'processor time a message', 'turn-around: median', '99 %'],
    lines: (rows) =>
      rows
        .filter(({ links }) => links === 1)
        .map((row) => [
          `${row.layer === 'driver' ? 'driver' : 'AT client'}, ${row.direction === 'send' ? 'sending' : 'receiving'}`,
          bytes(row.payload),
          `${String(row.cpuMicrosecondsPerMessage)} µs`,
          microseconds(row.turnaroundMedianMilliseconds),
          microseconds(row.turnaround99PercentMilliseconds),
        ]),
  },
  {
    name: 'utilization',
    suite: 'utilization',
    columns: ['', 'rate', 'sending, 1 link', '3 links', 'receiving, 1 link', '3 links'],
    lines: (rows) => {
      const all = rows.filter(({ payload }) => payload === 1024);
      const first = all.filter(({ direction, links }) => direction === 'send' && links === 1);
      const share = (via: unknown, rate: unknown, direction: string, links: number) => {
        const same = (row: Row) =>
          row.via === via && row.rate === rate && row.direction === direction;
        const found = all.find((row) => same(row) && row.links === links);
        return `${(Number(found?.utilization) * 100).toFixed(1)} %`;
      };
      return first.map(({ via, rate }) => [
        ways[String(via)] ?? String(via),
        Number(rate).toLocaleString('en-US'),
        share(via, rate, 'send', 1),
        share(via, rate, 'send', 3),
        share(via, rate, 'receive', 1),
        share(via, rate, 'receive', 3),
      ]);
    },
  },
  {
    name: 'climb',
    suite: 'climb',
    columns: ['', 'baud rate', 'opens within', '64 KiB out', 'in', 'times as fast: out', 'in'],
    lines: (rows) =>
      rows.map((row) => [
        climbWirings[String(row.wiring)] ?? String(row.wiring),
        Number(row.foundRate).toLocaleString('en-US'),
        `${String(row.climbMilliseconds)} ms`,
        `${String(row.sendMilliseconds)} ms`,
        `${String(row.receiveMilliseconds)} ms`,
        String(row.timesSend),
        String(row.timesReceive),
      ]),
  },
  {
    name: 'node-red',
    suite: 'node-red',
    columns: [
      '',
      'payload',
      'nodes: messages/s',
      'µs a message',
      'serial flow: messages/s',
      'µs a message',
      'times as fast',
      'ratio of processor time',
    ],
    lines: (rows) =>
      rows
        .filter(({ direction }) => direction !== undefined)
        .map((row) => [
          row.direction === 'send' ? 'sending' : 'receiving',
          bytes(row.payload),
          count(row.messagesPerSecond),
          String(row.cpuMicrosecondsPerMessage),
          count(row.serialMessagesPerSecond),
          String(row.serialCpuMicrosecondsPerMessage),
          String(row.timesSerial),
          String(row.cpuPartOfSerial),
        ]),
  },
  {
    name: 'delivery',
    suite: 'node-red',
    columns: ['from the server', 'nodes', 'serial flow'],
    lines: (rows) =>
      rows
        .filter(({ delivers }) => delivers !== undefined)
        .map((row) => [String(row.delivers), String(row.nodes), String(row.serial)]),
  },
  {
    name: 'recorder',
    suite: 'recorder',
    columns: [
      ...['', 'payload', 'recorder off', 'on', 'added', '% of a message in Node-RED'],
      ...['turn-around: off', 'on'],
    ],
    lines: (rows) =>
      rows
        .filter(({ direction }) => direction !== undefined)
        .map((row) => [
          row.direction === 'send' ? 'sending' : 'receiving',
          bytes(row.payload),
          `${String(row.cpuMicrosecondsPerMessageOff)} µs`,
          `${String(row.cpuMicrosecondsPerMessageOn)} µs`,
          `${String(row.addedMicroseconds)} µs`,
          `${String(row.addedPercentInNodeRed)} %`,
          microseconds(row.turnaroundMedianMillisecondsOff),
          microseconds(row.turnaroundMedianMillisecondsOn),
        ]),
  },
  {
    name: 'recorder-pty',
    suite: 'recorder',
    columns: ['payload', 'recorder off', 'on', 'added', 'off: interquartile range'],
    lines: (rows) =>
      rows
        .filter(({ via }) => via === 'pty')
        .map((row) => [
          bytes(row.payload),
          `${String(row.microsecondsPerMessageOff)} µs`,
          `${String(row.microsecondsPerMessageOn)} µs`,
          `${String(row.addedMicroseconds)} µs`,
          `${String(row.spreadMicroseconds)} µs`,
        ]),
  },
  {
    name: 'live-view',
    suite: 'recorder',
    columns: ['live view', 'messages/s', 'event loop delayed, 99 %', 'longest answer'],
    lines: (rows) =>
      rows
        .filter(({ view }) => view !== undefined)
        .map((row) => [
          String(row.view),
          count(row.messagesPerSecond),
          `${String(row.delay99PercentMilliseconds)} ms`,
          row.view === 'open' ? `${String(row.longestAnswerMilliseconds)} ms` : '',
        ]),
  },
  {
    name: 'growth',
    suite: 'growth',
    columns: [
      'devices',
      'links each',
      'sending: ns a byte',
      'receiving: ns a byte',
      'heap after a tenth',
      'heap at the end',
    ],
    lines: (rows) =>
      rows.map((row) => [
        String(row.devices),
        String(row.links),
        String(row.cpuNanosecondsPerByteSent),
        String(row.cpuNanosecondsPerByteReceived),
        `${String(row.heapMegabytesAfterTenth)} MB`,
        `${String(row.heapMegabytesAtEnd)} MB`,
      ]),
  },
];

const ways: Readonly<Record<string, string>> = {
  virtual: 'virtual time',
  process: 'one process',
  pty: 'pty, two processes',
};

const climbWirings: Readonly<Record<string, string>> = {
  fixed: 'fixed',
  wired: 'automatic, RTS and CTS wired',
  noisy: 'automatic, wired, bytes corrupt above 921,600',
  unwired: 'automatic, not wired',
};

/**
 * Returns the page with new tables of the suites that `rows` measure. Names this machine only where it has measured all
 * of the page.
 */
export function pageWith(page: string, rows: readonly Row[]): string {
  const measured = new Set(rows.map(({ suite }) => suite));
  const written: (readonly [string, string])[] = tables
    .filter(({ suite }) => measured.has(suite))
    .map(({ name, suite, columns, lines }): readonly [string, string] => [
      name,
      tableOf(columns, lines(rows.filter((row) => row.suite === suite))),
    ]);
  if (tables.every(({ suite }) => measured.has(suite))) written.push(['machine', machine()]);
  return written.reduce((text, [name, content]) => placed(text, name, content), page);
}

/** @throws Error for a name that the page does not have */
function placed(page: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- bench:${name} -->\\n)[^]*?(\\n<!-- /bench -->)`);
  if (!place.test(page)) throw new Error(`the page has no <!-- bench:${name} -->`);
  return page.replace(place, (_, begin: string, end: string) => begin + content + end);
}

export function tableOf(columns: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;
  return [row(columns), `|${'---|'.repeat(columns.length)}`, ...lines.map(row)].join('\n');
}

function machine(): string {
  const all = cpus();
  const processor = `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}`;
  return `Measured on ${processor}, Node.js ${process.versions.node}, ${process.platform}.`;
}

function bytes(value: unknown): string {
  const number = Number(value);
  return number >= 1024 ? `${number / 1024} KiB` : `${number} B`;
}

/** `1.96 M`, `135 k`, `19`. */
function count(value: unknown): string {
  const number = Number(value);
  if (number >= 1e6) return `${(number / 1e6).toPrecision(3)} M`;
  return number >= 1000 ? `${Number((number / 1000).toPrecision(3))} k` : String(number);
}

function microseconds(milliseconds: unknown): string {
  return milliseconds === undefined ? '' : `${(Number(milliseconds) * 1000).toFixed(1)} µs`;
}
