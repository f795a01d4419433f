import type { NodeAPI } from 'node-red';

/** Looks up a text in the catalog of a node type. Replaces `__name__` in it by `values.name`. */
export type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** The texts of one node file: Node-RED gives each file a `RED` with a catalog of its own. */
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
  // A colon would end the name of another catalog.
  if (key.includes(':')) return fallback;
  const text = translate(key, values);
  // RED._() returns a key that is not in the catalog unchanged.
  return text.endsWith(key) ? fallback : text;
}
