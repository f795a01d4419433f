import type { FlowName } from '../errors/node-error';
import { asText, type Check } from './refusal';

/** Where a setting takes its value from, in the words of Node-RED's typed inputs. */
export type Source = 'str' | 'num' | 'msg' | 'flow' | 'global' | 'env' | 'jsonata';

/** Whether the text in the dialog is the value itself. Flows of older versions store no source. */
export function isFixed(source: unknown): source is 'str' | 'num' | undefined {
  return source === undefined || source === 'str' || source === 'num';
}

/** Checks a setting of a typed input, `<field>Type` beside `<field>`: with `check` if the text in the dialog is the value. */
export function sourced(field: string, setting: FlowName, check: Check): Check {
  return (value, settings) => {
    if (isFixed(settings[`${field}Type`])) return check(value, settings);
    if (asText(value) !== '') return undefined;
    return { code: 'VALUE_UNREADABLE', details: { setting, reason: 'EMPTY' } };
  };
}
