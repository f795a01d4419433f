import type { NodeAPI } from 'node-red';

/** Looks a text up in the catalog of one node type; `__name__` in it becomes `values.name`. */
export type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** The texts of the file that Node-RED gave this `RED` to: every file has a catalog of its own. */
export function translator(RED: NodeAPI): Translate {
  return (key, values = {}) => RED._(key, { ...values });
}

/** A text, or `fallback` where the catalog has none. */
export function translateOr(
  translate: Translate,
  key: string,
  fallback: string,
  values?: Readonly<Record<string, string | number>>,
): string {
  const text = translate(key, values);
  // A key that is not in the catalog comes back as it is.
  return text.endsWith(key) ? fallback : text;
}
