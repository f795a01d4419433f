import type { DataFormat, Frame } from '../../../driver/at/types';
import { Parser } from '../../../driver/at/parser/parser';
import type { Formats } from './device-speech';

export const SHORT: Formats = ['short', 'short', 'short'];
export const LONG: Formats = ['long', 'long', 'long'];

export interface Reading {
  readonly parser: Parser;
  readonly frames: Frame[];
}

/** A parser that records copies of its frames. */
export function reading(
  formats: readonly DataFormat[] = SHORT,
  onFrame: (frame: Frame, parser: Parser) => void = () => undefined,
): Reading {
  const frames: Frame[] = [];
  const parser = new Parser((frame) => {
    frames.push(frame.kind === 'data' ? { ...frame, bytes: Buffer.from(frame.bytes) } : frame);
    onFrame(frame, parser);
  });
  for (const link of [0, 1, 2] as const) parser.setDataFormat(link, formats[link] ?? 'short');
  return { parser, frames };
}

/** A parser that expects a prompt at any time. */
export function expecting(formats: readonly DataFormat[] = SHORT): Reading {
  const made = reading(formats, (frame, parser) => {
    if (frame.kind === 'prompt') parser.expectPrompt = true;
  });
  made.parser.expectPrompt = true;
  return made;
}
