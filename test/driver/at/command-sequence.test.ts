import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { SequenceAccess } from '../../../driver/at/command-sequence';
import { at, ClientHarness, test, lost, question } from './client-harness';

/** Starts a sequence; `access` is what its body got, `end()` ends the body. */
function sequenceOf(harness: ClientHarness) {
  let access: SequenceAccess | undefined;
  let end = (): void => undefined;
  const outcome = harness.watch(
    harness.client.sequence((given) => {
      access = given;
      return new Promise<string>((resolve) => (end = () => resolve('ended')));
    }),
  );
  assert.ok(access);
  return { access, end: () => end(), outcome };
}

describe('a sequence', () => {
  test('goes on after a resync: its next command waits, and a second one at once is refused', async (harness) => {
    const { access, outcome, end } = sequenceOf(harness);
    const first = harness.watch(access.run({ ...question, idempotent: false }).then(() => ''));
    await harness.clock.advance(5500);
    const next = harness.watch(access.run(at()).then(() => 'ran'));
    const second = harness.watch(access.run(question).then(() => ''));
    const other = harness.run(question);
    await harness.clock.advance(0);
    assert.deepEqual([first.end, next.end, second.end], ['OUT_OF_SYNC', 'pending', 'OUT_OF_SYNC']);
    harness.written();
    harness.answerResync();
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(100);
    assert.deepEqual(harness.written(), ['AT+SYSLOG?\r\n', 'AT\r\n']);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.deepEqual([next.end, harness.written()], ['done ran', []]);
    end();
    await harness.clock.advance(0);
    assert.deepEqual([outcome.end, harness.written()], ['done ended', ['AT+X?\r\n']]);
    assert.equal(other.end, 'pending');
  });

  test('whose body throws at once rejects, and lets the next command run', async (harness) => {
    const sequence = harness.client.sequence(() => {
      throw new Error('thrown');
    });
    harness.run(question);
    await assert.rejects(sequence, { message: 'thrown' });
    await harness.clock.advance(0);
    assert.deepEqual(harness.written(), ['AT+X?\r\n']);
  });

  test('that has no command during a resync goes on after it', async (harness) => {
    harness.answerResync();
    const { access } = sequenceOf(harness);
    harness.receive('\r\nOK\r\n');
    harness.run(question);
    await harness.clock.advance(1000);
    assert.equal(harness.client.state, 'between');
    harness.written();
    void access.run(at());
    assert.deepEqual(harness.written(), ['AT\r\n']);
  });

  test('rejects its next command with OUT_OF_SYNC after a resync failed between its commands', async (harness) => {
    const { access } = sequenceOf(harness);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(60_000);
    assert.equal(harness.events.at(-1), 'unresponsive');
    await assert.rejects(access.run(at()), { code: 'OUT_OF_SYNC' });
  });

  test('refuses a command while another runs, and after its end', async (harness) => {
    const { access, end } = sequenceOf(harness);
    const running = access.run(question);
    await assert.rejects(access.run(at()), { code: 'OUT_OF_SYNC' });
    await assert.rejects(
      access.lendPort(() => assert.fail()),
      { code: 'OUT_OF_SYNC', details: { command: 'AT' } },
    );
    harness.receive('\r\nOK\r\n');
    await running;
    end();
    await harness.clock.advance(0);
    const later = sequenceOf(harness);
    harness.written();
    await assert.rejects(access.run(at()), { code: 'OUT_OF_SYNC' });
    await assert.rejects(
      access.lendPort(() => assert.fail()),
      { code: 'OUT_OF_SYNC' },
    );
    assert.deepEqual(harness.written(), []);
    later.end();
  });

  test('that is aborted writes no further command, and drops a late ERROR', async (harness) => {
    const controller = new AbortController();
    let access: SequenceAccess | undefined;
    const body = (given: SequenceAccess) => {
      access = given;
      return given.run(at()).then(() => '');
    };
    const outcome = harness.watch(harness.client.sequence(body, { signal: controller.signal }));
    const next = harness.run(question);
    controller.abort();
    await assert.rejects(access?.run(at()) ?? Promise.resolve(), { code: 'ABORTED' });
    harness.receive('ERR CODE:0x01090000\r\n\r\nERROR\r\n');
    await harness.clock.advance(0);
    assert.deepEqual(harness.written(), ['AT\r\n', 'AT+X?\r\n']);
    assert.deepEqual([outcome.end, next.end], ['ABORTED', 'pending']);
  });

  for (const idempotent of [false, true])
    test(`that is aborted and loses the response to its ${idempotent ? 'query, which is not repeated' : 'command'}, leaves the client idle after the resync`, async (harness) => {
      harness.answerResync();
      const controller = new AbortController();
      const command = { ...question, idempotent };
      const { signal } = controller;
      const outcome = harness.watch(
        harness.client.sequence(({ run }) => run(command).then(() => ''), { signal }),
      );
      const next = harness.run(at());
      controller.abort();
      await harness.clock.advance(0);
      harness.written();
      harness.receive('+WS_DATA:0,x\r\n');
      await harness.clock.advance(1000);
      assert.deepEqual(harness.written(), ['\r\n', 'AT+SYSLOG?\r\n', 'AT\r\n']);
      harness.receive('\r\nOK\r\n');
      await harness.clock.advance(0);
      assert.deepEqual([outcome.end, next.end], ['ABORTED', 'done ']);
      assert.equal(harness.client.state, 'idle');
    });

  test('whose body outlives an abort repeats no lost query after the resync, and keeps the client until it ends', async (harness) => {
    harness.answerResync();
    const controller = new AbortController();
    let end = (): void => undefined;
    const body = async (access: SequenceAccess) => {
      await access.run(question).catch(() => undefined);
      await new Promise<void>((resolve) => (end = resolve));
    };
    void harness.client.sequence(body, { signal: controller.signal }).catch(() => undefined);
    harness.run(at());
    controller.abort();
    await harness.clock.advance(0);
    harness.written();
    harness.receive('+WS_DATA:0,x\r\n');
    await harness.clock.advance(1000);
    assert.deepEqual(harness.written(), ['\r\n', 'AT+SYSLOG?\r\n']);
    assert.equal(harness.client.state, 'between');
    end();
    await harness.clock.advance(0);
    assert.deepEqual(harness.written(), ['AT\r\n']);
  });

  test('whose body ends after a reset does not end the sequence that runs then', async (harness) => {
    const before = sequenceOf(harness);
    harness.client.reset(lost);
    const after = sequenceOf(harness);
    before.end();
    harness.run(question);
    await harness.clock.advance(0);
    assert.deepEqual([harness.client.state, harness.written()], ['between', []]);
    after.end();
  });

  test('resyncs instead of the client, whose own resync stops', async (harness) => {
    const { access } = sequenceOf(harness);
    harness.receive('+WS_DATA:0,x\r\n');
    assert.deepEqual(harness.written(), ['\r\n']);
    harness.answerResync();
    const options = { attempts: 1, pad: 'never', pace: 'startRate' } as const;
    const { kind } = await harness.clock.wait(access.resync(options));
    assert.equal(kind, 'inSync');
    assert.deepEqual(harness.written(), ['\r\n', 'AT+SYSLOG?\r\n']);
    assert.equal(harness.client.state, 'between');
    // Once when the bytes were lost, and once in sync: what came between was dropped.
    assert.equal(harness.losses, 6);
    await harness.clock.advance(60_000);
    assert.deepEqual(harness.written(), []);
  });

  test('borrows the port, and runs its next command after it', async (harness) => {
    const { access } = sequenceOf(harness);
    const line = access.lendPort(async (lease) => {
      lease.write(Buffer.from('AT+GMR\r\n'));
      return (await lease.next('afterQuery', (text) => text.endsWith('OK'))).line ?? 'none';
    });
    harness.receive('>OK\r\n');
    assert.equal(await line, '>OK', 'no prompt is due');
    void access.run(at());
    assert.deepEqual(harness.written(), ['AT+GMR\r\n', 'AT\r\n']);
    assert.equal(harness.losses, 0);
  });

  test('whose body ends before the port comes back lets the next command run then', async (harness) => {
    const { access, end } = sequenceOf(harness);
    const line = access.lendPort((lease) => lease.next('afterQuery', (text) => text === 'OK'));
    end();
    harness.run(question);
    await harness.clock.advance(0);
    assert.deepEqual([harness.client.state, harness.written()], ['resyncing', []]);
    harness.receive('OK\r\n');
    assert.equal((await line).line, 'OK');
    assert.deepEqual([harness.client.state, harness.written()], ['running', ['AT+X?\r\n']]);
  });

  test('that borrows the port resumes data after corrupt bytes: receivers learn of the loss again', async (harness) => {
    const { access } = sequenceOf(harness);
    const line = access.lendPort((lease) => lease.next('afterQuery', (text) => text === 'OK'));
    harness.receive('+WS_DATA:0,x\r\n+WS_DATA:0,1,d\r\n');
    assert.equal(harness.losses, 3);
    harness.receive('OK\r\n');
    await line;
    assert.equal(harness.losses, 6);
  });

  test('that borrows the port gets the error of its body, and the error of a reset', async (harness) => {
    const { access } = sequenceOf(harness);
    await assert.rejects(
      access.lendPort(() => Promise.reject(new Error('a bug'))),
      /a bug/,
    );
    assert.equal(harness.client.state, 'between');
    const waiting = access.lendPort((lease) => lease.next('whileBooting', () => false));
    harness.client.reset(lost);
    await assert.rejects(waiting, { code: 'DEVICE_RESTARTED' });
    assert.equal(harness.clock.pending, 0);
  });
});
