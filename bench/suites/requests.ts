import type { LinkId, ReplyMatch } from '../../driver';
import { BareDriver } from '../support/bare-driver';
import { Cost } from '../support/cost';
import { SEND_OK } from '../support/board/minimal-device';
import { dataUrc } from '../support/stream';
import { median, rounded, scaled, varied, type Effort, type Row } from '../suite';

const MESSAGES = 40_000;
const WARM_UP_MESSAGES = 10_000;
/** Requests under way; only one where the next message is the reply. */
const REQUESTS_UNDER_WAY = 50;
/** Rounds of every way. The median counts. */
const ROUNDS = 5;
const LINK: LinkId = 0;

/** One way to use a link. */
interface Way {
  readonly name: 'send' | 'exchange' | 'property' | 'array' | 'next';
  readonly waiting: number;
  /** How the link recognizes the reply; absent: it sends a message, not a request. */
  readonly match?: ReplyMatch;
  /** Whether the server answers. */
  readonly isAnswered: boolean;
}

/** `exchange`: sends a message and receives one, as a request does, but matches no reply. */
const ways: readonly Way[] = [
  { name: 'send', waiting: REQUESTS_UNDER_WAY, isAnswered: false },
  { name: 'exchange', waiting: REQUESTS_UNDER_WAY, isAnswered: true },
  {
    name: 'property',
    waiting: REQUESTS_UNDER_WAY,
    isAnswered: true,
    match: { by: 'property', request: 'id' },
  },
  { name: 'array', waiting: REQUESTS_UNDER_WAY, isAnswered: true, match: { by: 'array' } },
  { name: 'next', waiting: 1, isAnswered: true, match: { by: 'next' } },
];

/**
 * Compares the cost of a request with its reply in the driver, of a sent message, and of a sent message with a received one,
 * with a device that responds at once.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const payload of varied(effort, [64, 1024])) {
    const driver = await BareDriver.open();
    const costs = new Map<Way, number[]>(ways.map((way) => [way, []]));
    for (const way of ways) await exchange(driver, way, payload, scaled(WARM_UP_MESSAGES, effort));
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
  const after = (response: Buffer) => {
    // Messages leave in the order of their send().
    if (way.isAnswered && response === SEND_OK)
      driver.deliver(Buffer.from(dataUrc(LINK, message(way, 3, answered++, payload))));
  };
  await driver.work(count, way.waiting, begin, { after });
}

/** A request (2) or a reply (3) of `payload` bytes. */
function message({ name }: Way, type: 2 | 3, index: number, payload: number): string {
  const id = String(index);
  const [start, end] =
    name === 'array' ? [`[${type},"${id}","`, '"]'] : [`{"id":${id},"x":"`, '"}'];
  return start + 'x'.repeat(Math.max(0, payload - start.length - end.length)) + end;
}
