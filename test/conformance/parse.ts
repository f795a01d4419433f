import type { Actor, Item, Note, Section, TranscriptLine } from './transcript';

const ACTORS: Readonly<Record<string, Actor>> = { H: 'host', D: 'device', S: 'server' };
const LINE = /^\s*([HDS])>?\s+(\d+(?:\.\d+)?)s?(?: {1,2}(.*))?$/s;
const ARROW = /^(.*?)\s*(?:->|→)(?: (.*))?$/s;

/** Reads a Markdown transcript. Nothing is refused: what has no known form becomes a note. */
export function parseTranscript(markdown: string): Section[] {
  const sections: { title: string; line: number; items: Item[] }[] = [];
  let title: { readonly text: string; readonly line: number; readonly notes: Note[] } | undefined;
  let fence: { readonly line: number; readonly lines: string[] } | undefined;
  /** A heading or a line of prose, as long as nothing else has come: the title of a fence without one. */
  let lead = '';
  const items = (): Item[] => {
    const last = sections.at(-1);
    if (last) return last.items;
    const first = { title: '(untitled)', line: 1, items: [] };
    sections.push(first);
    return first.items;
  };
  /** A title without a fence of its own says something all the same. */
  const flush = (): void => {
    if (title) {
      const { line, text, notes } = title;
      items().push({ kind: 'exchange', line, title: text, lines: [] }, ...notes);
    }
    title = undefined;
  };
  for (const [index, raw] of markdown.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (/^\s*```/.test(raw)) {
      if (fence) {
        items().push(...readFence(fence.lines, fence.line, title?.text ?? lead, title?.line));
        items().push(...(title?.notes ?? []));
        title = fence = undefined;
        lead = '';
      } else {
        fence = { line, lines: [] };
      }
      continue;
    }
    if (fence) {
      fence.lines.push(raw);
      continue;
    }
    const text = raw.trim();
    const bold = /^\*\*(.+)\*\*:?$/.exec(text);
    const heading = /^(#+)\s+(.*)$/.exec(text);
    if (text === '') continue;
    const note: Note | undefined = bold || heading ? undefined : { kind: 'note', line, text };
    if (note && title) {
      // Prose between a title and its fence.
      title.notes.push(note);
      continue;
    }
    flush();
    lead = bold || heading?.[1] === '#' ? '' : (heading?.[2] ?? text);
    if (bold) title = { text: bold[1] ?? '', line, notes: [] };
    else if (heading?.[1] === '#') sections.push({ title: heading[2] ?? '', line, items: [] });
    else if (heading) items().push({ kind: 'heading', line, text: heading[2] ?? '' });
    else if (note) items().push(note);
  }
  if (fence) items().push(...readFence(fence.lines, fence.line, title?.text ?? '', title?.line));
  else flush();
  return sections;
}

function readFence(
  lines: readonly string[],
  fenceLine: number,
  title: string,
  titleLine = fenceLine,
): Item[] {
  const filled = lines.filter((line) => line.trim() !== '');
  const parsed = filled.flatMap((line) => readLine(line) ?? []);
  if (parsed.length * 2 >= filled.length && (filled.length > 0 || title !== '')) {
    const rest = filled.filter((line) => !LINE.test(line));
    const notes = rest.map((text): Item => ({ kind: 'note', line: fenceLine, text: text.trim() }));
    return [{ kind: 'exchange', line: titleLine, title, lines: parsed }, ...notes];
  }
  return lines.flatMap((text, index): Item[] => {
    const line = fenceLine + 1 + index;
    if (text.trim() === '') return [];
    const match = ARROW.exec(text);
    if (!match) return [{ kind: 'note', line, text: text.trim() }];
    return [{ kind: 'row', line, left: (match[1] ?? '').trim(), right: (match[2] ?? '').trim() }];
  });
}

function readLine(text: string): TranscriptLine | undefined {
  const match = LINE.exec(text);
  const actor = ACTORS[match?.[1] ?? ''];
  if (!match || !actor) return undefined;
  return { actor, time: Math.round(Number(match[2]) * 1000), text: match[3] ?? '' };
}
