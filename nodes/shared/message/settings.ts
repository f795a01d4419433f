import type { Node, NodeAPI } from 'node-red';

/**
 * A text setting with every `${NAME}` in it replaced by that environment variable (of group, flow,
 * Node-RED or system, as everywhere in Node-RED); unknown ones by nothing. Not trimmed.
 */
export function expanded(RED: NodeAPI, node: Node, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value).replace(/\$\{([^}]+)\}/g, (_, name: string) => environment(RED, node, name));
}

/** As {@link expanded}, without white space around it. */
export function settingText(RED: NodeAPI, node: Node, value: unknown): string {
  return expanded(RED, node, value).trim();
}

/** An environment variable as text; empty when there is none. */
export function environment(RED: NodeAPI, node: Node, name: string): string {
  const value: unknown = RED.util.getSetting(node, name);
  return value === undefined || value === null ? '' : asText(value);
}

/** A number setting; undefined when it was left empty, NaN when it is none. */
export function settingNumber(RED: NodeAPI, node: Node, value: unknown): number | undefined {
  const text = settingText(RED, node, value);
  return text === '' ? undefined : Number(text);
}

/** Anything as text, objects as JSON. */
export function asText(value: unknown): string {
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
