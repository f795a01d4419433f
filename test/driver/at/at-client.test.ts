import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import { build, query } from '../../../driver/commands/build';
import { wsclose } from '../../../driver/commands/websocket';
import { EspAtError } from '../../../driver/errors';
import { ClientHarness } from './client-harness';

const question = query('X');
const at = (): Command => build('AT', { idempotent: true });

const lost = new EspAtError('DEVICE_RESTARTED');

/** Finds a device of which nothing is known; returns how that ended. */
async function find(harness: ClientHarness, pad: 'never' | 'first' = 'never'): Promise<string> {
  const attempts = pad === 'first' ? 3 : 1;
  const options = { attempts, mayRestart: false, pad, pace: 'portRate' as const };
  return (await harness.client.sequence(({ resync }) => resync(options))).kind;
}

describe('an AT client', () => {
  it('writes the next command in the same turn in which a response is complete', async () => {
    const harness = new ClientHarness();
    const first = harness.run(question);
    const second = harness.run(at());
    assert.deepEqual(harness.written(), ['AT+X?\r\n']);
    harness.receive('+X:1\r\n\r\nOK\r');
    await harness.clock.advance(0);
    assert.deepEqual(harness.written(), []);
    harness.receive('\n');
    await harness.clock.advance(0);
    assert.deepEqual(harness.written(), ['AT\r\n']);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.deepEqual([first.end, second.end], ['done +X:1', 'done ']);
    await harness.clock.advance(60_000);
    assert.equal(harness.clock.pending, 0);
  });

  it('writes the next message in the same turn in which SEND OK is complete', () => {
    const harness = new ClientHarness();
    const [first, second] = [harness.send(0, 'one'), harness.send(1, 'three')];
    harness.receive('\r\nOK\r\n\r\n>');
    assert.deepEqual(harness.written(), ['AT+WSSEND=0,3\r\n', 'one']);
    harness.receive('\r\nSEND OK\r\n');
    assert.deepEqual(
      [first.end, second.end, harness.written()],
      ['sent', 'pending', ['AT+WSSEND=1,5\r\n']],
    );
  });

  it('runs a sequence without interruption, and before messages that wait', async () => {
    const harness = new ClientHarness();
    harness.answer({
      'AT+X?\r\n': '\r\nOK\r\n',
      'AT\r\n': '\r\nOK\r\n',
      'AT+WSCLOSE=2\r\n': '\r\nOK\r\n',
    });
    harness.send(0, 'm');
    harness.send(0, 'later');
    void harness.client.sequence(async ({ run }) => {
      await run(question);
      await run(at());
    });
    harness.run(wsclose(2));
    assert.deepEqual(harness.written(), ['AT+WSSEND=0,1\r\n']);
    harness.receive('\r\nOK\r\n\r\n>');
    harness.receive('\r\nSEND OK\r\n');
    await harness.clock.advance(10);
    assert.deepEqual(harness.written(), [
      'm',
      'AT+X?\r\n',
      'AT\r\n',
      'AT+WSCLOSE=2\r\n',
      'AT+WSSEND=0,5\r\n',
    ]);
  });

  it('emits URCs and data in order, at any point of a transaction', async () => {
    const harness = new ClientHarness();
    const message = harness.send(0, 'm');
    harness.receive(
      '+WS_CLOSED:1\r\n\r\nOK\r\nWIFI GOT IP\r\n\r\n>+WS_DATA:2,5,\r\nOK>\r\n+TIME_UPDATED\r\n',
    );
    assert.deepEqual(harness.events, ['closed 1', 'wifi-got-ip', 'data 2 \r\nOK>', 'time-updated']);
    harness.receive('+WS_DISCONNECTED:2\r\n\r\nSEND OK\r\n');
    assert.deepEqual([message.end, harness.events.at(-1)], ['sent', 'disconnected 2']);
  });
});

