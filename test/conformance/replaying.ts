import assert from 'node:assert/strict';
import type { FirmwareClass } from '../../simulator/firmware';
import type { SectionOutcome, StepOutcome } from './outcome';
import { parseTranscript } from './parse';
import { replaySection } from './replay';

/** Replays the first section of a transcript. */
export async function replay(
  markdown: string,
  firmware: FirmwareClass = 'D',
): Promise<SectionOutcome> {
  const [section] = parseTranscript(`# Recorded\n\n${markdown}`);
  assert.ok(section);
  return replaySection(section, firmware);
}

/** The outcome of the last step. */
export async function replayStep(
  markdown: string,
  firmware: FirmwareClass = 'D',
): Promise<StepOutcome> {
  const { steps } = await replay(markdown, firmware);
  const last = steps.at(-1);
  assert.ok(last);
  return last;
}

/** Lines between fences. */
export const fence = (...lines: string[]): string => ['```', ...lines, '```', ''].join('\n');

/** A step under its title. */
export const step = (title: string, ...lines: string[]): string =>
  `**${title}**\n${fence(...lines)}`;

/** A step that opens link 0. */
export const OPEN = step(
  'open',
  'H>   0.000  AT+WSOPEN=0,"ws://127.0.0.1:40001/plain"\\r\\n',
  'D>   0.003  AT+WSOPEN=0,"ws://127.0.0.1:40001/plain"\\r\\n+WS_CONNECTED:0\\r\\n\\r\\nOK\\r\\n',
);
