import type { Flaw } from './flaw';
import { shown } from './text';

export function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** Why a value is no whole number of the range, or undefined. */
export function wholeFlaw(value: unknown, min: number, max: number): Flaw | undefined {
  if (isWhole(value, min, max)) return undefined;
  return { reason: 'NOT_WHOLE', value: shown(value), min, max };
}