describe('an abort', () => {
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof EspAtError ? error.code : String(error)),
    );

  it('takes a command off the queue before its turn', async () => {
    const harness = new ClientHarness();
    const controller = new AbortController();
    void harness.run(question);
    const waiting = outcome(harness.client.run(at(), { signal: controller.signal }));
    harness.written();
    controller.abort();
    assert.equal(await waiting, 'ABORTED');
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(10);
    assert.deepEqual(harness.written(), []);
  });

  it('rejects a running command, then reads and drops its response before the next command', async () => {
    const harness = new ClientHarness();
    const controller = new AbortController();
    const running = outcome(harness.client.run(question, { signal: controller.signal }));
    controller.abort();
    assert.equal(await running, 'ABORTED');
    const next = harness.run(at());
    assert.deepEqual(harness.written(), ['AT+X?\r\n']);
    harness.receive('+X:1\r\n\r\nOK\r\n');
    await harness.clock.advance(10);
    assert.deepEqual(harness.written(), ['AT\r\n']);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.equal(next.end, 'done ');
  });

  it('before the call rejects at once', async () => {
    const { client } = new ClientHarness();
    assert.equal(await outcome(client.run(at(), { signal: AbortSignal.abort() })), 'ABORTED');
  });
});

describe('a reset', () => {
  it('fails running and queued commands, each with the outcome of its bytes', async () => {
    const harness = new ClientHarness();
    const begun = harness.send(0, 'begun');
    harness.receive('\r\nOK\r\n\r\n>');
    const asked = harness.run(question);
    harness.client.reset(lost);
    await harness.clock.advance(0);
    assert.deepEqual([begun.end, asked.end], ['SEND_UNKNOWN unknown', 'DEVICE_RESTARTED']);
    const unprompted = harness.send(0, 'unprompted');
    harness.client.reset(lost);
    assert.equal(unprompted.end, 'DEVICE_RESTARTED not-sent');
    assert.equal(harness.clock.pending, 0);
    const next = harness.run(at());
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.equal(next.end, 'done ');
  });

  it('aborts a sequence between two commands, without writing its next command', async () => {
    const harness = new ClientHarness();
    const sequence = harness.watch(
      harness.client.sequence(async ({ run }) => {
        await run(question);
        await run(at());
        return '';
      }),
    );
    // The answer and the restart in one chunk: the sequence hears of its answer only after both.
    harness.receive('\r\nOK\r\n');
    harness.client.reset(lost);
    const resyncing = find(harness);
    harness.written();
    await harness.clock.advance(0);
    assert.equal(sequence.end, 'DEVICE_RESTARTED');
    assert.deepEqual(harness.written(), []);
    harness.answerResync();
    assert.equal(await harness.clock.wait(resyncing), 'noAnswer');
    assert.equal(harness.clock.pending, 0);
  });

  it('by close rejects every later call with the same error', async () => {
    const harness = new ClientHarness();
    harness.client.close(lost);
    const [asked, sent] = [harness.run(at()), harness.send(0, 'x')];
    await harness.clock.advance(0);
    assert.deepEqual([asked.end, sent.end], ['DEVICE_RESTARTED', 'pending']);
    await assert.rejects(find(harness), { code: 'DEVICE_RESTARTED' });
    assert.deepEqual(harness.written(), []);
  });
});

