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

/** More messages than ever come. */
const MANY = 1e9;
/** Milliseconds after which nothing more is expected to come. */
const QUIET_MS = 400;
/** Messages that go each way at once. */
const CROSSING = 200;
/** What they may take. */
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

/** What both flows make of the same messages, over the same pty, from a device of class D. */
export async function* compareDelivery(board: Board, effort: Effort): AsyncGenerator<Row> {
  const chosen = varied(effort, samples);
  const found: Record<FlowName, string[]> = { nodes: [], serial: [] };
  for (const name of flowNames) {
    const flow = await startFlow(board, name, 'D');
    for (const sample of chosen) found[name].push(await outcome(board, flow, sample));
    if (!effort.smoke) found[name].push(await crossing(board, flow));
    await stopFlow(flow);
  }
  const names = [...chosen.map(({ what }) => what), `${CROSSING} texts each way at once`];
  for (const [index, nodes] of found.nodes.entries()) {
    const serial = found.serial[index];
    yield { suite: 'node-red', delivers: names[index], nodes, serial };
  }
}

/** One message from the server: what of it reaches the flow. */
async function outcome(board: Board, flow: FlowProcess, sample: Sample): Promise<string> {
  void flow.ask({ kind: 'receive', count: MANY });
  const { opcode, bytes } = sample;
  await board.ask({ kind: 'tell', target: TARGET, opcode, hex: bytes.toString('hex') });
  await pause(QUIET_MS);
  const { payloads } = await flow.ask({ kind: 'received' });
  const [first] = payloads;
  if (!first) return 'nothing';
  const wanted = opcode === 1 ? { text: bytes.toString() } : { hex: bytes.toString('hex') };
  const whole = JSON.stringify(first) === JSON.stringify(wanted);
  if (payloads.length === 1) return whole ? 'whole' : `damaged, ${lengthOf(first)} bytes`;
  return `in ${payloads.length} pieces`;
}

/** Texts from the server while others are on their way to it. */
async function crossing(board: Board, flow: FlowProcess): Promise<string> {
  await board.ask({ kind: 'forget' });
  void flow.ask({ kind: 'receive', count: MANY });
  const sent = flow
    .ask({ kind: 'send', count: CROSSING, payload: 'there', waiting: 10 })
    .then(() => true);
  for (let index = 0; index < CROSSING; index++) {
    const hex = Buffer.from(`back ${index}`).toString('hex');
    await board.ask({ kind: 'tell', target: TARGET, opcode: 1, hex });
  }
  const done = await Promise.race([sent, pause(CROSSING_TIMEOUT_MS).then(() => false)]);
  await pause(QUIET_MS);
  const { forgotten } = await board.ask({ kind: 'forget' });
  const { received } = await flow.ask({ kind: 'received' });
  return `${received} received, ${forgotten} sent${done ? '' : ', and it waits for ever'}`;
}

/** Bytes. */
function lengthOf(payload: Payload): number {
  return 'text' in payload ? Buffer.byteLength(payload.text) : payload.hex.length / 2;
}
