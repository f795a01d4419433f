import type { Name } from '../error-reasons';
import { EspAtError } from '../errors';
import type { Flaw } from '../values/flaw';
import { shown } from '../values/text';
import { isWhole, wholeFlaw } from '../values/whole';

/** The same properties with unchecked values: a caller in JavaScript may pass anything. */
export type Unchecked<T> = { readonly [K in keyof T]?: unknown };

/** @throws EspAtError `INVALID_TIMEOUT` for anything but a whole number of milliseconds in the range */
export function checkTimeout(value: unknown, min: number, max: number): number {
  if (isWhole(value, min, max)) return value;
  throw new EspAtError('INVALID_TIMEOUT', { value: shown(value), min, max });
}

/** @throws EspAtError `INVALID_SETTING` unless the value is a whole number in the range */
export function checkSetting(setting: Name, value: unknown, min: number, max: number): number {
  refuseFlaw(setting, wholeFlaw(value, min, max));
  return Number(value);
}

/** @throws EspAtError `INVALID_SETTING` where the value of a device setting has a flaw */
export function refuseFlaw(setting: Name, flaw: Flaw | undefined): void {
  if (flaw) throw new EspAtError('INVALID_SETTING', { setting, ...flaw });
}
