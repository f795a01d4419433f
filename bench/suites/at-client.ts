import { EspAtError } from '../../driver';
import { AtClient } from '../../driver/at/at-client';
import { systemClock } from '../../driver/clock';
import { wssend } from '../../driver/commands/wssend';
import { PendingSend } from '../../driver/link/send/pending-send';
import { MinimalDevice } from '../support/board/minimal-device';
import { BareDriver } from '../support/bare-driver';
import { Cost } from '../support/cost';
import { cut, dataUrcs } from '../support/stream';
import { Turnaround } from '../support/board/turnaround';
import { scaled, varied, type Effort, type Row } from '../suite';

const MESSAGES = 200_000;
/** Messages in the send queue, so that the port never waits for the next one. */
const QUEUED_MESSAGES = 50;
const WARM_UP_MESSAGES = 20_000;
/** The port delivers the stream in chunks of this size. */
const CHUNK_BYTES = 4096;

/**
 * The cost of a message in the AT client alone and in the whole driver, with a device that responds at once: messages a
 * second, processor time, and the turn-around from the last byte of a response to the next byte that the host writes.
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
  for (let index = 0; index < QUEUED_MESSAGES; index++) add();
  client.wake();
  const pass = (messages: number) => {
    for (const goal = confirmed + messages; confirmed < goal;) {
      const response = device.take();
      if (!response) throw new Error('no command is at work');
      turns.begin();
      client.receive(response);
    }
  };
  pass(scaled(WARM_UP_MESSAGES, effort));
  turns.reset();
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
  await driver.send(scaled(WARM_UP_MESSAGES, effort), links, text, QUEUED_MESSAGES, begin);
  turns.reset();
  const messages = scaled(MESSAGES, effort);
  const cost = new Cost();
  await driver.send(messages, links, text, QUEUED_MESSAGES, begin);
  return { ...cost.row(messages), ...turns.row() };
}

function receiving(driver: BareDriver, links: number, payload: number, effort: Effort) {
  const pieces = cut(dataUrcs(links * 64, links, payload), CHUNK_BYTES);
  let received = 0;
  for (const link of driver.device.links) link.on('message', () => received++);
  const pass = (messages: number) => {
    for (const goal = received + messages; received < goal;) {
      for (const piece of pieces) driver.deliver(piece);
    }
  };
  pass(scaled(WARM_UP_MESSAGES, effort));
  const before = received;
  const cost = new Cost();
  pass(scaled(MESSAGES, effort));
  return cost.row(received - before);
}
