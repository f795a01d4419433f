import type { Books } from './books';
import type { Campaign, Strike } from './campaign';
import type { Verdict } from './judge';
import { unknowables, type Unknowable } from './unknowable';

/** How often what was seen. */
class Counts<Key extends string = string> {
  readonly #counts = new Map<Key, number>();

  add(key: Key, times = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
  }

  lines(text: (times: number, key: Key) => string): string[] {
    return [...this.#counts].map(([key, times]) => text(times, key));
  }

  list(): string {
    return this.lines((times, key) => `${times} ${key}`).join(', ');
  }
}

/** Runs in words, added up: counts by fault and by outcome, times, and what no host could know. */
export class Summary {
  violations = 0;
  #missed = 0;
  readonly #recoveries = new Map<string, number[]>();
  readonly #outcomes = new Counts();
  readonly #codes = new Counts();
  readonly #received = new Counts();
  readonly #requests = new Counts();
  readonly #events = new Counts();
  readonly #unknowable = new Counts<Unknowable>();
  readonly #violations: string[] = [];

  /** @param run tells violations of this run from those of others */
  add(books: Books, { strikes, missed }: Campaign, verdict: Verdict, run = ''): void {
    this.#missed += missed;
    for (const strike of strikes) this.#addStrike(strike);
    for (const { outcome, code } of books.out) {
      this.#outcomes.add(outcome);
      if (code !== '') this.#codes.add(`${outcome} ${code}`);
    }
    for (const { arrivals } of books.in)
      this.#received.add(arrivals.length > 0 ? 'arrived' : 'reported as lost');
    for (const [request, times] of books.requests) this.#requests.add(request, times);
    for (const { event } of books.said) this.#events.add(event);
    for (const [kind, times] of verdict.unknowable) this.#unknowable.add(kind, times);
    this.violations += verdict.violations.length;
    this.#violations.push(...verdict.violations.map((violation) => `  ${run}${violation}`));
  }

  toString(): string {
    const struck = [...this.#recoveries.values()].reduce((sum, times) => sum + times.length, 0);
    return [
      `${struck} faults struck (${this.#missed} found no moment)`,
      ...this.#table(),
      '',
      `messages to the server: ${this.#outcomes.list()}`,
      `  codes: ${this.#codes.list()}`,
      `messages to the host: ${this.#received.list()}`,
      `requests: ${this.#requests.list()}`,
      `events: ${this.#events.list()}`,
      '',
      'what no host could know:',
      ...this.#unknowable.lines((times, kind) => `  ${times} ${kind}: ${unknowables[kind]}`),
      '',
      `violations: ${this.violations}`,
      ...this.#violations,
    ].join('\n');
  }

  #addStrike(strike: Strike): void {
    const { names } = strike;
    const name = names.length > 1 ? 'two at once' : (names[0] ?? '');
    const times = this.#recoveries.get(name) ?? [];
    times.push(recoveryTime(strike));
    this.#recoveries.set(name, times);
  }

  /** A line for each fault: how often, and how long until everything worked again. */
  #table(): string[] {
    return [...this.#recoveries]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, unsorted]) => {
        const times = [...unsorted].sort((one, other) => one - other);
        const median = times[times.length >> 1] ?? 0;
        const worst = times.at(-1) ?? 0;
        return `  ${name.padEnd(16)} ${String(times.length).padStart(5)}  works again after ${seconds(median)} (median), ${seconds(worst)} (worst)`;
      });
  }
}

/** Milliseconds from the end of its cause until all links passed messages both ways again. */
function recoveryTime({ names, from, gone, recovered = Infinity }: Strike): number {
  // A frozen device is thawed by the driver alone.
  return recovered - (names.includes('freeze') ? from : gone);
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
