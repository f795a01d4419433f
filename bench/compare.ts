import { median, type Effort } from './suite';

/** One implementation of the compared work. Does it `times` times without a pause. */
type Candidate = (times: number) => void | Promise<void>;

/**
 * Measures the processor time of candidates that do the same work: milliseconds for one time, the median over rounds.
 * Each round runs all candidates, so that other load on the machine affects them alike. Candidates never wait: on an idle
 * machine, processor time equals elapsed time.
 */
export async function compare<Name extends string>(
  candidates: Readonly<Record<Name, Candidate>>,
  { roundMs, rounds }: Effort,
): Promise<Record<Name, number>> {
  const names = Object.keys(candidates) as Name[];
  const times = new Map<Name, number>();
  const results = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (const name of names) times.set(name, await timesFor(candidates[name], roundMs));
  for (let turn = 0; turn < rounds; turn++) {
    for (const name of names) {
      const count = times.get(name) ?? 1;
      results.get(name)?.push((await timed(candidates[name], count)) / count);
    }
  }
  const medians = names.map((name) => [name, median(results.get(name) ?? [])]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

/** The count of times that fills a round. The trials warm the candidate up. */
async function timesFor(candidate: Candidate, roundMs: number): Promise<number> {
  for (let times = 1; ; times *= 2) {
    const takenMs = await timed(candidate, times);
    if (takenMs >= roundMs) return Math.max(1, Math.round((times * roundMs) / takenMs));
  }
}

async function timed(candidate: Candidate, times: number): Promise<number> {
  const before = process.cpuUsage();
  await candidate(times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
