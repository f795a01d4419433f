import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rawCommand } from '../../../../driver/commands/raw';
import { wsopen } from '../../../../driver/commands/wsopen';
import { wssend } from '../../../../driver/commands/wssend';
import { ClientHarness, test } from '../client-harness';
import { MessageAssembler } from '../../../../driver/link/receive/message-assembler';

const corruptHeader = '+WS_DATA:0,x\r\n';

describe('a client that resyncs during a command', () => {
  for (const [title, command, runsMs] of [
    // The name takes 14 s, TCP and handshake 10 s each, and 5 s later comes ERROR.
    ['WSOPEN of a slow server', wsopen(1, { uri: 'ws://h' }), 39_000],
    ['WSSEND with the longest timeout', wssend(1, Buffer.from('x'), { timeoutMs: 60_000 }), 70_000],
    ['a command of the user', rawCommand('AT+PING="h"'), 29_000],
  ] as const) {
    it(`waits for the end of ${title}, and restarts a device that stays busy longer`, async () => {
      for (const endMs of [runsMs, Infinity]) {
        const harness = new ClientHarness();
        harness.run(command);
        if (command.payload) harness.receive('\r\nOK\r\n\r\n>');
        await harness.clock.advance(1000);
        harness.answer({ '\r\n': 'busy p...\r\n' });
        harness.receive(corruptHeader);
        await harness.clock.advance(runsMs - 1000);
        assert.ok(!harness.written().includes('AT+RST\r\n'));
        if (endMs === runsMs) {
          harness.answerResync();
          harness.receive('\r\nERROR\r\n');
        }
        await harness.clock.advance(20_000);
        assert.equal(harness.written().includes('AT+RST\r\n'), endMs > runsMs);
        assert.equal(harness.client.state, endMs === runsMs ? 'idle' : 'unresponsive');
      }
    });
  }

  test('counts the time that a command has run already before its resync', async (harness) => {
    harness.answer({ '\r\n': 'busy p...\r\n' });
    harness.run(wsopen(1, { uri: 'ws://h' }));
    await harness.clock.advance(41_000);
    assert.equal(harness.client.state, 'resyncing');
    await harness.clock.advance(24_000);
    assert.ok(!harness.written().includes('AT+RST\r\n'));
    await harness.clock.advance(3000);
    assert.ok(harness.written().includes('AT+RST\r\n'));
  });
});

const LIMIT_BYTES = 1024;

test('data that comes during a resync leaves no message without its beginning, however long the resync takes', async (harness) => {
  const { client, clock } = harness;
  const messages: string[] = [];
  client.setDataFormat(0, 'long');
  client.setReceiver(
    0,
    new MessageAssembler(0, LIMIT_BYTES, clock, {
      message: (_, bytes) => void messages.push(bytes.toString()),
      failed: () => undefined,
      unrecoverable: () => undefined,
    }),
  );
  harness.receive('+WS_DATA:0,1,1,8,4,one \r\n');
  harness.receive('+WS_DATA:0,x');
  // The frame goes on while the client waits for a response.
  for (let second = 0; second < 12; second++) {
    await clock.advance(1000);
    harness.receive('+WS_DATA:0,1,1,8,4,more\r\nbusy p...\r\n');
  }
  harness.answerResync();
  harness.receive('\r\nERROR\r\n');
  await clock.advance(5000);
  assert.equal(harness.events.at(-1), 'in sync');
  for (const chunk of ['-end', 'two ', '-end']) harness.receive(`+WS_DATA:0,1,1,8,4,${chunk}\r\n`);
  harness.receive('+WS_DATA:0,1,1,4,4,next\r\n');
  assert.deepEqual(messages, ['next']);
});
