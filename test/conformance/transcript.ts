/** Who acts in a line: the host, the device, or the server (and the world beyond it). */
export type Actor = 'host' | 'device' | 'server';

/** One line of an exchange. */
export interface TranscriptLine {
  readonly actor: Actor;
  /** Milliseconds since the start of the step. */
  readonly time: number;
  /** Escaped bytes of the host and the device; words of the server. */
  readonly text: string;
}

/** A titled exchange: `**title**` and a fence of `H>`, `D>`, `S` lines. */
export interface Exchange {
  readonly kind: 'exchange';
  readonly line: number;
  readonly title: string;
  readonly lines: readonly TranscriptLine[];
}

/** A row `left -> right` of a table, with the heading above it. */
export interface Row {
  readonly kind: 'row';
  readonly line: number;
  readonly left: string;
  readonly right: string;
}

/** `### …` */
export interface Heading {
  readonly kind: 'heading';
  readonly line: number;
  readonly text: string;
}

/** A line of prose. */
export interface Note {
  readonly kind: 'note';
  readonly line: number;
  readonly text: string;
}

export type Item = Exchange | Row | Heading | Note;

/** What follows one `# …`: one device, fresh at its start. */
export interface Section {
  readonly title: string;
  readonly line: number;
  readonly items: readonly Item[];
}

/** What the device says to the line at `index`, up to the host's next. */
export function answerTo(lines: readonly TranscriptLine[], index: number): string {
  let answer = '';
  for (const line of lines.slice(index + 1)) {
    if (line.actor === 'host') break;
    if (line.actor === 'device') answer += line.text;
  }
  return answer;
}

/** The final result of the WSSEND that a line begins or feeds; undefined when none is shown. */
export function finalOf(lines: readonly TranscriptLine[], index: number): string | undefined {
  for (const line of lines.slice(index + 1)) {
    if (line.actor === 'host' && /^AT\+WSSEND/i.test(line.text)) break;
    const result = /\\r\\n(SEND OK|SEND FAIL|ERROR)\\r\\n/.exec(line.text)?.[1];
    if (line.actor === 'device' && result !== undefined) return result;
  }
  return undefined;
}
