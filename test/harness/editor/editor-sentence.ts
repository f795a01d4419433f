import { sentenceOf } from '../../../nodes/shared/errors/sentence';
import { asObject, asText } from '../../package/project';
import { catalog } from './catalog';

/** The sentence that the editor shows for an error of the runtime. */
export function editorSentence(error: unknown, language = 'en-US'): string {
  const { code, details, message } = asObject(error, 'error');
  const values = Object.entries(asObject(details, 'details')).map(
    ([name, value]) => [name, typeof value === 'number' ? value : String(value)] as const,
  );
  return sentenceOf(catalog(language), {
    code: asText(code, 'code'),
    details: Object.fromEntries(values),
    message: asText(message, 'message'),
  });
}
