import type { Flaw } from './flaw';

const NAME = '[^\\s.[\\]"\'`,;()]+';
const PATH = new RegExp(`^${NAME}([.]${NAME}|\\[\\d{1,6}\\])*$`);

/** Returns why a text is not a path of names with dots between, and indexes in brackets. */
export function pathFlaw(text: unknown): Flaw | undefined {
  if (typeof text !== 'string') return { reason: 'NOT_TEXT' };
  if (text === '') return { reason: 'EMPTY' };
  return PATH.test(text) ? undefined : { reason: 'NOT_PATH' };
}
