/** What Node-RED gives the editor in place of a stored password. */
export const STORED = '__PWRD__';

/** A text in the body of a request; empty where there is none. */
export function textOf(object: unknown, name: string): string {
  if (typeof object !== 'object' || object === null) return '';
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
