import type { Item } from './transcript';

/** `WSCFG=0,2,5`, `ping 2 s, timeout 5 s`, `buffer 8`: what follows the link's number in WSCFG. */
export function configIn(text: string): string | undefined {
  const explicit = /WSCFG=[012],([\d,]+)/i.exec(text)?.[1];
  if (explicit !== undefined) return explicit;
  const ping = /\b(?:ping|interval)(?: interval| every)? (\d+)(?:-\d+)? ?s?\b/i.exec(text)?.[1];
  const pong = /(?:pong )?timeout (\d+) s\b/i.exec(text)?.[1];
  const buffer = /\bbuffer(?:[ _]size)?(?: of)? (\d+)/i.exec(text)?.[1];
  if (ping === undefined && buffer === undefined) return undefined;
  const values = `${ping ?? 10},${ping === undefined ? 120 : (pong ?? 120)}`;
  return buffer === undefined ? values : `${values},${buffer}`;
}

/** The first buffer size that any of these speaks of. */
export function bufferIn(items: readonly Item[]): string | undefined {
  for (const item of items) {
    const text = item.kind === 'row' ? item.left : item.kind === 'exchange' ? item.title : '';
    const config = /\bbuffer \d+/i.test(text) ? configIn(text) : undefined;
    if (config !== undefined) return config;
  }
  return undefined;
}
