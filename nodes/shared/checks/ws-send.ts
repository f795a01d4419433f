import type { FlowName } from '../errors/node-error';
import { onlyWhile, timeoutSetting, wholeSetting, type Check, type Range } from './refusal';
import { sourced } from './source';

export { sentence } from '../errors/sentence';

/** Milliseconds. */
export const timeoutRange: Range = [0, 60_000];

const holdLimit = (setting: FlowName, max: number): Check =>
  onlyWhile('whenAway', 'hold', wholeSetting('INVALID_CONFIG', setting, 1, max));

export const checks = {
  payload: sourced('payload', 'payload', () => undefined),
  timeout: sourced('timeout', 'timeout', timeoutSetting(timeoutRange)),
  holdSeconds: holdLimit('holdSeconds', 86_400),
  holdMessages: holdLimit('holdMessages', 10_000),
} satisfies Readonly<Record<string, Check>>;
