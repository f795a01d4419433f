import { Counts } from '../counts';
import type { MessageLog } from '../message-log';
import type { FaultEpisode } from './fault-episode';
import type { FaultRun } from './fault-run';
import type { Findings } from './invariants/findings';
import { undetectables, type Undetectable } from './invariants/undetectable';

/** Sums up runs as text: counts by fault and by outcome, times, and undetectable changes. */
export class Summary {
  violations = 0;
  #missed = 0;
  readonly #recoveries = new Map<string, number[]>();
  readonly #outcomes = new Counts();
  readonly #codes = new Counts();
  readonly #received = new Counts();
  readonly #requests = new Counts();
  readonly #events = new Counts();
  readonly #undetectable = new Counts<Undetectable>();
  readonly #violations: string[] = [];

  /** @param run prefix of this run's violations */
  add(
    log: MessageLog,
    { episodes, missed }: FaultRun,
    result: Pick<Findings, 'violations' | 'undetectable'>,
    run = '',
  ): void {
    this.#missed += missed;
    for (const episode of episodes) this.#addEpisode(episode);
    for (const { outcome, code } of log.out) {
      this.#outcomes.add(outcome);
      if (code !== '') this.#codes.add(`${outcome} ${code}`);
    }
    for (const { arrivals } of log.in)
      this.#received.add(arrivals.length > 0 ? 'arrived' : 'did not arrive');
    for (const { name, result } of log.requests) this.#requests.add(`${name}: ${result}`);
    for (const { event } of log.events) this.#events.add(event);
    this.#undetectable.addAll(result.undetectable);
    this.violations += result.violations.length;
    this.#violations.push(...result.violations.map(({ text }) => `  ${run}${text}`));
  }

  toString(): string {
    const count = [...this.#recoveries.values()].reduce((sum, times) => sum + times.length, 0);
    return [
      `${count} faults, or two at once, applied (${this.#missed} found no trigger)`,
      ...this.#table(),
      '',
      `messages to the server: ${this.#outcomes.list()}`,
      `  codes: ${this.#codes.list()}`,
      `messages to the host: ${this.#received.list()}`,
      `requests: ${this.#requests.list()}`,
      `events: ${this.#events.list()}`,
      '',
      'undetectable:',
      ...this.#undetectable.lines((times, kind) => `  ${times} ${kind}: ${undetectables[kind]}`),
      '',
      `violations: ${this.violations}`,
      ...this.#violations,
    ].join('\n');
  }

  #addEpisode(episode: FaultEpisode): void {
    const { names } = episode;
    const name = names.length > 1 ? 'two at once' : (names[0] ?? '');
    const times = this.#recoveries.get(name) ?? [];
    times.push(recoveryTime(episode));
    this.#recoveries.set(name, times);
  }

  /** A line for each fault: its count, and the times until messages passed again. */
  #table(): string[] {
    return [...this.#recoveries]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, unsorted]) => {
        const times = [...unsorted].sort((one, other) => one - other);
        const median = times[times.length >> 1] ?? 0;
        const worst = times.at(-1) ?? 0;
        return `  ${name.padEnd(16)} ${String(times.length).padStart(5)}  messages pass again after ${seconds(median)} (median), ${seconds(worst)} (worst)`;
      });
  }
}

/** Milliseconds from the end of the fault until all links passed messages both ways again. */
function recoveryTime({ names, from, gone, recovered = Infinity }: FaultEpisode): number {
  // Only the driver ends a freeze.
  return recovered - (names.includes('freeze') ? from : gone);
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
