import { EspAtError } from '../../driver';
import { AtClient } from '../../driver/at/at-client';
import { systemClock } from '../../driver/clock';
import { wssend } from '../../driver/commands/wssend';
import { PendingSend } from '../../driver/link/send/pending-send';
import { MinimalDevice } from '../support/board/minimal-device';
import { BareDriver } from '../support/bare-driver';
import { Cost } from '../support/cost';
import { cut, reports } from '../support/stream';
import { Turnaround } from '../support/board/turnaround';
import { scaled, varied, type Effort, type Row } from '../suite';

const MESSAGES = 200_000;
/** Messages in the send queue at any time, so that the port never waits for the next one. */
const WAITING = 50;
/** Measuring begins after so many messages, which warm everything up. */
const WARM_UP = 20_000;
/** Bytes that the port brings at a time. */
const CHUNK = 4096;

/**
 * What a message costs in the client alone, and in the whole driver, against a device that answers at once:
 * messages a second, processor time, and the time from the last byte of an answer to the first byte that the
 * host writes next.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const payload of varied(effort, [16, 1024, 16_384])) {
    const sent = clientAlone(payload, effort);
    yield { suite: 'at-client', layer: 'at-client', direction: 'send', links: 1, payload, ...sent };
  }
  for (const payload of varied(effort, [16, 1024, 16_384])) {
    for (const links of varied(effort, [1, 3])) {
      const driver = await BareDriver.open();
      const common = { suite: 'at-client', layer: 'driver', links, payload };
      yield { ...common, direction: 'send', ...(await sending(driver, links, payload, effort)) };
      yield { ...common, direction: 'receive', ...receiving(driver, links, payload, effort) };
      await driver.end();
    }
  }
}

function clientAlone(payload: number, effort: Effort) {
  const device = new MinimalDevice();
  const turns = new Turnaround();
  const client = new AtClient(
    {
      write: (bytes) => {
        turns.written();
        device.write(bytes);
      },
      pendingBytes: 0,
      rate: undefined,
    },
    systemClock,
    () => undefined,
  );
  let confirmed = 0;
  const bytes = Buffer.alloc(payload, 'x');
  const parts = [wssend(0, bytes)];
  const waiting: PendingSend[] = [];
  const add = () => {
    const message = new PendingSend(0, bytes, {}, systemClock, () => {
      confirmed++;
      waiting.shift();
      message.settle();
      add();
    });
    message.queue(parts);
    waiting.push(message);
  };
  client.addSource({ link: 0, peek: () => waiting[0] });
  for (let index = 0; index < WAITING; index++) add();
  client.wake();
  const pass = (messages: number) => {
    for (const goal = confirmed + messages; confirmed < goal;) {
      const answer = device.take();
      if (!answer) throw new Error('the client waits for nothing');
      turns.begin();
      client.receive(answer);
    }
  };
  pass(scaled(WARM_UP, effort));
  turns.forget();
  const messages = scaled(MESSAGES, effort);
  const cost = new Cost();
  pass(messages);
  const row = cost.row(messages);
  client.close(new EspAtError('PORT_CLOSED'));
  return { ...row, ...turns.row() };
}

async function sending(driver: BareDriver, links: number, payload: number, effort: Effort) {
  const turns = new Turnaround();
  driver.tap.onWrite = () => turns.written();
  const text = 'x'.repeat(payload);
  const begin = () => turns.begin();
  await driver.send(scaled(WARM_UP, effort), links, text, WAITING, begin);
  turns.forget();
  const messages = scaled(MESSAGES, effort);
  const cost = new Cost();
  await driver.send(messages, links, text, WAITING, begin);
  return { ...cost.row(messages), ...turns.row() };
}

function receiving(driver: BareDriver, links: number, payload: number, effort: Effort) {
  const pieces = cut(reports(links * 64, links, payload), CHUNK);
  let received = 0;
  for (const link of driver.device.links) link.on('message', () => received++);
  const pass = (messages: number) => {
    for (const goal = received + messages; received < goal;) {
      for (const piece of pieces) driver.deliver(piece);
    }
  };
  pass(scaled(WARM_UP, effort));
  const before = received;
  const cost = new Cost();
  pass(scaled(MESSAGES, effort));
  return cost.row(received - before);
}
