import { EspAtError } from '../../errors';
import { pathFlaw } from '../../values/json-path';

/** Keys and positions, the outermost first: `params[0].id` is `['params', 0, 'id']`. */
export type JsonPath = readonly (string | number)[];

/**
 * Parses names with dots between them, and positions in square brackets.
 * @param setting name of the path in the error
 * @throws EspAtError `INVALID_REQUEST`
 */
export function parsePath(setting: 'requestPath' | 'replyPath', text: string): JsonPath {
  const flaw = pathFlaw(text);
  if (flaw) throw new EspAtError('INVALID_REQUEST', { setting, ...flaw }, { outcome: 'not-sent' });
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([name, position]) =>
    position === undefined ? name : Number(position),
  );
}

/** Returns the value at a path; undefined where there is none. */
export function valueAt(json: unknown, path: JsonPath): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** Whether {@link withValueAt} replaces nothing on the way: each value there is absent, null, or what the next key needs. */
export function canSetAt(json: unknown, path: JsonPath): boolean {
  return path.every((key, index) => {
    const value = valueAt(json, path.slice(0, index)) ?? undefined;
    if (value === undefined) return true;
    return typeof key === 'number' ? Array.isArray(value) : isObject(value);
  });
}

/** Returns a copy with another value at the path. Creates the objects and arrays on the way where there are none. */
export function withValueAt(json: unknown, path: JsonPath, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const inner = withValueAt(valueAt(json, [key]), rest, value);
  if (typeof key === 'number') {
    const copy: unknown[] = Array.isArray(json) ? [...(json as unknown[])] : [];
    while (copy.length < key) copy.push(null);
    copy[key] = inner;
    return copy;
  }
  // A computed key is an own property, even `__proto__`.
  return { ...(isObject(json) ? json : {}), [key]: inner };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
