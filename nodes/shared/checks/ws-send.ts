import { sourced } from './source';
import { timeoutSetting, wholeSetting, type Check } from './refusal';

export { sentence } from '../errors/sentence';

const whileAway =
  (check: Check): Check =>
  (value, settings) =>
    settings.whenAway === 'hold' ? check(value, settings) : undefined;

export const checks = {
  payload: sourced('payload', 'payload', () => undefined),
  timeout: sourced('timeout', 'timeout', timeoutSetting(0, 60_000)),
  holdSeconds: whileAway(wholeSetting('INVALID_CONFIG', 'holdSeconds', 1, 86_400)),
  holdMessages: whileAway(wholeSetting('INVALID_CONFIG', 'holdMessages', 1, 10_000)),
} satisfies Readonly<Record<string, Check>>;
