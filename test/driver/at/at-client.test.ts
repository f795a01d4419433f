import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wsclose } from '../../../driver/commands/websocket';
import { EspAtError } from '../../../driver/errors';
import { at, ClientHarness, find, lost, question } from './client-harness';

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

  it('fills a prompt with the payload though the link has closed meanwhile, and reports not-sent', () => {
    const harness = new ClientHarness();
    const message = harness.send(0, 'one');
    const next = harness.send(1, 'three');
    harness.receive('\r\nOK\r\n\r\n');
    harness.closeLink(0);
    assert.deepEqual(harness.written(), ['AT+WSSEND=0,3\r\n']);
    harness.receive('>');
    assert.deepEqual([message.end, harness.written()], ['pending', ['one']]);
    harness.receive('\r\nERROR\r\n');
    assert.deepEqual(
      [message.end, next.end, harness.written()],
      ['LINK_CLOSED not-sent', 'pending', ['AT+WSSEND=1,5\r\n']],
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
    // Response and restart in one chunk: the promise of the command settles only after both.
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
