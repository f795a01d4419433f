import type { Node, NodeAPI } from 'node-red';
import { environment } from '../settings/settings';

/**
 * Returns an environment variable as a node sees it; before the node is deployed, that of the process. Empty if it is
 * not set.
 * @param id of the node
 */
export function draftVariable(RED: NodeAPI, id: string, name: string): string {
  const deployed = deployedNode(RED, id);
  return deployed ? environment(RED, deployed, name) : (process.env[name] ?? '');
}

/** Returns a setting as the node gets it: Node-RED replaces one that is the name of an environment variable and nothing else. */
export function draftText(RED: NodeAPI, id: string, text: string): string {
  const [, name = ''] = /^\$\{(\S+)\}$/.exec(text) ?? [];
  return (name !== '' && draftVariable(RED, id, name)) || text;
}

/** Node-RED's types do not say that `getNode()` returns null for a node that is not deployed. */
function deployedNode(RED: NodeAPI, id: string): Node | null {
  return RED.nodes.getNode(id);
}
