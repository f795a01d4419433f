import { closeReasonFlaw, isCloseCode } from '../../../driver/values/close-frame';
import { shown } from '../../../driver/values/text';
import { asText, isVariable, refused, type Check } from './refusal';

export { sentence } from '../errors/sentence';

export const checks = {
  code(value, { mode }) {
    const text = asText(value);
    if (mode === 'now' || text === '' || isVariable(text) || isCloseCode(Number(text)))
      return undefined;
    return { code: 'INVALID_CLOSE_CODE', details: { closeCode: shown(text) } };
  },
  reason(value, { mode }) {
    const text = asText(value);
    if (mode === 'now' || isVariable(text)) return undefined;
    return refused('INVALID_PAYLOAD', closeReasonFlaw(text));
  },
} satisfies Readonly<Record<string, Check>>;
