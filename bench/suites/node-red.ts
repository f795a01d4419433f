import { compareDelivery } from './delivery';
import { startBoard, type Board } from '../support/board/board';
import type { FlowProcess } from '../support/node-red/flow-process';
import { flowNames, startFlow, stopFlow, type FlowName } from '../support/node-red/flow-rig';
import { median, rounded, scaled, varied, type Effort, type Row } from '../suite';

/** Messages in a round. */
const RECEIVED_MESSAGES = 100_000;
const SENT_MESSAGES = 6000;
/** Messages in the send queue. */
const QUEUED_MESSAGES = 50;
/** Rounds with both flows. The median counts. */
const ROUNDS = 3;

/** The figures of one flow and one kind of work. */
interface Result {
  readonly messagesPerSecond: number;
  readonly cpuMicroseconds: number;
}

export interface Work {
  readonly direction: 'receive' | 'send';
  /** Bytes of a message. */
  readonly payload: number;
}

/**
 * Compares the nodes of this package with a flow of node-red-node-serialport and a function node that does the same, each
 * in its own Node-RED, over the same pty.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  const board = startBoard();
  const works = varied<Work['direction']>(effort, ['receive', 'send']).flatMap((direction) =>
    varied(effort, [16, 256, 1024]).map((payload): Work => ({ direction, payload })),
  );
  const results = new Map<Work, Record<FlowName, Result[]>>(
    works.map((work) => [work, { nodes: [], serial: [] }]),
  );
  for (let round = 0; round < (effort.smoke ? 1 : ROUNDS); round++) {
    for (const name of flowNames) {
      const flow = await startFlow(board, name, 'C');
      for (const work of works)
        results.get(work)?.[name].push(await measureFlow(board, flow, work, effort));
      await stopFlow(flow);
    }
  }
  for (const [work, found] of results) yield row(work, found);
  yield* compareDelivery(board, effort);
  await board.end();
}

function row(work: Work, found: Record<FlowName, Result[]>): Row {
  const speed = (name: FlowName) => median(found[name].map((each) => each.messagesPerSecond));
  const cpu = (name: FlowName) => median(found[name].map((each) => each.cpuMicroseconds));
  return {
    suite: 'node-red',
    ...work,
    messagesPerSecond: rounded(speed('nodes')),
    cpuMicrosecondsPerMessage: rounded(cpu('nodes')),
    serialMessagesPerSecond: rounded(speed('serial')),
    serialCpuMicrosecondsPerMessage: rounded(cpu('serial')),
    timesSerial: rounded(speed('nodes') / speed('serial')),
    cpuPartOfSerial: rounded(cpu('nodes') / cpu('serial')),
  };
}

/** Measures one kind of work in a flow. */
export async function measureFlow(
  board: Board,
  flow: FlowProcess,
  { direction, payload }: Work,
  effort: Effort,
): Promise<Result> {
  const count = scaled(direction === 'receive' ? RECEIVED_MESSAGES : SENT_MESSAGES, effort);
  const text = 'x'.repeat(payload);
  let taken = { milliseconds: NaN, cpu: NaN };
  // The first time warms up.
  for (const messages of [Math.ceil(count / 4), count]) {
    if (direction === 'receive') {
      const all = flow.ask({ kind: 'receive', count: messages });
      await board.ask({
        kind: 'stream',
        text: `+WS_DATA:0,${payload},${text}\r\n`,
        count: messages,
      });
      taken = await all;
    } else {
      await board.ask({ kind: 'simplify' });
      taken = await flow.ask({
        kind: 'send',
        count: messages,
        payload: text,
        waiting: QUEUED_MESSAGES,
      });
    }
  }
  return {
    messagesPerSecond: (count * 1000) / taken.milliseconds,
    cpuMicroseconds: taken.cpu / count,
  };
}
