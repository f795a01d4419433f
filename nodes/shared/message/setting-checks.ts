import type { Node, NodeAPI } from 'node-red';
import type { Check, Settings } from '../checks/refusal';
import { refusalError, type FlowError } from '../errors/node-error';
import { expandEnvironment } from './settings';

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
