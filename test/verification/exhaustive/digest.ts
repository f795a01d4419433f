import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ExhaustiveHarness } from './exhaustive-harness';
import type { Direction } from './fault-port';

/** Three hashes of one run. Versions of the driver with the same behavior have equal hashes. */
export interface RunDigest {
  /** Bytes the driver wrote, each write with its milliseconds. */
  readonly written: string;
  /** The result of each request, in the order of the requests. */
  readonly outcomes: string;
  /** Events and messages with their milliseconds, one list for the device and for each link. */
  readonly events: string;
}

/** The differences between the runs of two digests. */
interface Comparison {
  readonly compared: number;
  /** Count of runs that the other digest does not have. */
  readonly missing: number;
  readonly differing: Readonly<Record<keyof RunDigest, readonly string[]>>;
}

const parts = ['written', 'outcomes', 'events'] as const;

export function digestOf(harness: ExhaustiveHarness): RunDigest {
  const { port, log, events, linkEvents, messages } = harness;
  const of = (link: number) => ({
    events: linkEvents
      .filter(({ event }) => event.link === link)
      .map(({ at, event: { event, state, uri, owner, error, retryInMs } }) => {
        return [at, event, state, uri, owner, error?.code, retryInMs];
      }),
    messages: messages
      .filter((message) => message.link === link)
      .map(({ opcode, bytes }) => [opcode, bytes.toString('latin1')]),
  });
  return {
    written: hash(port.pieces('to-device').map(({ at, bytes }) => [at, bytes.toString('latin1')])),
    outcomes: hash([
      log.out.map(({ link, payload, outcome, code }) => [
        link,
        payload.toString('latin1'),
        outcome,
        code,
      ]),
      log.requests.map(({ name, result }) => [name, result]),
    ]),
    events: hash([
      events.map(({ at, event: { event, detail, error } }) => [at, event, detail, error?.code]),
      ...[0, 1, 2].map(of),
    ]),
  };
}

/**
 * A hash of everything that both ends did after the last fault, and of the results of all requests. Runs with equal hashes
 * have reached the same state, as far as it shows outside.
 */
export function futureOf({ port, log, events, linkEvents }: ExhaustiveHarness): string {
  const last = port.hits.at(-1);
  if (!last) return '';
  const after = (direction: Direction) =>
    port
      .pieces(direction)
      .filter(({ start, at }) => start >= last.offsets[direction] && at >= last.at)
      .map(({ at, bytes }) => [at, bytes.toString('latin1')]);
  return hash([
    after('to-device'),
    after('to-host'),
    log.out.map(({ outcome, code, settledAt }) => [outcome, code, settledAt]),
    log.requests.map(({ name, result }) => [name, result]),
    events
      .filter(({ at }) => at >= last.at)
      .map(({ at, event }) => [at, event.event, event.detail]),
    linkEvents
      .filter(({ at }) => at >= last.at)
      .map(({ at, event }) => [at, event.link, event.event]),
  ]);
}

/** Digests of runs, by the arguments that repeat each. */
export class Digests {
  readonly #runs = new Map<string, RunDigest>();

  static read(file: string): Digests {
    const digests = new Digests();
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [run, written, outcomes, events] = line.split('\t');
      if (run && written && outcomes && events) digests.add(run, { written, outcomes, events });
    }
    return digests;
  }

  add(run: string, digest: RunDigest): void {
    this.#runs.set(run, digest);
  }

  write(file: string): void {
    const lines = [...this.#runs].map(([run, { written, outcomes, events }]) =>
      [run, written, outcomes, events].join('\t'),
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
  }

  /** Compares the runs of this digest with those of another version. */
  compare(before: Digests): Comparison {
    const differing: Record<keyof RunDigest, string[]> = { written: [], outcomes: [], events: [] };
    let missing = 0;
    for (const [run, digest] of this.#runs) {
      const other = before.#runs.get(run);
      if (!other) missing++;
      else for (const part of parts) if (digest[part] !== other[part]) differing[part].push(run);
    }
    return { compared: this.#runs.size - missing, missing, differing };
  }
}

function hash(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
