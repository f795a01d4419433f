import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { at, ClientHarness, test, find, lost, question } from './client-harness';

/** Fills the port with data until the clock shows `end`. */
async function flood(harness: ClientHarness, end: number): Promise<void> {
  while (harness.clock.now() < end) {
    harness.receive(`+WS_DATA:0,1130,${'x'.repeat(1130)}\r\n`);
    await harness.clock.advance(100);
  }
}

/** The events other than data. */
function eventsOf({ events }: ClientHarness): string[] {
  return events.filter((event) => !event.startsWith('data 0'));
}

describe('a response timeout', () => {
  test('passes 300 s later than usual in a flood that does not end', async (harness) => {
    harness.run({ ...question, timeoutMs: 10_000 });
    await flood(harness, 309_000);
    assert.deepEqual(eventsOf(harness), []);
    // The client checks every 4 s.
    await flood(harness, 315_000);
    assert.equal(eventsOf(harness)[0], 'out of sync: NO_RESPONSE AT+X?');
  });

  test('passes 300 s later also for an OK whose probe gets no answer in a flood', async (harness) => {
    const asked = harness.run({ ...question, timeoutMs: 10_000, idempotent: false });
    await harness.clock.advance(4000);
    assert.deepEqual(harness.written(), ['AT+X?\r\n', '\r\n']);
    harness.receive('\r\nOK\r\n');
    await flood(harness, 309_900);
    assert.deepEqual([asked.end, eventsOf(harness)], ['pending', []]);
    // The client checks every 500 ms.
    await flood(harness, 310_600);
    assert.equal(asked.end, 'OUT_OF_SYNC');
    assert.equal(eventsOf(harness)[0], 'out of sync: NO_RESPONSE AT+X?');
  });

  test('tells in the error of a refused command how long the command waited', async (harness) => {
    const ended = harness.client.run({ ...question, idempotent: false });
    const refused = assert.rejects(ended, {
      code: 'COMMAND_FAILED',
      details: { waitedMs: 700, command: 'AT+X?', reason: '' },
    });
    await harness.clock.advance(700);
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(0);
    await refused;
  });

  test('resyncs, and a late response does not reach the next command', async (harness) => {
    harness.answerResync();
    harness.answer({ '\r\n': '' });
    const asked = harness.run({ ...question, idempotent: false });
    const next = harness.run(at());
    await harness.clock.advance(6000);
    assert.deepEqual(harness.events.slice(0, 2), [
      'out of sync: NO_RESPONSE AT+X?',
      'step: lineEnd',
    ]);
    // The response after its timeout, before the response to the CR LF.
    harness.receive('+X:1\r\n\r\nOK\r\n\r\nERROR\r\n');
    await harness.clock.advance(100);
    assert.deepEqual([asked.end, next.end], ['OUT_OF_SYNC', 'pending']);
    assert.equal(harness.written().at(-1), 'AT\r\n');
    assert.equal(harness.events.at(-1), 'in sync');
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.equal(next.end, 'done ');
  });

  test('pads a prompt again when received data looked like its response', async (harness) => {
    const resyncing = find(harness, 'first');
    harness.receive('in the middle of data\r\nERROR\r\n');
    await harness.clock.advance(2000);
    // The prompt takes the query for payload, as it does the CR LF.
    assert.deepEqual(harness.written(), ['\r\n'.repeat(4), 'AT+SYSLOG?\r\n', '\r\n']);
    await harness.clock.advance(500);
    assert.deepEqual(harness.written(), ['\r\n'.repeat(4)]);
    harness.answerResync();
    harness.receive('\r\nSEND OK\r\n');
    assert.equal(await harness.clock.wait(resyncing), 'inSync');
    assert.deepEqual(harness.written(), ['AT+SYSSTORE?\r\n']);
  });

  for (const [question, answers, lines] of [
    ['\n', [], []],
    ['AT\r\n', ['\r\nbusy p...\r\n'], ['\r\nSEND OK\r\n']],
  ] as const)
    test(`waits at least 490 ms for the answer to ${JSON.stringify(question)} after SEND OK in doubt`, async (harness) => {
      const message = harness.send(0, 'hello');
      harness.receive('\r\nOK\r\n\r\n>');
      await harness.clock.advance(4000);
      for (const answer of answers) harness.receive(answer);
      await harness.clock.advance(1400);
      harness.written();
      harness.receive('\r\nSEND OK\r\n');
      assert.deepEqual(harness.written(), [question]);
      await harness.clock.advance(490);
      // Another success after the question belongs to no command.
      for (const line of lines) harness.receive(line);
      assert.deepEqual([message.end, harness.events], ['pending', []]);
      await harness.clock.advance(600);
      assert.equal(message.end, 'SEND_UNKNOWN unknown');
    });

  test('ends in success at a negotiated rate without harm to data that has begun', async (harness) => {
    harness.port.rateOrigin = 'negotiated';
    const asked = harness.run(question);
    await harness.clock.advance(500);
    harness.receive('\r\nOK\r\n+WS_DATA:0,4,a');
    await harness.clock.advance(1000);
    assert.equal(asked.end, 'done ');
    harness.receive('bcd\r\n');
    assert.deepEqual(harness.events, ['data 0 abcd']);
  });

  test('fails an idempotent command after three attempts, and restarts a silent device', async (harness) => {
    harness.answerResync();
    const asked = harness.run(question);
    await harness.clock.advance(60_000);
    assert.equal(asked.end, 'OUT_OF_SYNC');
    assert.equal(harness.written().filter((line) => line === 'AT+X?\r\n').length, 3);
    harness.answer({ '\r\n': '' });
    harness.run(question);
    await harness.clock.advance(60_000);
    assert.deepEqual(harness.events.slice(-2), ['step: restart', 'unresponsive']);
    assert.equal(harness.written().at(-1), 'AT+RST\r\n');
    harness.client.close(lost);
    assert.equal(harness.clock.pending, 0);
  });
});

describe('a doubtful ERROR', () => {
  test('emits no event while one line end clears it up', async (harness) => {
    harness.answerResync();
    const query = harness.run(question);
    harness.receive('ERROR\r\n');
    await harness.clock.advance(100);
    harness.receive('+X:1\r\nOK\r\n');
    await harness.clock.advance(1);
    assert.equal(query.end, 'done +X:1');
    assert.deepEqual(harness.events, []);
  });

  test('is out of sync at the first other step, and every step after it is emitted', async (harness) => {
    harness.send(0, 'hello');
    harness.receive('ERROR\r\n');
    await harness.clock.advance(60_000);
    const attempt = ['step: lineEnd', 'step: pad'];
    assert.deepEqual(harness.events, [
      'out of sync: UNEXPLAINED_ERROR AT+WSSEND=0',
      'step: pad',
      ...[...attempt, ...attempt],
      'step: restart',
      'unresponsive',
    ]);
  });
});
