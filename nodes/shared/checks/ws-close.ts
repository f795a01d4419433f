import { closeReasonFlaw, isCloseCode } from '../../../driver/values/close-frame';
import { shown } from '../../../driver/values/text';
import { asText, isVariable, refused, type Check } from './refusal';
import { sourced } from './source';

export { sentence } from '../errors/sentence';

const graceful =
  (check: Check): Check =>
  (value, settings) =>
    settings.mode === 'now' ? undefined : check(value, settings);

const code: Check = (value) => {
  const text = asText(value);
  if (text === '' || isVariable(text) || isCloseCode(Number(text))) return undefined;
  return { code: 'INVALID_CLOSE_CODE', details: { closeCode: shown(text) } };
};

const reason: Check = (value) => {
  const text = asText(value);
  return isVariable(text) ? undefined : refused('INVALID_PAYLOAD', closeReasonFlaw(text));
};

export const checks = {
  code: graceful(sourced('code', 'closeCode', code)),
  reason: graceful(sourced('reason', 'closeReason', reason)),
} satisfies Readonly<Record<string, Check>>;
