import assert from 'node:assert/strict';
import { MessageAssembler } from '../../../../driver/link/receive/message-assembler';
import { test } from '../client-harness';

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
