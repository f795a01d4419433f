import { headerFlaw, headersFlaw } from '../../../driver/values/header';
import { MIN_REQUEST_BYTES } from '../../../driver/values/upgrade-request';
import type { Refusal } from '../errors/node-error';
import { asText, isVariable, refused } from './refusal';
import { isTemplate, templateFlaw } from './template';

/** Checks the headers of a dialog. @param bareBytes bytes of the upgrade request without them */
export function headerListRefusal(
  rows: unknown,
  bareBytes = MIN_REQUEST_BYTES,
): Refusal | undefined {
  const fixed: { name: string; value: string }[] = [];
  for (const row of Array.isArray(rows) ? (rows as readonly unknown[]) : []) {
    const refusal = headerRefusal(row);
    if (refusal) return refusal;
    const { name, value } = headerOf(row);
    if (isEmpty(row) || isVariable(name)) continue;
    fixed.push({ name, value: isKnown(value) ? value : '' });
  }
  return refused('INVALID_HEADER', headersFlaw(fixed, bareBytes));
}

/** Checks one header of a dialog: `{ name, value }`, or `{ name, secret: true }`. */
export function headerRefusal(row: unknown): Refusal | undefined {
  if (isEmpty(row)) return undefined;
  const { name, value } = headerOf(row);
  const template = refused('TEMPLATE_FAILED', templateFlaw(value), { field: JSON.stringify(name) });
  if (template && !isVariable(value)) return template;
  if (isVariable(name)) return undefined;
  return refused('INVALID_HEADER', headerFlaw(name, isKnown(value) ? value : ''));
}

/** The name and value of a row; those of something else are empty. */
export function headerOf(row: unknown): { readonly name: string; readonly value: string } {
  if (typeof row !== 'object' || row === null) return { name: '', value: '' };
  const read = (key: string): string => asText(Reflect.get(row, key));
  return { name: read('name'), value: read('value') };
}

function isEmpty(row: unknown): boolean {
  const { name, value } = headerOf(row);
  return name === '' && value === '';
}

/** Whether the value is there before a message comes. */
function isKnown(value: string): boolean {
  return !isVariable(value) && !isTemplate(value);
}
