import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { Harness } from '../../harness/harness';
import { testWith } from '../../harness/test-with';
import { corrupted } from '../../../driver/link/state/link-step';

/** Milliseconds from power-up of the simulated device to an address. */
const BOOT_AND_JOIN_MS = 1500;
const uri = 'ws://host/plain';

/** A device with a link that is kept open. */
class RecoveringDevice extends Harness {
  constructor() {
    super({ simulator: { bootMs: 400 } });
  }

  /** Lets time pass until the link was lost and is open again; returns how many milliseconds that took. */
  async reopened(limit: number): Promise<number> {
    const { clock, linkEvents: links } = this;
    const start = clock.now();
    const isBack = () =>
      links.some(({ event }) => event === 'reopened') && this.link.stateNumber === 2;
    assert.ok(await clock.until(isBack, limit), `not open again: ${JSON.stringify(links)}`);
    return clock.now() - start;
  }

  /** Sends, and returns the error's outcome, or `sent`. */
  async outcomeOf(payload: string): Promise<string | undefined> {
    const sending = this.link.send(payload).then(
      () => 'sent',
      (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
    );
    return this.clock.wait(sending);
  }
}

const recoveringDevice = async () =>
  (await new RecoveringDevice().ready()).open({ keepOpen: true });

const test = testWith(recoveringDevice);

describe('a device that recovers', () => {
  test('is ready again after a restart in the middle of received data', async (harness) => {
    harness.simulator.inject(Buffer.from('+WS_DATA:0,2,1,5000,1024,only the beginning'));
    await harness.clock.advance(1);
    harness.simulator.restart();
    assert.ok((await harness.reopened(10_000)) < BOOT_AND_JOIN_MS + 2000);
    assert.ok(harness.events.some(({ event }) => event === 'restart'));
  });

  test('is in sync at once after the cable is unplugged at a data prompt', async (harness) => {
    harness.reached = (point) => {
      if (point !== 'prompt') return;
      harness.reached = () => undefined;
      harness.port.unplug();
    };
    assert.equal(await harness.outcomeOf('x'.repeat(300)), 'not-sent');
    await harness.clock.advance(5000);
    harness.port.plugIn();
    assert.ok((await harness.reopened(20_000)) < 3000);
    const [first] = harness.server.connections;
    assert.deepEqual(
      first?.frames
        .slice(0, 2)
        .map(({ opcode, payload }) => [opcode, payload.toString('latin1').trim()]),
      [
        [1, ''],
        [8, '\u0003\u00e9'],
      ],
      'the prompt was filled with line ends, and the link closed',
    );
  });

  test('closes the connections from before with 1001, without AT+WSCLOSE, after its port was lost', async (harness) => {
    for (const id of [1, 2] as const)
      await harness.clock.wait(harness.device.links[id].open({ uri, keepOpen: true }));
    harness.port.unplug();
    harness.port.plugIn();
    await harness.reopened(20_000);
    const closings = harness.server.connections
      .slice(0, 3)
      .map(({ frames }) => frames.find(({ opcode }) => opcode === 8));
    const codes = closings.map((frame) => frame?.payload.readUInt16BE(0));
    assert.deepEqual(codes, [1001, 1001, 1001]);
    assert.ok(!harness.port.text.includes('AT+WSCLOSE'), harness.port.text);
  });

  test('gets no close command for a link that its restart has closed', async (harness) => {
    const closing = harness.link.close();
    harness.reached = (point) => {
      if (point !== 'payload') return;
      harness.reached = () => undefined;
      harness.simulator.restart();
    };
    await harness.clock.wait(closing);
    assert.equal(harness.link.stateNumber, 0);
    await harness.until(() => harness.device.state.name === 'ready', 20_000);
    assert.ok(!harness.port.text.includes('AT+WSCLOSE'), harness.port.text);
  });
});

describe('after a fault', () => {
  test('unreadable bytes during a resync are reported as possible data loss', async (harness) => {
    harness.outcome = (line) => {
      if (!line.startsWith('AT+WSSEND')) return undefined;
      harness.outcome = () => undefined;
      harness.clock.after(6000, () =>
        harness.simulator.inject(Buffer.from('#WS_DATA:0,1,1,2,2,hi\r\n')),
      );
      return { kind: 'answer lost' };
    };
    await harness.outcomeOf('lost');
    await harness.clock.advance(3000);
    assert.ok(harness.linkEvents.some(({ event, link }) => event === 'dataloss' && link === 0));
  });

  test('data of an abandoned connection does not reach the next connection', async (harness) => {
    const [old] = harness.server.connections;
    const opening = harness.device.links[1].open({ uri: 'ws://host/slow=500' });
    await harness.clock.advance(1);
    harness.link.take((state) => corrupted(state, new EspAtError('LINK_STALLED', { link: 0 })));
    old?.send({ fin: false, opcode: 1, payload: Buffer.from('half of it') });
    await harness.clock.wait(opening);
    await harness.reopened(5000);
    harness.serve('whole');
    await harness.clock.advance(100);
    assert.deepEqual(harness.texts(), ['whole']);
    assert.ok(!harness.linkEvents.some(({ event }) => event === 'dataloss'));
  });

  test('a new connection reports no data loss of the old connection', async (harness) => {
    // Corrupt data, and a restart before the client is in sync again.
    harness.simulator.inject(Buffer.from('+WS_DATA:0,9x\r\n'));
    harness.simulator.restart();
    await harness.reopened(20_000);
    harness.linkEvents.length = 0;
    // Out of sync once more, without corrupt received data.
    harness.outcome = (line) => {
      if (line !== 'AT+WSOPEN?') return undefined;
      harness.outcome = () => undefined;
      return { kind: 'answer lost' };
    };
    await harness.clock.wait(harness.device.checkLinks());
    const [first, second] = [Buffer.alloc(3000, 'a'), Buffer.alloc(3000, 'b')];
    for (const payload of [first, second])
      harness.server.connections.at(-1)?.send({ fin: true, opcode: 1, payload });
    await harness.clock.advance(1000);
    assert.deepEqual(harness.texts(), [first.toString(), second.toString()]);
    assert.ok(!harness.linkEvents.some(({ event }) => event === 'dataloss'));
  });
});
