import type { LinkId } from '../../driver';
import { minimumTime, type Direction } from './minimum-time';
import { ptyRoundTrip } from '../support/pty-cost';
import { buildRig, type Rig, type Via } from '../support/rig';
import { rounded, varied, type Effort, type Row } from '../suite';

/** The bytes of a measurement take about this time on the wire. */
const DURATION_MS = 1000;
/** The first and the last message of a measurement differ from the others. */
const MIN_MESSAGES = 4;

/**
 * Measures port utilization: the minimum time in which the bytes of messages can pass a serial port, at 10 bits a byte,
 * divided by the time that the messages take.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const via of varied<Via>(effort, ['virtual', 'process', 'pty'])) {
    const pty = via === 'pty' ? await ptyRoundTrip(effort) : { median: 0, mean: 0 };
    if (via === 'pty') {
      const { median, mean } = pty;
      const round = { roundTripMedianMilliseconds: rounded(median) };
      yield { suite: 'utilization', via, ...round, roundTripMeanMilliseconds: rounded(mean) };
    }
    for (const rate of varied(effort, [115_200, 921_600, 3_000_000])) {
      const rig = await buildRig(via, { rate });
      await rig.begin();
      for (const direction of varied<Direction>(effort, ['send', 'receive', 'both'])) {
        for (const links of varied(effort, [1, 3])) {
          for (const payload of varied(effort, [16, 1024, 16_384])) {
            const found = await measure(rig, { rate, direction, links, payload }, effort);
            const turns = direction === 'receive' ? 0 : 2 * found.messages;
            yield {
              suite: 'utilization',
              via,
              ...found,
              ...(via === 'pty' && { ptyMilliseconds: rounded(turns * pty.mean) }),
            };
          }
        }
      }
      await rig.end();
    }
  }
}

interface Case {
  readonly rate: number;
  readonly direction: Direction;
  readonly links: number;
  /** Bytes of a message. */
  readonly payload: number;
}

async function measure(rig: Rig, { rate, direction, links, payload }: Case, effort: Effort) {
  const ids = ([0, 1, 2] as const).slice(0, links);
  const path = direction === 'both' ? '/echo' : '/plain';
  for (const id of ids) await rig.connect(id, path);
  const bits = 10 * (payload + 50) * (direction === 'both' ? 2 : 1);
  const fitting = Math.round((DURATION_MS * effort.scale * rate) / (1000 * bits * links));
  const each = Math.max(Math.ceil(MIN_MESSAGES / links), fitting);
  const messages = each * links;
  const { traffic } = rig.port;
  const before = { ...traffic };
  const start = rig.clock.now();
  await transfer(rig, { direction, ids, each, payload });
  const milliseconds = rig.clock.now() - start;
  const minimum = minimumTime({
    direction,
    messages,
    payload,
    rate,
    written: traffic.written - before.written,
    received: traffic.received - before.received,
  });
  return {
    rate,
    direction,
    links,
    payload,
    messages,
    milliseconds: rounded(milliseconds),
    minimumMilliseconds: rounded(minimum),
    utilization: Number((minimum / milliseconds).toFixed(4)),
    messagesPerSecond: rounded((messages * 1000) / milliseconds),
  };
}

interface Transfer {
  readonly direction: Direction;
  readonly ids: readonly LinkId[];
  /** Messages of each link. */
  readonly each: number;
  readonly payload: number;
}

/** Settles when the device has confirmed the last message, or the host has received it. */
async function transfer(rig: Rig, { direction, ids, each, payload }: Transfer): Promise<void> {
  if (direction === 'receive') {
    await Promise.all(ids.map((id) => rig.receive(id, '/plain', each, payload)));
    return;
  }
  const text = 'x'.repeat(payload);
  const work: Promise<unknown>[] = [];
  if (direction === 'both') work.push(rig.arrival(each * ids.length));
  for (let index = 0; index < each; index++) {
    for (const id of ids) work.push(rig.device.links[id].send(text));
  }
  await rig.settle(Promise.all(work));
}
