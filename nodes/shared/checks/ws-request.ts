import { pathFlaw } from '../../../driver/values/json-path';
import {
  asText,
  isVariable,
  onlyWhile,
  refused,
  timeoutSetting,
  wholeSetting,
  type Check,
  type Range,
} from './refusal';
import { sourced } from './source';

export { sentence } from '../errors/sentence';

/** Milliseconds. */
export const timeoutRange: Range = [1, 86_400_000];

const path =
  (setting: 'requestPath' | 'replyPath', fallback: string): Check =>
  (value = fallback) => {
    const text = asText(value);
    if (isVariable(text) || (text === '' && fallback === '')) return undefined;
    return refused('INVALID_REQUEST', pathFlaw(text), { setting });
  };

const condition: Check = (value) =>
  asText(value) === ''
    ? { code: 'INVALID_REQUEST', details: { setting: 'condition', reason: 'EMPTY' } }
    : undefined;

const holdSeconds = wholeSetting('INVALID_CONFIG', 'holdSeconds', 1, 86_400);

export const checks = {
  requestPath: onlyWhile('match', 'property', path('requestPath', 'id'), 'property'),
  replyPath: onlyWhile('match', 'property', path('replyPath', ''), 'property'),
  condition: onlyWhile('match', 'jsonata', condition),
  payload: sourced('payload', 'payload', () => undefined),
  timeout: sourced('timeout', 'timeout', timeoutSetting(timeoutRange)),
  holdSeconds: onlyWhile('whenAway', 'hold', holdSeconds),
} satisfies Readonly<Record<string, Check>>;
