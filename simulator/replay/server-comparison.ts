import type { Line, Observation } from './recording';

interface ServerComparisonContext {
  /** The server has made the observation of a line. @param line its index */
  matched(line: number, at: number): void;
  /** @param line its index; undefined for an observation that was not recorded */
  differs(line: number | undefined, what: string, expected: string, got: string): void;
}

interface Expected {
  readonly line: number;
  readonly at: number;
  readonly connection: number;
  readonly observation: Observation;
}

interface Observed {
  readonly at: number;
  readonly observation: Observation;
}

/** Stands for every failed handshake: the server's error code comes from its TLS library and is not compared. */
const failedHandshake: Observation = { kind: 'raw', text: 'a TLS handshake failed' };
/** The connection number of all failed TLS handshakes. */
const FAILED_HANDSHAKES = 0;

/** Compares the server's observations with a recording, connection by connection. */
export class ServerComparison {
  readonly #context: ServerComparisonContext;
  readonly #expected: Expected[] = [];
  /** Observations by the bench's connection number. */
  readonly #observed = new Map<number, Observed[]>([[FAILED_HANDSHAKES, []]]);
  /** The bench's connection numbers by the recorded ones. */
  readonly #numbers = new Map<number, number>([[FAILED_HANDSHAKES, FAILED_HANDSHAKES]]);

  constructor(lines: readonly Line[], context: ServerComparisonContext) {
    this.#context = context;
    const conditions = new RecordedConditions();
    for (const [index, line] of lines.entries()) {
      conditions.pass(line);
      const { at } = line;
      if (line.kind === 'seen') {
        if (line.observation.kind === 'ended' && !conditions.ordinary) continue;
        this.#expected.push({
          line: index,
          at,
          connection: line.connection,
          observation: line.observation,
        });
      } else if (line.kind === 'tlsError') {
        const observation = failedHandshake;
        this.#expected.push({ line: index, at, connection: FAILED_HANDSHAKES, observation });
      }
    }
  }

  push(connection: number, observation: Observation, at: number): void {
    const seen = this.#observed.get(connection) ?? [];
    seen.push({ at, observation });
    this.#observed.set(connection, seen);
  }

  pushTlsError(at: number): void {
    this.push(FAILED_HANDSHAKES, failedHandshake, at);
  }

  /** Whether the device has opened a connection earlier than recorded. */
  get hasEarlyRequest(): boolean {
    return [...this.#observed.values()].some(([first]) => first?.observation.kind === 'request');
  }

  /** The bench's number of a recorded connection. Assigns the first free one where it has none. */
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

  abandon(end: number): void {
    for (const expected of this.missing(end)) {
      const number = this.find(expected.connection);
      const instead = number === undefined ? undefined : this.#observed.get(number)?.shift();
      this.#context.differs(
        expected.line,
        `connection ${expected.connection}: ${expected.observation.kind}`,
        expected.observation.text,
        instead ? `${instead.observation.kind} ${instead.observation.text}` : '',
      );
      this.#remove(expected);
    }
  }

  /** Reports stale observations, which were not recorded. */
  dropStale(isStale: (at: number, kind: Observation['kind']) => boolean): void {
    for (const [connection, seen] of this.#observed) {
      for (let [first] = seen; first && isStale(first.at, first.observation.kind); [first] = seen) {
        const { observation } = first;
        seen.shift();
        const what = `connection ${connection}: ${observation.kind} that was not recorded`;
        // Not an end: some recordings, such as class-A/J.jsonl, lack one that the simulated device sends.
        if (observation.kind !== 'ended')
          this.#context.differs(undefined, what, '', observation.text);
      }
    }
  }

  #matchOne(expected: Expected): boolean {
    const { connection, observation, line } = expected;
    const number =
      this.#numbers.get(connection) ??
      this.#assign(
        connection,
        ([first]) =>
          first?.observation.kind === observation.kind &&
          first.observation.text === observation.text,
      );
    const seen = number === undefined ? undefined : this.#observed.get(number);
    const [first] = seen ?? [];
    if (first?.observation.kind !== observation.kind || first.observation.text !== observation.text)
      return false;
    seen?.shift();
    this.#remove(expected);
    this.#context.matched(line, first.at);
    return true;
  }

  #remove(expected: Expected): void {
    this.#expected.splice(this.#expected.indexOf(expected), 1);
  }

  /** Assigns the first connection of the bench that fits and has no recorded number. */
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

/** The state of network, Wi-Fi and board in a recording. While `ordinary`, each FIN at the server comes from the device. */
class RecordedConditions {
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
