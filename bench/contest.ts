import { median, type Effort } from './suite';

/** Does the same work as the others in its own way; `times` over, without a pause. */
export type Contender = (times: number) => void | Promise<void>;

/**
 * How long contenders take for the same work, in milliseconds of processor time for one time of it: medians
 * over rounds in which all of them had their turn, so that whatever else the machine does meets all of them
 * alike. They wait for nothing, so that on a machine that does nothing else it is the time that passes.
 */
export async function contest<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { round, rounds }: Effort,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const times = new Map<Name, number>();
  const results = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (const name of names) times.set(name, await timesFor(contenders[name], round));
  for (let turn = 0; turn < rounds; turn++) {
    for (const name of names) {
      const count = times.get(name) ?? 1;
      results.get(name)?.push((await timed(contenders[name], count)) / count);
    }
  }
  const medians = names.map((name) => [name, median(results.get(name) ?? [])]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

/** How many times fill a round; finding it out warms the contender up. */
async function timesFor(contender: Contender, round: number): Promise<number> {
  for (let times = 1; ; times *= 2) {
    const taken = await timed(contender, times);
    if (taken >= round) return Math.max(1, Math.round((times * round) / taken));
  }
}

async function timed(contender: Contender, times: number): Promise<number> {
  const before = process.cpuUsage();
  await contender(times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
