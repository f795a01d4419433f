import type { Node, NodeAPI } from 'node-red';
import { environment } from '../message/settings';

/**
 * An environment variable as a node sees it that may not be deployed yet; empty if it is not set.
 * @param id of the node
 */
export function draftVariable(RED: NodeAPI, id: string, name: string): string {
  const deployed = deployedNode(RED, id);
  return deployed ? environment(RED, deployed, name) : (process.env[name] ?? '');
}

function deployedNode(RED: NodeAPI, id: string): Node | null {
  return RED.nodes.getNode(id);
}
