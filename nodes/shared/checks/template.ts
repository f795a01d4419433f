import { Writer } from 'mustache';
import type { FlowReason } from '../errors/node-error';
import type { Flaw } from './refusal';

const writer = new Writer();

/** Why a text is no Mustache template, or undefined. */
export function templateFlaw(template: string): Flaw | undefined {
  if (!isTemplate(template)) return undefined;
  try {
    writer.parse(template);
    return undefined;
  } catch (error) {
    return mustacheFlaw(error);
  }
}

export function isTemplate(text: string): boolean {
  return text.includes('{{');
}

/** Why Mustache failed. Without the text that it quotes: what looks like a tag may be part of a password. */
export function mustacheFlaw(error: unknown): Flaw {
  const text = error instanceof Error ? error.message : '';
  const position = Number(/ at (\d+)$/.exec(text)?.[1] ?? 0);
  const known: readonly (readonly [start: string, reason: FlowReason])[] = [
    ['Unclosed tag', 'TAG_NOT_CLOSED'],
    ['Unclosed section', 'SECTION_NOT_CLOSED'],
    ['Unopened section', 'SECTION_NOT_OPENED'],
    ['Invalid tags', 'BAD_DELIMITERS'],
  ];
  const reason = known.find(([start]) => text.startsWith(start))?.[1] ?? 'CONTEXT_UNREADABLE';
  return { reason, position };
}
