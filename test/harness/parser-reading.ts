import type { DataFormat, Frame } from '../../driver/at/types';
import { Parser } from '../../driver/at/parser/parser';
import type { Formats } from './device-speech';

export const SHORT: Formats = ['short', 'short', 'short'];
export const LONG: Formats = ['long', 'long', 'long'];

export interface Reading {
  readonly framer: Parser;
  readonly frames: Frame[];
}

/** A framer that notes its frames, with copies of what they hold. */
export function reading(
  formats: readonly DataFormat[] = SHORT,
  heard: (frame: Frame, framer: Parser) => void = () => undefined,
): Reading {
  const frames: Frame[] = [];
  const framer = new Parser((frame) => {
    frames.push(frame.kind === 'data' ? { ...frame, bytes: Buffer.from(frame.bytes) } : frame);
    heard(frame, framer);
  });
  for (const link of [0, 1, 2] as const) framer.setDataFormat(link, formats[link] ?? 'short');
  return { framer, frames };
}

/** One that always expects a prompt, as between a command line and its prompt. */
export function expecting(formats: readonly DataFormat[] = SHORT): Reading {
  const made = reading(formats, (frame, framer) => {
    if (frame.kind === 'prompt') framer.expectPrompt = true;
  });
  made.framer.expectPrompt = true;
  return made;
}
