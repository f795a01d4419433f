import { pathFlaw } from '../../../driver/values/json-path';
import { asText, isVariable, refused, timeoutSetting, wholeSetting, type Check } from './refusal';
import { sourced } from './source';

export { sentence } from '../errors/sentence';

/** Checks a value only while `setting`, `fallback` if it is not stored, has the value `choice`. */
const when =
  (setting: string, choice: string, check: Check, fallback = ''): Check =>
  (value, settings) =>
    (settings[setting] ?? fallback) === choice ? check(value, settings) : undefined;

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

export const checks = {
  requestPath: when('match', 'property', path('requestPath', 'id'), 'property'),
  replyPath: when('match', 'property', path('replyPath', ''), 'property'),
  condition: when('match', 'jsonata', condition),
  payload: sourced('payload', 'payload', () => undefined),
  timeout: sourced('timeout', 'timeout', timeoutSetting(1, 86_400_000)),
  holdSeconds: when('whenAway', 'hold', wholeSetting('INVALID_CONFIG', 'holdSeconds', 1, 86_400)),
} satisfies Readonly<Record<string, Check>>;
