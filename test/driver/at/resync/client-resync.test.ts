import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../../driver/at/command';
import type { CommandEvent } from '../../../../driver/at/types';
import { wssend } from '../../../../driver/commands/wssend';
import { at, ClientHarness, test, lost, question, find } from '../client-harness';

const once = { ...question, idempotent: false };
const corruptHeader = '+WS_DATA:0,x\r\n';

/** A harness whose client has lost the response to a command, and resyncs. */
async function resyncing(): Promise<ClientHarness> {
  const harness = new ClientHarness();
  harness.run(once);
  await harness.clock.advance(3000);
  assert.equal(harness.client.state, 'resyncing');
  harness.written();
  harness.events.length = 0;
  return harness;
}

describe('a client that resyncs', () => {
  test('asks another query in each resync', async (harness) => {
    harness.answerResync();
    for (const [index, line] of ['AT+SYSLOG?', 'AT+SYSSTORE?', 'AT+CWMODE?'].entries()) {
      assert.equal(harness.client.queryIndex, index);
      harness.receive('\r\nOK\r\n');
      await harness.clock.advance(1000);
      assert.deepEqual(harness.written(), ['\r\n', `${line}\r\n`]);
    }
  });

  test('asks another query than the last attempt of the resync before, whose response may come late', async (harness) => {
    harness.answer({ '\r\n': '\r\nERROR\r\n', 'AT+SYSSTORE?\r\n': '+SYSSTORE:0\r\n\r\nOK\r\n' });
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(3000);
    assert.deepEqual(harness.written().slice(-3), ['AT+SYSLOG?\r\n', '\r\n', 'AT+SYSSTORE?\r\n']);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(100);
    assert.deepEqual(harness.written(), ['\r\n', 'AT+CWMODE?\r\n']);
  });

  test('starts with the query that it is given', async (harness) => {
    harness.answerResync();
    harness.client.queryIndex = 2;
    assert.equal(await harness.clock.wait(find(harness)), 'inSync');
    assert.deepEqual(harness.written(), ['\r\n', 'AT+CWMODE?\r\n']);
  });

  test('fails a command that waits for the end, and runs nothing more, where the device stays silent', async (harness) => {
    const asked = harness.run(question);
    await harness.clock.advance(60_000);
    assert.deepEqual([asked.end, harness.client.state], ['OUT_OF_SYNC', 'unresponsive']);
    harness.written();
    const next = harness.run(at());
    harness.receive(`\r\nOK\r\n${corruptHeader}`);
    await harness.clock.advance(60_000);
    assert.deepEqual([next.end, harness.written()], ['pending', []]);
    assert.equal(harness.events.at(-1), 'unresponsive');
    harness.client.reset(lost);
    await harness.clock.advance(0);
    assert.equal(next.end, 'DEVICE_RESTARTED');
  });

  test('at a negotiated rate probes after 500 ms, tries once, and restarts nothing', async (harness) => {
    harness.port.rateOrigin = 'negotiated';
    harness.run(once);
    await harness.clock.advance(500);
    assert.deepEqual(harness.written(), ['AT+X?\r\n', '\r\n']);
    await harness.clock.advance(499);
    assert.deepEqual(harness.events, []);
    await harness.clock.advance(5000);
    const lostResponse = 'out of sync: NO_RESPONSE AT+X?';
    assert.deepEqual(harness.events, [lostResponse, 'step: lineEnd', 'unresponsive']);
    assert.deepEqual(harness.written(), ['\r\n']);
  });

  it('at a negotiated rate drops partial data, which may have swallowed the response', async () => {
    for (const [rateOrigin, last] of [
      ['negotiated', 'in sync'],
      ['start', 'step: lineEnd'],
    ] as const) {
      const harness = new ClientHarness();
      harness.answerResync();
      harness.port.rateOrigin = rateOrigin;
      harness.run({ ...once, timeoutMs: 400 });
      harness.receive('+WS_DATA:0,900,OK');
      await harness.clock.advance(500);
      assert.equal(harness.events.at(-1), last);
      await harness.clock.advance(5000);
      assert.equal(harness.events.filter((event) => event === 'data lost').length, 1);
    }
  });

  test('reports the restart that it causes as ready, and fails all commands where nothing resets it', async (harness) => {
    harness.answer({ 'AT+RST\r\n': '\r\nOK\r\n\r\nready\r\n' });
    const asked = harness.run(question);
    const waiting = harness.run(at());
    await harness.clock.advance(60_000);
    assert.deepEqual(harness.events.slice(-2), ['step: restart', 'ready']);
    assert.deepEqual([asked.end, waiting.end], ['DEVICE_RESTARTED', 'DEVICE_RESTARTED']);
    assert.equal(harness.client.state, 'idle');
  });

  test('restarts a device, and spares what a listener runs after its own reset', async (harness) => {
    harness.answer({ 'AT+RST\r\n': '\r\nOK\r\n\r\nready\r\n' });
    let next = { end: '' };
    harness.onEvent = (event) => {
      if (event !== 'ready') return;
      harness.client.reset(lost);
      next = harness.run(at());
    };
    harness.run(once);
    await harness.clock.until(() => next.end !== '', 60_000);
    assert.deepEqual([next.end, harness.client.state], ['pending', 'running']);
  });

  it('emits each URC, and no late response', async () => {
    const harness = await resyncing();
    harness.receive('WIFI GOT IP\r\n+SYSLOG:1\r\nAT+SYSLOG?\r\n+STA_X\r\n');
    assert.deepEqual(harness.events, ['wifi-got-ip', 'unknown +STA_X']);
  });

  it('takes > for a prompt only while a prompt may be pending', async () => {
    const harness = await resyncing();
    harness.answerResync();
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(1000);
    assert.equal(harness.client.state, 'idle');
    harness.receive('>x\r\n');
    assert.ok(harness.events.includes('unknown >x'));
  });

  it('stops at a reset in the turn in which it would be in sync', async () => {
    const harness = await resyncing();
    harness.answerResync();
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(30);
    assert.deepEqual(harness.written(), ['AT+SYSLOG?\r\n']);
    harness.receive('+SYSLOG:0\r\n\r\nOK\r\n');
    harness.client.reset(lost);
    harness.client.setEchoOff(true);
    harness.receive('\r\nOK\r\n');
    await harness.clock.advance(0);
    assert.deepEqual(harness.events, ['out of sync: UNEXPECTED_RESPONSE', 'step: lineEnd']);
    assert.equal(harness.client.state, 'resyncing');
  });

  it('stops at a reset in the turn in which a wait ends: it reports no further step', async () => {
    const harness = await resyncing();
    const { clock } = harness;
    // The device is silent for 1200 ms after the line end, and for 30 ms more.
    const end = clock.now() + 1230;
    clock.afterInput = (callback) =>
      clock.after(0, () => {
        callback();
        if (clock.now() === end) harness.client.reset(lost);
      });
    await clock.advance(60_000);
    assert.deepEqual([harness.events, harness.client.state], [[], 'idle']);
  });

  test('stops at a reset by a listener that learns that it is out of sync: it reports no further step', async (harness) => {
    harness.onEvent = () => harness.client.reset(lost);
    harness.send(0, 'hello');
    harness.receive('ERROR\r\n');
    await harness.clock.advance(60_000);
    assert.deepEqual(harness.events, ['out of sync: UNEXPLAINED_ERROR AT+WSSEND=0']);
  });

  it('aborted by a reset, announces no doubtful ERROR that begins the next resync', async () => {
    const harness = await resyncing();
    harness.client.reset(lost);
    harness.send(0, 'hello');
    harness.receive('ERROR\r\n');
    await harness.clock.advance(0);
    assert.deepEqual([harness.events, harness.client.state], [[], 'resyncing']);
  });

  test('announces a doubtful ERROR at last where the port takes no bytes', async (harness) => {
    harness.send(0, 'hello');
    harness.receive('ERROR\r\n');
    harness.port.pendingBytes = 2;
    await harness.clock.advance(60_000);
    const cause = 'out of sync: UNEXPLAINED_ERROR AT+WSSEND=0';
    assert.deepEqual(harness.events, [cause, 'unresponsive']);
  });
});

