import type { Flaw } from './flaw';
import { shown } from './text';

/** Whether a value is a whole number from `min` to `max`. */
export function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** Returns why a value is not a whole number from `min` to `max`. */
export function wholeFlaw(value: unknown, min: number, max: number): Flaw | undefined {
  if (isWhole(value, min, max)) return undefined;
  return { reason: 'NOT_WHOLE', value: shown(value), min, max };
}