describe('a response timeout', () => {
  it('does not pass while a flood fills the port', async () => {
    const harness = new ClientHarness();
    const asked = harness.run(question);
    harness.written();
    for (let count = 0; count < 600; count++) {
      await harness.clock.advance(50);
      harness.receive(`+WS_DATA:0,480,${'flood '.repeat(80)}\r\n`);
    }
    assert.deepEqual(harness.written(), []);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.equal(asked.end, 'done ');
  });

  it('restarts when the device answers a probe with busy', async () => {
    const harness = new ClientHarness();
    const asked = harness.run({ ...question, timeoutMs: 60_000 });
    harness.written();
    await harness.clock.advance(3999);
    assert.deepEqual(harness.written(), []);
    await harness.clock.advance(1);
    assert.deepEqual(harness.written(), ['\r\n']);
    harness.receive('\r\nbusy p...\r\n');
    await harness.clock.advance(5000);
    harness.receive('+X:7\r\n\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.equal(asked.end, 'done +X:7');
  });

  it('writes nothing at a due prompt: a late one gets the payload alone', async () => {
    const harness = new ClientHarness();
    const message = harness.send(0, 'hello');
    harness.written();
    await harness.clock.advance(3900);
    assert.deepEqual(harness.written(), []);
    harness.receive('\r\nOK\r\n\r\n>');
    assert.deepEqual(harness.written(), ['hello']);
    harness.receive('\r\nSEND OK\r\n');
    await harness.clock.advance(0);
    assert.equal(message.end, 'sent');
  });

  it('resyncs, and a late response does not reach the next command', async () => {
    const harness = new ClientHarness();
    harness.answerResync();
    harness.answer({ '\r\n': '' });
    const asked = harness.run({ ...question, idempotent: false });
    const next = harness.run(at());
    await harness.clock.advance(6000);
    assert.deepEqual(harness.events.slice(0, 2), [
      'out of sync: NO_RESPONSE AT+X?',
      'step: lineEnd',
    ]);
    // The answer that was given up, in front of the answer to the CR LF.
    harness.receive('+X:1\r\n\r\nOK\r\n\r\nERROR\r\n');
    await harness.clock.advance(100);
    assert.deepEqual([asked.end, next.end], ['OUT_OF_SYNC', 'pending']);
    assert.equal(harness.written().at(-1), 'AT\r\n');
    assert.equal(harness.events.at(-1), 'in sync');
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.equal(next.end, 'done ');
  });

  it('pads a prompt again when received data looked like its response', async () => {
    const harness = new ClientHarness();
    const resyncing = find(harness, 'first');
    harness.receive('in the middle of data\r\nERROR\r\n');
    await harness.clock.advance(2000);
    // The question went into the prompt, as the CR LF does.
    assert.deepEqual(harness.written(), ['\r\n'.repeat(4), 'AT+SYSLOG?\r\n', '\r\n']);
    await harness.clock.advance(500);
    assert.deepEqual(harness.written(), ['\r\n'.repeat(4)]);
    harness.answerResync();
    harness.receive('\r\nSEND OK\r\n');
    assert.equal(await harness.clock.wait(resyncing), 'inSync');
    assert.deepEqual(harness.written(), ['AT+SYSSTORE?\r\n']);
  });

  it('fails an idempotent command after three attempts, and restarts a silent device', async () => {
    const harness = new ClientHarness();
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

describe('corrupt data', () => {
  it('is reported once, and the client drops data and URCs until in sync', async () => {
    const harness = new ClientHarness();
    harness.answerResync();
    harness.receive(
      '+WS_DATA:0,4,hello\r\n+WS_DATA:0,2,no\r\n+WS_CLOSED:0\r\n+WS_DATA:0,9,hi\r\n\r\n',
    );
    await harness.clock.advance(5000);
    assert.deepEqual(
      harness.events.filter((text) => /^(data|data|closed|in sync)/.test(text)),
      ['data lost', 'in sync'],
    );
    harness.receive('+WS_DATA:0,3,yes\r\n');
    assert.equal(harness.events.at(-1), 'data 0 yes');
  });

  for (const [what, text] of [
    ['data without its end', '+WS_DATA:0,900,hello\r\n'],
    ['a URC without its line end', '+WS_CLOSED:0\r'],
  ] as const) {
    it(`is found in ${what} after the partial-frame timeout`, async () => {
      const harness = new ClientHarness();
      harness.answerResync();
      harness.receive(text);
      await harness.clock.advance(1400);
      assert.equal(harness.events.length, 0);
      await harness.clock.advance(600);
      assert.equal(harness.events.at(-1), 'in sync');
      assert.ok(harness.events.includes('data lost'));
      assert.equal(harness.clock.pending, 0);
    });
  }

  it('during a send repeats it in sync, with the payload behind its own prompt', async () => {
    const harness = new ClientHarness();
    harness.answerResync();
    const message = harness.send(0, 'AT+RST\r\n');
    // The client repeats the running command only in sync, and its payload only after its own prompt.
    harness.receive('+WS_DATA:0,1,xx\r\n');
    await harness.clock.advance(3000);
    const written = harness.written();
    assert.ok(!written.includes('AT+RST\r\n'), written.join('|'));
    assert.equal(written.at(-1), 'AT+WSSEND=0,8\r\n');
    harness.receive('\r\nOK\r\n\r\n>');
    assert.deepEqual(harness.written(), ['AT+RST\r\n']);
    harness.receive('\r\nSEND OK\r\n');
    assert.equal(message.end, 'sent');
  });
});