describe('after a resync a message', () => {
  /** A client that has lost the prompt of a message, by data that is corrupt. */
  function corrupted(answers: Readonly<Record<string, string>> = {}) {
    const harness = new ClientHarness();
    harness.answerResync();
    harness.answer(answers);
    const message = harness.send(0, 'hello');
    harness.written();
    harness.receive(corruptHeader);
    return { harness, message };
  }

  it('whose connection has ended is not repeated', async () => {
    const { harness, message } = corrupted();
    harness.closeLink(0);
    await harness.clock.advance(1000);
    assert.equal(message.end, 'LINK_CLOSED not-sent');
    assert.deepEqual(harness.written(), ['\r\n', 'AT+SYSLOG?\r\n']);
    assert.equal(harness.client.state, 'idle');
  });

  it('whose prompt was padded is not repeated, but one of another link runs', async () => {
    const padding = '\r\n'.repeat(4);
    const { harness, message } = corrupted({ '\r\n': '', [padding]: '\r\nSEND OK\r\n' });
    const other = harness.send(1, 'x');
    await harness.clock.advance(5000);
    assert.equal(message.end, 'OUT_OF_SYNC not-sent');
    assert.ok(harness.events.includes('in sync, corrupt 0'));
    assert.equal(harness.written().at(-1), 'AT+WSSEND=1,1\r\n');
    assert.equal(other.end, 'pending');
  });

  test('is announced as out of sync where a doubtful ERROR led to padding', async (harness) => {
    const message = harness.send(0, 'hello');
    harness.receive('ERROR\r\n');
    harness.answer({ 'AT+SYSLOG?\r\n': '+SYSLOG:0\r\n\r\nSEND OK\r\n\r\nOK\r\n' });
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(1000);
    assert.equal(message.end, 'OUT_OF_SYNC not-sent');
    const cause = 'out of sync: UNEXPLAINED_ERROR AT+WSSEND=0';
    assert.deepEqual(harness.events, [cause, 'in sync, corrupt 0']);
  });

  test('does not continue a client that a listener closes when it learns of a padded prompt', async (harness) => {
    harness.onEvent = () => harness.client.close(lost);
    harness.send(0, 'hello');
    harness.receive('ERROR\r\n');
    harness.answer({ 'AT+SYSLOG?\r\n': '+SYSLOG:0\r\n\r\nSEND OK\r\n\r\nOK\r\n' });
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(1000);
    const cause = 'out of sync: UNEXPLAINED_ERROR AT+WSSEND=0';
    assert.deepEqual([harness.events, harness.client.state], [[cause], 'closed']);
  });

  test('is refused, and not repeated, where a doubtful ERROR answers its second part', async (harness) => {
    const reports: string[] = [];
    let command: Command | undefined = wssend(0, Buffer.from('rest'));
    const report = (event: CommandEvent) => {
      reports.push('error' in event ? `${event.kind} ${event.error.code}` : event.kind);
      if ('error' in event) command = undefined;
    };
    const part = { link: 0, connectionLives: true, partlySent: true, report } as const;
    harness.client.addSource({ link: 0, peek: () => command && { ...part, command } });
    harness.answerResync();
    harness.client.wake();
    harness.receive('\r\nERROR\r\n');
    await harness.clock.advance(1000);
    assert.deepEqual(reports, ['started', 'refused COMMAND_FAILED']);
    assert.deepEqual(harness.written(), ['AT+WSSEND=0,4\r\n', '\r\n', 'AT+SYSLOG?\r\n']);
    assert.deepEqual(harness.events, []);
  });
});
