import type { Node, NodeAPI } from 'node-red';
import { environmentIfSet } from '../settings/settings';

/**
 * Returns an environment variable as a node sees it; before the node is deployed, that of the process. Empty if it is
 * not set.
 * @param id of the node
 */
export function draftVariable(RED: NodeAPI, id: string, name: string): string {
  return variableIfSet(RED, id, name) ?? '';
}

/**
 * Returns a setting as the node gets it: Node-RED replaces one that is `${NAME}` or `$(NAME)` and nothing else, where that
 * environment variable is set.
 */
export function draftText(RED: NodeAPI, id: string, text: string): string {
  const [, inBraces, inParentheses] = /^\$(?:\{(\S+)\}|\((\S+)\))$/.exec(text) ?? [];
  const name = inBraces ?? inParentheses;
  return name === undefined ? text : (variableIfSet(RED, id, name) ?? text);
}

function variableIfSet(RED: NodeAPI, id: string, name: string): string | undefined {
  const deployed = deployedNode(RED, id);
  return deployed ? environmentIfSet(RED, deployed, name) : process.env[name];
}

/** Node-RED's types do not say that `getNode()` returns null for a node that is not deployed. */
function deployedNode(RED: NodeAPI, id: string): Node | null {
  return RED.nodes.getNode(id);
}
