import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataChunk } from '../../../driver/at/types';
import type { OpenOptions } from '../../../driver/link/options';
import { MessageAssembler } from '../../../driver/link/receive/message-assembler';
import type { FirmwareClass } from '../../../simulator';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { HostLoop } from '../../harness/host-loop';
import { ExhaustiveHarness } from '../../verification/exhaustive/exhaustive-harness';

/** A harness with link 0 open, on a port where bytes take their time. */
async function opened(
  firmware: FirmwareClass,
  options: Partial<OpenOptions> = {},
): Promise<ExhaustiveHarness> {
  const harness = new ExhaustiveHarness({ firmware, paced: true });
  await harness.ready();
  await harness.open(0, options);
  await harness.advance(500);
  harness.linkEvents.length = 0;
  return harness;
}

const eventsOf = ({ linkEvents }: ExhaustiveHarness) => linkEvents.map(({ event }) => event.event);

describe('a host whose event loop is blocked for seconds', () => {
  const framings = [
    { by: 'delimiter', delimiter: Buffer.from('\n') },
    { by: 'json' },
    { by: 'idle', idleMs: 30_000 },
  ] as const;
  for (const framing of framings) {
    it(`takes an empty message for no stalled frame, framed by ${framing.by}`, async () => {
      const harness = await opened('C', { framing });
      harness.serve(0, '{"a":');
      await harness.advance(50);
      harness.host.block(7000);
      await harness.advance(100);
      const connection = harness.connection(0);
      for (const text of ['', '1}\n'])
        connection?.send({ fin: true, opcode: 1, payload: Buffer.from(text) });
      await harness.advance(60_000);
      const texts = harness.messages.map(({ bytes }) => bytes.toString().trim());
      assert.deepEqual([texts, eventsOf(harness)], [['{"a":1}'], []]);
    });
  }

  for (const blockMs of [12_000, 25_000])
    it(`detects a frame that stalls in a block of ${blockMs} ms`, async () => {
      const harness = await opened('C', { framing: { by: 'json' } });
      harness.host.block(blockMs);
      await harness.advance(100);
      harness.serve(0, '{"a":');
      await harness.advance(10_000);
      harness.serve(0, '');
      await harness.advance(blockMs - 10_000);
      const [lost] = harness.linkEvents;
      assert.ok(lost?.event.event === 'lost');
      assert.equal(lost.event.error?.code, 'FRAME_STALLED');
      assert.deepEqual(harness.messages, []);
    });

  it('does not take a refusal that it read late for a stalled connection', async () => {
    for (const at of [1, 2, 3, 4]) {
      const harness = await opened('C');
      const index = harness.commands;
      harness.commandFaults.push({ index, outcome: { kind: 'answer false' } });
      const sending = harness.send(0, 'one', { timeoutMs: 1000 });
      await harness.advance(at);
      harness.host.block(12_000);
      await sending;
      assert.ok(harness.commands > index, 'the fault has hit');
      await harness.advance(20_000);
      assert.deepEqual(eventsOf(harness), [], `blocked after ${at} ms`);
    }
  });

  it('does not take a chunk that it read late for the beginning of a frame', async () => {
    const clock = new VirtualClock();
    const loop = new HostLoop(clock);
    const told: string[] = [];
    const assembler = new MessageAssembler(0, 1000, loop, {
      message: (_, bytes) => told.push(bytes.toString()),
      failed: ({ code }) => told.push(code),
      unrecoverable: ({ code }) => told.push(code),
    });
    const push = (text: string): void => {
      const bytes = Buffer.from(text);
      const frame: DataChunk = {
        kind: 'data',
        link: 0,
        opcode: 1,
        fin: true,
        payloadLength: 6,
        bytes,
      };
      assembler.push(frame);
    };
    assembler.dataLost();
    loop.block(12_000);
    await clock.advance(12_000);
    // The end of one message, and the beginning of the next.
    push('def');
    push('abc');
    assert.deepEqual(told, []);
    assembler.end();
    await clock.advance(1000);
    assert.equal(loop.pending, 0);
  });
});
