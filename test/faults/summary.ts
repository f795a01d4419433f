import type { Books } from './books';
import type { Campaign, Strike } from './campaign';
import type { Verdict } from './judge';
import { unknowables, type Unknowable } from './unknowable';

/** A run in words: counts by fault and by outcome, times, and what no host could know. */
export function summarize(books: Books, campaign: Campaign, verdict: Verdict): string {
  const { strikes, missed } = campaign;
  return [
    `${strikes.length} faults struck (${missed} found no moment)`,
    ...table(strikes),
    '',
    `messages to the server: ${count(books.out, (entry) => entry.outcome)}`,
    `  codes: ${count(
      books.out.filter(({ code }) => code !== ''),
      (entry) => `${entry.outcome} ${entry.code}`,
    )}`,
    `messages to the host: ${count(books.in, arrived)}`,
    `requests: ${[...books.requests].map(([key, value]) => `${value} ${key}`).join(', ')}`,
    `events: ${count(books.said, (said) => said.event)}`,
    '',
    'what no host could know:',
    ...[...verdict.unknowable].map(([kind, times]) => `  ${times} ${kind}: ${meaning(kind)}`),
    '',
    `violations: ${verdict.violations.length}`,
    ...verdict.violations.map((violation) => `  ${violation}`),
  ].join('\n');
}

const arrived = ({ arrivals }: { readonly arrivals: readonly unknown[] }): string =>
  arrivals.length > 0 ? 'arrived' : 'reported as lost';

const meaning = (kind: Unknowable): string => unknowables[kind];

/** A line for each fault: how often, and how long until everything worked again. */
function table(strikes: readonly Strike[]): string[] {
  const byName = new Map<string, Strike[]>();
  for (const strike of strikes) {
    const name = strike.names.length > 1 ? 'two at once' : (strike.names[0] ?? '');
    byName.set(name, [...(byName.get(name) ?? []), strike]);
  }
  return [...byName]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, each]) => {
      const times = each.map(recoveryTime).sort((one, other) => one - other);
      const median = times[times.length >> 1] ?? 0;
      const worst = times.at(-1) ?? 0;
      return `  ${name.padEnd(16)} ${String(each.length).padStart(5)}  works again after ${seconds(median)} (median), ${seconds(worst)} (worst)`;
    });
}

/** Milliseconds from the end of its cause until all links passed messages both ways again. */
function recoveryTime({ names, from, gone, recovered = Infinity }: Strike): number {
  // A frozen device is thawed by the driver alone.
  return recovered - (names.includes('freeze') ? from : gone);
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

function count<T>(items: readonly T[], keyOf: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return [...counts].map(([key, value]) => `${value} ${key}`).join(', ');
}
