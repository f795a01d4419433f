import { fits, lengthOf, type BytePattern } from './pattern';
import { takeReports } from './reports';
import { RACING_REPORT, TEXT_VARIATIONS } from './variations';

/** One piece of output that is expected as it stands, but for the text variations. */
export class Expectation {
  readonly pattern: BytePattern;
  /** Only for what varies. */
  readonly #regex: RegExp | undefined;

  constructor(pattern: BytePattern) {
    this.pattern = pattern;
    const source =
      pattern.kind === 'whole' ? sourceFor(pattern.bytes.toString('latin1')) : undefined;
    if (source !== undefined) this.#regex = new RegExp(source, 'sy');
  }

  /** Where in `output` the piece ends that begins at `position`; undefined when it is not there. */
  match(output: Buffer, position: number): number | undefined {
    const end = position + lengthOf(this.pattern);
    if (fits(this.pattern, output.subarray(position, end))) return end;
    if (!this.#regex) return undefined;
    this.#regex.lastIndex = 0;
    const match = this.#regex.exec(output.toString('latin1', position));
    return match ? position + match[0].length : undefined;
  }
}

/** The source of a regular expression for `text`, with the variations let in; undefined without any. */
function sourceFor(text: string): string | undefined {
  const marks: { from: number; to: number; allowed: string }[] = [];
  for (const variation of TEXT_VARIATIONS) {
    for (const match of text.matchAll(variation.recorded)) {
      const [from, to] = [match.index, match.index + match[0].length];
      if (!marks.some((mark) => from < mark.to && mark.from < to)) {
        marks.push({ from, to, allowed: variation.allowed });
      }
    }
  }
  if (marks.length === 0) return undefined;
  marks.sort((a, b) => a.from - b.from);
  let source = '';
  let position = 0;
  for (const mark of marks) {
    source += quote(text.slice(position, mark.from)) + mark.allowed;
    position = mark.to;
  }
  return source + quote(text.slice(position));
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * Whether `actual` is `expected` but for the place of reports that race with answers. Of each link
 * the reports keep their order, and so does everything that is no such report.
 */
export function equalButForRaces(expected: Buffer, actual: Buffer): boolean {
  if (expected.length !== actual.length) return false;
  const left = takeReports(expected.toString('latin1'), RACING_REPORT);
  const right = takeReports(actual.toString('latin1'), RACING_REPORT);
  if (left.reports.length === 0 || left.rest !== right.rest) return false;
  return byLink(left.reports) === byLink(right.reports);
}

function byLink(reports: readonly string[]): string {
  const linkOf = (report: string): string => /:(\d)/.exec(report)?.[1] ?? '';
  const links = [...new Set(reports.map(linkOf))].sort();
  return links.map((link) => reports.filter((report) => linkOf(report) === link).join('')).join('');
}
