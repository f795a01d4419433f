import type { Board } from '../support/board/board';
import type { FlowProcess } from '../support/node-red/flow-process';
import type { Payload } from '../support/node-red/node-red-process';
import {
  flowNames,
  pause,
  startFlow,
  stopFlow,
  TARGET,
  type FlowName,
} from '../support/node-red/flow-rig';
import { varied, type Effort, type Row } from '../suite';

/** Greater than any count of messages. */
const NEVER_REACHED = 1e9;
/** After this time without a message, no further one comes. */
const QUIET_MS = 400;
/** Messages each way at once. */
const CROSSING_MESSAGES = 200;
const CROSSING_TIMEOUT_MS = 10_000;

interface Sample {
  readonly what: string;
  readonly opcode: 1 | 2;
  readonly bytes: Buffer;
}

const text = (what: string, content: string): Sample => ({
  what,
  opcode: 1,
  bytes: Buffer.from(content),
});

const samples: readonly Sample[] = [
  text('text', 'hello'),
  text('text with line ends', 'one\r\ntwo\nthree\r\n'),
  text('text longer than the buffer of the link', 'x'.repeat(3000)),
  text('a character cut by the buffer', `${'x'.repeat(1023)}ä`),
  text('text that looks like an answer', '\r\nOK\r\n\r\nSEND OK\r\n'),
  text('an empty message', ''),
  {
    what: 'binary, all values of a byte',
    opcode: 2,
    bytes: Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
  },
];

/** Compares the payloads that both flows receive for the same messages, over the same pty, from a device of class D. */
export async function* compareDelivery(board: Board, effort: Effort): AsyncGenerator<Row> {
  const chosen = varied(effort, samples);
  const found: Record<FlowName, string[]> = { nodes: [], serial: [] };
  for (const name of flowNames) {
    const flow = await startFlow(board, name, 'D');
    for (const sample of chosen) found[name].push(await outcome(board, flow, sample));
    if (!effort.smoke) found[name].push(await crossing(board, flow));
    await stopFlow(flow);
  }
  const names = [...chosen.map(({ what }) => what), `${CROSSING_MESSAGES} texts each way at once`];
  for (const [index, nodes] of found.nodes.entries()) {
    const serial = found.serial[index];
    yield { suite: 'node-red', delivers: names[index], nodes, serial };
  }
}

/** Sends one message from the server, and describes its arrival in the flow. */
async function outcome(board: Board, flow: FlowProcess, sample: Sample): Promise<string> {
  void flow.ask({ kind: 'receive', count: NEVER_REACHED });
  const { opcode, bytes } = sample;
  await board.ask({ kind: 'serve', target: TARGET, opcode, hex: bytes.toString('hex') });
  await pause(QUIET_MS);
  const { payloads } = await flow.ask({ kind: 'received' });
  const [first] = payloads;
  if (!first) return 'nothing';
  const expected = opcode === 1 ? { text: bytes.toString() } : { hex: bytes.toString('hex') };
  const whole = JSON.stringify(first) === JSON.stringify(expected);
  if (payloads.length === 1)
    return whole ? 'whole' : `corrupt: one message of ${byteLength(first)} bytes`;
  return `in ${payloads.length} pieces`;
}

/** Sends texts both ways at once, and counts the arrivals. */
async function crossing(board: Board, flow: FlowProcess): Promise<string> {
  await board.ask({ kind: 'takeMessages' });
  void flow.ask({ kind: 'receive', count: NEVER_REACHED });
  const sent = flow
    .ask({ kind: 'send', count: CROSSING_MESSAGES, payload: 'there', waiting: 10 })
    .then(() => true);
  for (let index = 0; index < CROSSING_MESSAGES; index++) {
    const hex = Buffer.from(`back ${index}`).toString('hex');
    await board.ask({ kind: 'serve', target: TARGET, opcode: 1, hex });
  }
  const done = await Promise.race([sent, pause(CROSSING_TIMEOUT_MS).then(() => false)]);
  await pause(QUIET_MS);
  const { messages } = await board.ask({ kind: 'takeMessages' });
  const { received } = await flow.ask({ kind: 'received' });
  return `${received} received, ${messages} sent${done ? '' : ', and waits forever'}`;
}

function byteLength(payload: Payload): number {
  return 'text' in payload ? Buffer.byteLength(payload.text) : payload.hex.length / 2;
}
