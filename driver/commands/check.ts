import type { LinkId } from '../at/types';
import type { names, Reason } from '../error-reasons';
import { EspAtError, type ErrorDetails } from '../errors';

/** The same properties with unchecked values: a caller in JavaScript may pass anything. */
export type Unchecked<T> = { readonly [K in keyof T]?: unknown };

/** @throws EspAtError `INVALID_LINK` for anything but the numbers 0, 1 and 2 */
export function checkLink(link: unknown): LinkId {
  if (link === 0 || link === 1 || link === 2) return link;
  throw new EspAtError('INVALID_LINK', { link: shown(link) });
}

/** @throws EspAtError `INVALID_TIMEOUT` for anything but a whole number of milliseconds in the range */
export function checkTimeout(value: unknown, min: number, max: number): number {
  if (isWhole(value, min, max)) return value;
  throw new EspAtError('INVALID_TIMEOUT', { value: shown(value), min, max });
}

/** Checks that a device setting is a whole number in the range. @throws EspAtError `INVALID_SETTING` */
export function checkSetting(
  setting: keyof typeof names,
  value: unknown,
  min: number,
  max: number,
): number {
  if (isWhole(value, min, max)) return value;
  throw invalidSetting(setting, 'NOT_WHOLE', { value: shown(value), min, max });
}

export function invalidSetting(
  setting: keyof typeof names,
  reason: Reason,
  details: ErrorDetails = {},
): EspAtError {
  return new EspAtError('INVALID_SETTING', { setting, reason, ...details });
}

export function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** Formats an invalid value for a message: short, on one line, without the contents of objects. */
export function shown(value: unknown): string | number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  const text = JSON.stringify(value);
  return text.length <= 32 ? text : `${text.slice(0, 31)}…`;
}
