import type { Translate } from '../../../nodes/shared/message/translate';
import { asObject, asText, object } from '../../package/project';

/** Looks texts up in the catalog of a language, as Node-RED does. */
export function catalog(language: string, file = 'shared'): Translate {
  const texts = object(`locales/${language}/${file}.json`);
  return (key, values = {}) => {
    const [group = '', ...rest] = key.split('.');
    let found: unknown = texts[group];
    for (const name of rest) found = found === undefined ? undefined : asObject(found, key)[name];
    if (found === undefined) return key;
    return asText(found, key).replace(/__(\w+?)__/g, (_, name: string) =>
      String(values[name] ?? ''),
    );
  };
}
