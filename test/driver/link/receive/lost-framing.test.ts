import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Harness } from '../../../harness/harness';

it('a framing that is lost during a close handshake is told as data loss, before the end of the connection', async () => {
  await using harness = await new Harness({ firmware: 'A' }).ready();
  const { clock, link, server } = harness;
  await harness.open();
  server.behavior.answersCloses = false;
  const events: string[] = [];
  link.on('statechange', ({ cause }) => events.push(cause));
  link.on('dataloss', ({ error }) => events.push(error.code));
  const closing = link.close();
  await clock.advance(100);
  // An empty chunk, then a chunk with the header of a frame in front: the firmware has lost the framing.
  harness.say('\r\n+WS_DATA:0,0,\r\n\r\n+WS_DATA:0,5,\x81\x03abc\r\n');
  await clock.wait(closing);
  assert.deepEqual(events, ['closing', 'DATA_LOST', 'closed']);
});
