import type { ErrorDetails } from '../../../driver/errors';
import { shown } from '../../../driver/values/text';
import { wholeFlaw } from '../../../driver/values/whole';
import type { FlowErrorCode, FlowName, FlowReason, Refusal } from '../errors/node-error';

// The modules of this folder are pure: the runtime and, in the browser, the dialogs run the same ones.

/** The settings of a node as its dialog stores them. */
export type Settings = Readonly<Record<string, unknown>>;

/** Checks a setting, given all settings of the node. A value with `${ENV}` is for the runtime to check. */
export type Check = (value: unknown, settings: Settings) => Refusal | undefined;

/** The smallest and the largest value that a setting takes. */
export type Range = readonly [min: number, max: number];

/** Why a value is refused: the reason, with its parameters. */
export type Flaw = ErrorDetails & { readonly reason: FlowReason };

/** A refusal, if there is a flaw. */
export function refused(
  code: FlowErrorCode,
  flaw: Flaw | undefined,
  details: ErrorDetails = {},
): Refusal | undefined {
  return flaw && { code, details: { ...details, ...flaw } };
}

/** Whether the runtime completes a value from the environment. */
export function isVariable(value: unknown): boolean {
  return typeof value === 'string' && /\$\{[^}]+\}/.test(value);
}

/** A setting as text, trimmed as the runtime does. */
export function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** Checks a whole number. Empty stands for the default. */
export function wholeSetting(
  code: 'INVALID_SETTING' | 'INVALID_CONFIG',
  setting: FlowName,
  min: number,
  max: number,
): Check {
  return (value) => {
    const text = asText(value);
    if (text === '' || isVariable(text)) return undefined;
    const flaw = wholeFlaw(Number(text), min, max);
    return flaw && { code, details: { setting, ...flaw, value: shown(numberOrText(text)) } };
  };
}

/** Checks a number of milliseconds. Empty stands for the default. */
export function timeoutSetting([min, max]: Range): Check {
  return (value) => {
    const text = asText(value);
    if (text === '' || isVariable(text) || !wholeFlaw(Number(text), min, max)) return undefined;
    return { code: 'INVALID_TIMEOUT', details: { value: shown(numberOrText(text)), min, max } };
  };
}

/** Checks a value only while the setting `field` is `choice`. A flow that lacks the setting has `fallback`. */
export function onlyWhile(field: string, choice: string, check: Check, fallback = ''): Check {
  return (value, settings) =>
    (settings[field] ?? fallback) === choice ? check(value, settings) : undefined;
}

function numberOrText(text: string): number | string {
  return Number.isNaN(Number(text)) ? text : Number(text);
}
