import { payloadText } from './payload-text';
import type { TrafficRow } from './traffic-rows';

/** Characters of a payload that a folded row shows. */
const FOLDED_CHARACTERS = 80;

/** The kinds of rows that a filter shows. */
export type RowGroup = 'all' | 'commands' | 'urcs' | 'messages' | 'driver';

const groups: Readonly<Record<Exclude<RowGroup, 'all'>, readonly TrafficRow['kind'][]>> = {
  commands: ['command', 'probe', 'response', 'result', 'diagnostic', 'prompt'],
  urcs: ['urc', 'data'],
  messages: ['data', 'payload'],
  driver: ['state', 'link', 'event', 'call', 'failure', 'port', 'skipped'],
};

/** What a row shows: folded, and whole if that is more. */
export function rowText({ text, kind, payload }: TrafficRow): {
  readonly folded: string;
  readonly whole?: string;
} {
  if (kind === 'probe') return { folded: text === '' ? 'CR LF' : text };
  if (payload === undefined) return { folded: text };
  const content = payloadText(payload);
  const start = content.slice(0, FOLDED_CHARACTERS).replace(/\s+/g, ' ');
  const after = (separator: string) => (text === '' ? '' : `${text}${separator}`);
  const folded = after(' ') + start;
  return content === start ? { folded } : { folded: `${folded} …`, whole: after('\n') + content };
}

/** Whether a filter shows a row. @param search any part of its text, in any case */
export function rowMatches(row: TrafficRow, group: RowGroup, search: string): boolean {
  if (group !== 'all' && !groups[group].includes(row.kind)) return false;
  if (search === '') return true;
  const { folded, whole = '' } = rowText(row);
  return `${folded}\n${whole}`.toLowerCase().includes(search.toLowerCase());
}
