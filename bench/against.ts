import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, rounded, type Row } from './suite';

/** Numbers that identify the case of a row, as its texts do. Its other numbers are results. */
const caseNumbers = new Set(['devices', 'links', 'payload', 'chunk', 'rate']);
/** Numbers that say how much the suite measured. */
const amounts = new Set(['messages', 'sent', 'received', 'minimumMilliseconds']);

/** One figure of one case in both versions. */
interface Ratio {
  readonly what: string;
  readonly figure: string;
  /** Medians over the rounds. */
  readonly before: number;
  readonly now: number;
  /** Median of the rounds' ratios of now to before: other load on the machine affects both alike. */
  readonly ratio: number;
}

/** Compares the rows of each round. Leaves out the figures that only one version has. */
export function ratios(
  before: readonly (readonly Row[])[],
  now: readonly (readonly Row[])[],
): Ratio[] {
  const earlier = figures(before);
  return [...figures(now)].flatMap(([key, values]): Ratio[] => {
    const others = earlier.get(key);
    const [what = '', figure = ''] = key.split('\t');
    if (!others) return [];
    const each = values.map((value, round) => value / (others[round] ?? NaN));
    return [
      {
        what,
        figure,
        before: median(others),
        now: median(values),
        ratio: rounded(median(each.filter(Number.isFinite))),
      },
    ];
  });
}

/** The figures of all rounds by case and name. */
function figures(rounds: readonly (readonly Row[])[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const row of rounds.flat()) {
    const fields = Object.entries(row);
    const what = fields
      .filter(([name, value]) => typeof value === 'string' || caseNumbers.has(name))
      .map(([, value]) => String(value));
    for (const [name, value] of fields) {
      if (typeof value !== 'number' || caseNumbers.has(name) || amounts.has(name)) continue;
      const key = `${what.join(' ')}\t${name}`;
      found.set(key, [...(found.get(key) ?? []), value]);
    }
  }
  return found;
}

/**
 * Measures a revision and this version in turns, each with its own suites and the packages of this version.
 * @param args suites and `--quick`, as on the command line
 * @throws Error for an unknown revision, or when a run fails
 */
export function compareWith(revision: string, rounds: number, args: readonly string[]): Ratio[] {
  const here = join(__dirname, '..');
  const there = mkdtempSync(join(tmpdir(), 'esp-at-bench-'));
  const git = (...words: string[]) => execFileSync('git', words, { cwd: here, stdio: 'pipe' });
  try {
    git('worktree', 'add', '--detach', there, revision);
    symlinkSync(join(here, 'node_modules'), join(there, 'node_modules'), 'junction');
    // Only Node-RED runs compiled code.
    if (args.includes('node-red') || args.includes('recorder')) run(there, ['scripts/build.mjs']);
    const before: Row[][] = [];
    const now: Row[][] = [];
    for (let round = 0; round < rounds; round++) {
      before.push(measure(there, args));
      now.push(measure(here, args));
    }
    return ratios(before, now);
  } finally {
    rmSync(there, { recursive: true, force: true });
    git('worktree', 'prune');
  }
}

function measure(folder: string, args: readonly string[]): Row[] {
  const printed = run(folder, ['--import', 'tsx', 'bench/run.ts', ...args]);
  return printed.trim().split('\n').map(rowOf);
}

function rowOf(line: string): Row {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object') throw new Error(`no measurement: ${line}`);
  return { ...value };
}

function run(cwd: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return stdout;
}
