import type { Line, Sight } from './recording';

export interface ServerComparisonContext {
  /** Told when what line `line` (an index) tells was seen. */
  came(line: number, at: number): void;
  /** @param line an index; undefined for what was not recorded */
  differs(line: number | undefined, what: string, expected: string, got: string): void;
}

interface Expected {
  readonly line: number;
  readonly at: number;
  readonly connection: number;
  readonly sight: Sight;
}

interface Observed {
  readonly at: number;
  readonly sight: Sight;
}

/** How the server words it is not the device's. */
const failedHandshake: Sight = { kind: 'raw', text: 'a TLS handshake failed' };
/** Connections of TLS handshakes that failed. */
const FAILED_HANDSHAKES = 0;

/** Compares what the server sees with a recording, connection by connection. */
export class ServerComparison {
  readonly #context: ServerComparisonContext;
  readonly #expected: Expected[] = [];
  /** By the bench's numbers. */
  readonly #observed = new Map<number, Observed[]>([[FAILED_HANDSHAKES, []]]);
  /** Recorded numbers to the bench's. */
  readonly #numbers = new Map<number, number>([[FAILED_HANDSHAKES, FAILED_HANDSHAKES]]);

  constructor(lines: readonly Line[], context: ServerComparisonContext) {
    this.#context = context;
    const surroundings = new Surroundings();
    for (const [index, line] of lines.entries()) {
      surroundings.pass(line);
      const { at } = line;
      if (line.kind === 'seen') {
        if (line.sight.kind === 'ended' && !surroundings.ordinary) continue;
        this.#expected.push({ line: index, at, connection: line.connection, sight: line.sight });
      } else if (line.kind === 'tlsError') {
        const sight = failedHandshake;
        this.#expected.push({ line: index, at, connection: FAILED_HANDSHAKES, sight });
      }
    }
  }

  push(connection: number, sight: Sight, at: number): void {
    const seen = this.#observed.get(connection) ?? [];
    seen.push({ at, sight });
    this.#observed.set(connection, seen);
  }

  pushTlsError(at: number): void {
    this.push(FAILED_HANDSHAKES, failedHandshake, at);
  }

  /** Whether a connection has been opened that was recorded later. */
  get hasEarlyRequest(): boolean {
    return [...this.#observed.values()].some(([first]) => first?.sight.kind === 'request');
  }

  /** The bench's number of a recorded connection. */
  find(connection: number): number | undefined {
    return this.#numbers.get(connection) ?? this.#assign(connection, () => true);
  }

  missing(end: number): readonly Expected[] {
    return this.#expected.filter(({ line }) => line < end);
  }

  match(end: number): boolean {
    const blocked = new Set<number>();
    for (const expected of this.missing(end)) {
      if (blocked.has(expected.connection) || !this.#matchOne(expected)) {
        blocked.add(expected.connection);
      }
    }
    return blocked.size === 0;
  }

  giveUp(end: number): void {
    for (const expected of this.missing(end)) {
      const number = this.find(expected.connection);
      const instead = number === undefined ? undefined : this.#observed.get(number)?.shift();
      this.#context.differs(
        expected.line,
        `connection ${expected.connection}: ${expected.sight.kind}`,
        expected.sight.text,
        instead ? `${instead.sight.kind} ${instead.sight.text}` : '',
      );
      this.#remove(expected);
    }
  }

  dropBefore(stale: (at: number, kind: Sight['kind']) => boolean): void {
    for (const [connection, seen] of this.#observed) {
      while (seen[0] && stale(seen[0].at, seen[0].sight.kind)) {
        const { sight } = seen.shift() ?? seen[0];
        const what = `connection ${connection}: ${sight.kind} that was not recorded`;
        if (sight.kind !== 'ended') this.#context.differs(undefined, what, '', sight.text);
      }
    }
  }

  #matchOne(expected: Expected): boolean {
    const { connection, sight, line } = expected;
    const number =
      this.#numbers.get(connection) ??
      this.#assign(
        connection,
        ([first]) => first?.sight.kind === sight.kind && first.sight.text === sight.text,
      );
    const seen = number === undefined ? undefined : this.#observed.get(number);
    const [first] = seen ?? [];
    if (first?.sight.kind !== sight.kind || first.sight.text !== sight.text) return false;
    seen?.shift();
    this.#remove(expected);
    this.#context.came(line, first.at);
    return true;
  }

  #remove(expected: Expected): void {
    this.#expected.splice(this.#expected.indexOf(expected), 1);
  }

  /** Takes the first connection that has no recorded number yet and fits. */
  #assign(connection: number, fits: (seen: readonly Observed[]) => boolean): number | undefined {
    const taken = new Set(this.#numbers.values());
    for (const [number, seen] of this.#observed) {
      if (taken.has(number) || !fits(seen)) continue;
      this.#numbers.set(connection, number);
      return number;
    }
    return undefined;
  }
}

/** Whether the network, Wi-Fi and the board are so that a FIN which the server sees is the device's. */
class Surroundings {
  #network = true;
  #wifi = true;
  #board = true;

  get ordinary(): boolean {
    return this.#network && this.#wifi && this.#board;
  }

  pass(line: Line): void {
    if (line.kind === 'network') this.#network = line.to === 'ok';
    else if (line.kind === 'wifi') this.#wifi = line.to !== 'lost';
    else if (line.kind === 'reset') this.#board = false;
    else if (line.kind === 'board') this.#board = line.to !== 'off';
    else if (line.kind === 'device' && line.bytes.includes('\r\nready\r\n')) this.#board = true;
  }
}
