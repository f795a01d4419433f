import type { Node, NodeAPI } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import { shown } from '../../../driver/values/text';
import { isWhole } from '../../../driver/values/whole';
import type { Check, Range, Settings } from '../checks/refusal';
import { refusalError, type FlowError } from '../errors/node-error';

/**
 * Replaces every `${NAME}` in a text setting by that environment variable, looked up as everywhere in
 * Node-RED (group, flow, global, system). An unknown variable is empty. Does not trim.
 */
export function expandEnvironment(RED: NodeAPI, node: Node, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value).replace(/\$\{([^}]+)\}/g, (_, name: string) => environment(RED, node, name));
}

/** {@link expandEnvironment}, trimmed. */
export function settingText(RED: NodeAPI, node: Node, value: unknown): string {
  return expandEnvironment(RED, node, value).trim();
}

/** An environment variable as text; empty if it is not set. */
export function environment(RED: NodeAPI, node: Node, name: string): string {
  return environmentIfSet(RED, node, name) ?? '';
}

/** {@link environment}; undefined if it is not set. */
export function environmentIfSet(RED: NodeAPI, node: Node, name: string): string | undefined {
  const value: unknown = RED.util.getSetting(node, name);
  return value === undefined || value === null ? undefined : anyText(value);
}

/** A number setting; undefined if it is empty, NaN if it is not a number. */
export function settingNumber(RED: NodeAPI, node: Node, value: unknown): number | undefined {
  const text = settingText(RED, node, value);
  return text === '' ? undefined : Number(text);
}

/** The settings of a node, with the values of environment variables in place of their names. */
export function expandedSettings(RED: NodeAPI, node: Node, def: object): Settings {
  return Object.fromEntries(
    Object.entries(def).map(([field, value]: [string, unknown]) => {
      const isText = typeof value === 'string' || typeof value === 'number';
      return [field, isText ? expandEnvironment(RED, node, value) : value];
    }),
  );
}

/** The error of the first setting that its check refuses. */
export function refusalOf(
  checks: Readonly<Record<string, Check>>,
  settings: Settings,
): FlowError | undefined {
  for (const [field, check] of Object.entries(checks)) {
    const refusal = check(settings[field], settings);
    if (refusal) return refusalError(refusal);
  }
  return undefined;
}

/**
 * Reads a timeout of a message, milliseconds; undefined if the message has none.
 * @throws EspAtError `INVALID_TIMEOUT`
 */
export function messageTimeout(value: unknown, [min, max]: Range): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (isWhole(number, min, max)) return number;
  throw new EspAtError('INVALID_TIMEOUT', { value: shown(value), min, max });
}

/** Any value as text; objects as JSON. */
function anyText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  try {
    // Undefined for a function.
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : typeof value;
  } catch {
    // Circular, or a BigInt.
    return typeof value;
  }
}
