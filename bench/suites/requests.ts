import type { LinkId, ReplyMatch } from '../../driver';
import { BareDriver } from '../support/bare-driver';
import { Cost } from '../support/cost';
import { RESULT } from '../support/board/minimal-device';
import { median, rounded, scaled, varied, type Effort, type Row } from '../suite';

const MESSAGES = 40_000;
const WARM_UP = 10_000;
/** Requests that are under way at any time; one for those that are answered by the next message. */
const WAITING = 50;
/** Rounds, each with every way; the median counts. */
const ROUNDS = 5;
const LINK: LinkId = 0;

/** What a flow does with a message. */
interface Way {
  readonly name: 'send' | 'exchange' | 'property' | 'array' | 'next';
  readonly waiting: number;
  /** How the reply is known; without one the message is only sent. */
  readonly match?: ReplyMatch;
  /** Whether the server answers. */
  readonly isAnswered: boolean;
}

/** `exchange`: sends a message and receives one, as a request does, but matches no reply. */
const ways: readonly Way[] = [
  { name: 'send', waiting: WAITING, isAnswered: false },
  { name: 'exchange', waiting: WAITING, isAnswered: true },
  {
    name: 'property',
    waiting: WAITING,
    isAnswered: true,
    match: { by: 'property', request: 'id' },
  },
  { name: 'array', waiting: WAITING, isAnswered: true, match: { by: 'array' } },
  { name: 'next', waiting: 1, isAnswered: true, match: { by: 'next' } },
];

/**
 * What a request with its reply costs in the driver, beside a message that is only sent and beside one that is sent and
 * followed by a message of the server, against a device that answers at once.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const payload of varied(effort, [64, 1024])) {
    const driver = await BareDriver.open();
    const costs = new Map<Way, number[]>(ways.map((way) => [way, []]));
    for (const way of ways) await exchange(driver, way, payload, scaled(WARM_UP, effort));
    for (let round = 0; round < (effort.smoke ? 1 : ROUNDS); round++)
      for (const way of ways) {
        const messages = scaled(MESSAGES, effort);
        const cost = new Cost();
        await exchange(driver, way, payload, messages);
        costs.get(way)?.push(cost.row(messages).cpuMicrosecondsPerMessage);
      }
    await driver.end();
    const [send, exchanged] = ways.map((way) => median(costs.get(way) ?? []));
    for (const [{ name }, found] of costs) {
      const cpu = median(found);
      yield {
        suite: 'requests',
        way: name,
        payload,
        cpuMicrosecondsPerMessage: rounded(cpu),
        timesSend: rounded(cpu / (send ?? NaN)),
        timesExchange: rounded(cpu / (exchanged ?? NaN)),
      };
    }
  }
}

async function exchange(driver: BareDriver, way: Way, payload: number, count: number) {
  const link = driver.device.links[LINK];
  const { match } = way;
  let answered = 0;
  const begin = (index: number) => {
    const text = message(way, 2, index, payload);
    return match ? link.request(text, { match, emitReply: false }) : link.send(text);
  };
  const after = (answer: Buffer) => {
    // Messages leave in the order in which they were given to the link.
    if (way.isAnswered && answer === RESULT)
      driver.deliver(report(message(way, 3, answered++, payload)));
  };
  await driver.work(count, way.waiting, begin, { after });
}

/** A request or a reply of so many bytes. */
function message({ name }: Way, type: 2 | 3, index: number, payload: number): string {
  const id = String(index);
  const [start, end] =
    name === 'array' ? [`[${type},"${id}","`, '"]'] : [`{"id":${id},"x":"`, '"}'];
  return start + 'x'.repeat(Math.max(0, payload - start.length - end.length)) + end;
}

function report(text: string): Buffer {
  return Buffer.from(`+WS_DATA:${LINK},1,1,${text.length},${text.length},${text}\r\n`);
}
