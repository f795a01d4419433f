import { wsopenFlaw, type WsopenParameters } from '../../../driver/values/wsopen-parameters';
import { subprotocolFlaw } from '../../../driver/values/header';
import { MIN_REQUEST_BYTES, requestBytes } from '../../../driver/values/upgrade-request';
import { uriFlaw } from '../../../driver/values/uri';
import type { Refusal } from '../errors/node-error';
import { delimiterFlaw } from './delimiter';
import { headerListRefusal, headerOf } from './header-list';
import {
  asText,
  isVariable,
  onlyWhile,
  refused,
  timeoutSetting,
  wholeSetting,
  type Check,
  type Range,
  type Settings,
} from './refusal';
import { isFixed, sourced } from './source';
import { isTemplate, templateFlaw } from './template';

export { headerRefusal } from './header-list';
export { sentence } from '../errors/sentence';

/** Milliseconds. */
export const timeoutRange: Range = [1, 180_000];

const timeout = timeoutSetting(timeoutRange);

export const checks = {
  uri: sourced('uri', 'uri', (value, settings) => {
    const uri = asText(value);
    if (uri === '') {
      // With a fixed link, keep-open needs a URI at start. With another `uriType` than `str`, sourced() does not call this check.
      const opens = settings.keepOpen === true && settings.link !== 'msg';
      return opens ? { code: 'INVALID_URI', details: { reason: 'EMPTY' } } : undefined;
    }
    if (isVariable(uri)) return undefined;
    if (isTemplate(uri)) return templateRefusal('uri', uri);
    return refused('INVALID_URI', uriFlaw(uri)) ?? lineRefusal('INVALID_URI', settings, { uri });
  }),
  subprotocol: sourced('subprotocol', 'subprotocol', (value, settings) => {
    const subprotocol = asText(value);
    if (isVariable(subprotocol)) return undefined;
    if (isTemplate(subprotocol)) return templateRefusal('subprotocol', subprotocol);
    return (
      refused('INVALID_SUBPROTOCOL', subprotocolFlaw(subprotocol)) ??
      lineRefusal('INVALID_SUBPROTOCOL', settings, { subprotocol })
    );
  }),
  timeout: sourced('timeout', 'timeout', timeout),
  headers(value, settings) {
    const { uri, subprotocol } = lineOf(settings, {});
    const known = uri !== '' && uriFlaw(uri) === undefined;
    const bareBytes = known
      ? requestBytes({ uri, subprotocol, authorization: '' })
      : MIN_REQUEST_BYTES;
    const refusal = headerListRefusal(value, bareBytes);
    if (refusal) return refusal;
    const rows: readonly unknown[] = Array.isArray(value) ? value : [];
    const isBoth =
      settings.hasAuthorization === true &&
      rows.some((row) => headerOf(row).name.toLowerCase() === 'authorization');
    return isBoth
      ? { code: 'INVALID_AUTHORIZATION', details: { reason: 'ALSO_HEADER' } }
      : undefined;
  },
  delimiter: (value, { joining }) => {
    if (joining !== 'delimiter' || isVariable(value)) return undefined;
    const text = typeof value === 'string' ? value : '';
    return refused('INVALID_CONFIG', delimiterFlaw(text), { setting: 'delimiter' });
  },
  silence: onlyWhile('joining', 'silence', wholeSetting('INVALID_CONFIG', 'idleMs', 1, 60_000)),
  maxMessage: wholeSetting('INVALID_CONFIG', 'maxMessageBytes', 1, 1024 ** 3),
} satisfies Readonly<Record<string, Check>>;

function templateRefusal(field: string, text: string): Refusal | undefined {
  return refused('TEMPLATE_FAILED', templateFlaw(text), { field });
}

/**
 * Checks that the values of the dialog fit into one command.
 * @param code the error code of the checked field; the check of another field reports a flaw with another code
 */
function lineRefusal(
  code: Refusal['code'],
  settings: Settings,
  value: Partial<WsopenParameters>,
): Refusal | undefined {
  const line = lineOf(settings, value);
  const refusal = line.uri === '' ? undefined : wsopenFlaw(line);
  return refusal?.code === code ? { code, details: refusal.flaw } : undefined;
}

/** The values that are known before a message comes. */
function lineOf(settings: Settings, value: Partial<WsopenParameters>): WsopenParameters {
  const known = (field: string): string => {
    const text = asText(settings[field]);
    const isKnown = isFixed(settings[`${field}Type`]) && !isVariable(text) && !isTemplate(text);
    return isKnown ? text : '';
  };
  const isTime = known('timeout') !== '' && timeout(known('timeout'), settings) === undefined;
  return {
    uri: known('uri'),
    subprotocol: known('subprotocol'),
    timeoutMs: isTime ? Number(known('timeout')) : undefined,
    authorization: '',
    ...value,
  };
}
