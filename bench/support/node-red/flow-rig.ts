import type { FirmwareClass } from '../../../simulator';
import { serialFlow } from '../../flows/serial-nodes';
import { websocketFlow } from '../../flows/websocket-nodes';
import type { Board } from '../board/board';
import { startFlowProcess, type FlowProcess } from './flow-process';

/** `nodes`: the nodes of this package; `serial`: serial nodes and a function node. */
export type FlowName = 'nodes' | 'serial';
export const flowNames = ['nodes', 'serial'] as const satisfies readonly FlowName[];

/** Path and query of the link's URI. */
export const TARGET = '/plain?0';
const URI = `ws://server${TARGET}`;

/** Starts a flow in a new Node-RED on a new device. Settles when its link is open. */
export async function startFlow(
  board: Board,
  name: FlowName,
  firmware: FirmwareClass,
): Promise<FlowProcess> {
  const { path } = await board.ask({ kind: 'begin', firmware, rate: undefined });
  const flow = startFlowProcess();
  await flow.ask({
    kind: 'begin',
    flow: name === 'nodes' ? websocketFlow(path, URI) : serialFlow(path),
  });
  if (name === 'serial') {
    // A user of the serial flow opens the link by hand.
    for (const command of ['ATE0', `AT+WSOPEN=0,"${URI}"`]) {
      await pause(500);
      await flow.ask({ kind: 'give', node: 'out', msg: { payload: `${command}\r\n` } });
    }
  }
  while (!(await board.ask({ kind: 'checkConnection', target: TARGET })).connected) await pause(50);
  await pause(500);
  return flow;
}

export async function stopFlow(flow: FlowProcess): Promise<void> {
  await flow.ask({ kind: 'end' });
  await flow.end();
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
