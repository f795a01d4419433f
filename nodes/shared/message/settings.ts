import type { Node, NodeAPI } from 'node-red';

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
  const value: unknown = RED.util.getSetting(node, name);
  return value === undefined || value === null ? '' : anyText(value);
}

/** A number setting; undefined if it is empty, NaN if it is not a number. */
export function settingNumber(RED: NodeAPI, node: Node, value: unknown): number | undefined {
  const text = settingText(RED, node, value);
  return text === '' ? undefined : Number(text);
}

/** Any value as text; objects as JSON. */
function anyText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return value.toString();
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'null' : asJson(value);
    default:
      return typeof value;
  }
}

function asJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'object';
  }
}
