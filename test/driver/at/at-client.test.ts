import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { build } from '../../../driver/commands/build';
import { at, ClientHarness, test, find, lost, question } from './client-harness';

describe('an AT client', () => {
  test('writes the next command in the same turn in which a response is complete', async (harness) => {
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

  test('writes the next message in the same turn in which SEND OK is complete', (harness) => {
    const [first, second] = [harness.send(0, 'one'), harness.send(1, 'three')];
    harness.receive('\r\nOK\r\n\r\n>');
    assert.deepEqual(harness.written(), ['AT+WSSEND=0,3\r\n', 'one']);
    harness.receive('\r\nSEND OK\r\n');
    assert.deepEqual(
      [first.end, second.end, harness.written()],
      ['sent', 'pending', ['AT+WSSEND=1,5\r\n']],
    );
  });

  test('counts the bytes of a refused message for its link: that of another link comes next', (harness) => {
    for (const link of [0, 0, 1] as const) harness.send(link, 'one');
    harness.receive('\r\nOK\r\n\r\n>');
    harness.receive('\r\nERROR\r\n');
    assert.deepEqual(harness.written().slice(2), ['AT+WSSEND=1,3\r\n']);
  });

  test('writes a line one byte a character', (harness) => {
    harness.run(build('AT+X="\xe9"'));
    assert.deepEqual(harness.written(), ['AT+X="\xe9"\r\n']);
  });

  test('fills a prompt with the payload though the link has closed meanwhile, and reports not-sent', (harness) => {
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

  test('emits URCs and data in order, at any point of a transaction', async (harness) => {
    const message = harness.send(0, 'm');
    harness.receive(
      '+WS_CLOSED:1\r\n\r\nOK\r\nWIFI GOT IP\r\n\r\n>+WS_DATA:2,5,\r\nOK>\r\n+TIME_UPDATED\r\n',
    );
    assert.deepEqual(harness.events, ['closed 1', 'wifi-got-ip', 'data 2 \r\nOK>', 'time-updated']);
    harness.receive('+WS_DISCONNECTED:2\r\n\r\nSEND OK\r\n');
    assert.deepEqual([message.end, harness.events.at(-1)], ['sent', 'disconnected 2']);
  });

  it('is quiet while it runs nothing, no line has begun, and the device does not echo', () => {
    const harness = new ClientHarness({ echoOff: false });
    assert.equal(harness.client.isQuiet, false);
    harness.client.setEchoOff(true);
    assert.equal(harness.client.isQuiet, true);
    harness.receive('+WS');
    assert.equal(harness.client.isQuiet, false);
    harness.receive('_CLOSED:0\r\n');
    assert.equal(harness.client.isQuiet, true);
    harness.run(question);
    assert.equal(harness.client.isQuiet, false);
  });

  test('may have a pending prompt from the line of a message until its outcome is known', async (harness) => {
    const { client, clock } = harness;
    assert.equal(client.pendingPrompt, false);
    harness.send(0, 'm');
    assert.deepEqual([client.state, client.pendingPrompt], ['running', true]);
    await clock.advance(4000);
    assert.deepEqual([client.state, client.pendingPrompt], ['resyncing', true]);
    await clock.advance(60_000);
    assert.deepEqual([client.state, client.pendingPrompt], ['unresponsive', true]);
    client.reset(lost);
    assert.deepEqual([client.state, client.pendingPrompt], ['idle', false]);
    harness.run({ ...question, idempotent: false });
    assert.equal(client.pendingPrompt, false);
    await clock.advance(3000);
    assert.deepEqual([client.state, client.pendingPrompt], ['resyncing', false]);
    await clock.advance(60_000);
    assert.deepEqual([client.state, client.pendingPrompt], ['unresponsive', false]);
  });

  test('takes no prompt while a command without a payload runs', (harness) => {
    harness.run(question);
    harness.receive('>+X:1\r\n');
    assert.deepEqual(harness.events.slice(0, 1), ['unknown >+X:1']);
  });

  it('suspects a restart when its own line comes back, unless the device may echo', () => {
    for (const [echoOff, events] of [
      [true, ['restart suspected']],
      [false, []],
    ] as const) {
      const harness = new ClientHarness({ echoOff });
      harness.run(question);
      harness.receive('AT+X?\r\n');
      assert.deepEqual(harness.events, events);
    }
  });

  test('pushes data to the receiver of its link until a reset, and tells whether any is connected', (harness) => {
    const { client } = harness;
    assert.equal(client.hasConnection, true);
    client.setReceiver(0);
    client.setReceiver(2);
    assert.equal(client.hasConnection, true);
    harness.receive('+WS_DATA:0,1,a\r\n+WS_DATA:1,1,b\r\n');
    assert.deepEqual(harness.events, ['data 1 b']);
    client.reset(lost);
    assert.equal(client.hasConnection, false);
    harness.receive('+WS_DATA:1,1,c\r\n');
    assert.deepEqual(harness.events, ['data 1 b']);
  });
});

describe('an abort', () => {
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof EspAtError ? error.code : String(error)),
    );

  test('takes a command off the queue before its turn', async (harness) => {
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

  test('rejects a running command, then reads and drops its response before the next command', async (harness) => {
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

  test('can come after the end: the command leaves no listener on its signal', async (harness) => {
    const { signal } = new AbortController();
    const running = outcome(harness.client.run(question, { signal }));
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    harness.receive('\r\nOK\r\n');
    assert.equal(await running, 'done');
    await harness.clock.advance(0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

describe('a reset', () => {
  test('fails running and queued commands, each with the outcome of its bytes', async (harness) => {
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

  test('assumes that the device echoes, and may be booting: an OK means nothing', (harness) => {
    harness.client.reset(lost);
    harness.receive('\r\nOK\r\n');
    assert.equal(harness.client.state, 'idle');
  });

  test('leaves no listener on the signal of a command that has not begun', async (harness) => {
    const { signal } = new AbortController();
    void harness.run(question);
    const waiting = harness.watch(harness.client.run(at(), { signal }).then(() => ''));
    harness.client.reset(lost);
    await harness.clock.advance(0);
    assert.deepEqual(
      [waiting.end, getEventListeners(signal, 'abort').length],
      ['DEVICE_RESTARTED', 0],
    );
  });

  test('aborts a sequence between two commands, without writing its next command', async (harness) => {
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

  test('by close rejects every later call with the same error', async (harness) => {
    harness.client.close(lost);
    const [asked, sent] = [harness.run(at()), harness.send(0, 'x')];
    await harness.clock.advance(0);
    assert.deepEqual([asked.end, sent.end], ['DEVICE_RESTARTED', 'pending']);
    await assert.rejects(find(harness), { code: 'DEVICE_RESTARTED' });
    harness.client.reset(new EspAtError('DEVICE_UNRESPONSIVE'));
    assert.equal(harness.client.state, 'closed');
    assert.deepEqual(harness.written(), []);
  });
});
