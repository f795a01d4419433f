import { after } from 'node:test';
import type { NodeRedMajor } from '../../start/demo';
import { Workbench } from './workbench';

const only = (['4', '5'] as const).filter((major) => major === process.env.ONLY_NODE_RED);

/** The Node-REDs that this process tests. */
export const majors: readonly NodeRedMajor[] = only.length > 0 ? only : ['4', '5'];

const benches = new Map<NodeRedMajor, Promise<Workbench>>();

/** The workbench of all tests of this process with a Node-RED: it takes many seconds to start. */
export function sharedBench(nodeRed: NodeRedMajor): Promise<Workbench> {
  const bench = benches.get(nodeRed) ?? Workbench.start({ nodeRed });
  benches.set(nodeRed, bench);
  return bench;
}

after(() => Promise.all([...benches.values()].map(async (bench) => (await bench).dispose())));
