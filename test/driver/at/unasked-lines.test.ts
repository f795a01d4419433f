import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClientHarness, test, lost, question } from './client-harness';

/** The events after some bytes from the device, and a second later. */
async function eventsAfter(text: string, harness = new ClientHarness()): Promise<string[]> {
  harness.answerResync();
  harness.receive(text);
  await harness.clock.advance(1000);
  return harness.events;
}

const resync = ['step: lineEnd', 'in sync'];

describe('a line that no command asked for', () => {
  for (const line of ['ERROR', 'busy p...'])
    it(`is dropped if it is ${line}: the device responds to noise`, async () => {
      assert.deepEqual(await eventsAfter(`\r\n${line}\r\n`), []);
    });

  for (const line of ['OK', 'SEND OK', 'SEND FAIL'])
    test(`leads to a resync if it is ${line}, and no data counts as lost`, async (harness) => {
      const events = await eventsAfter(`\r\n${line}\r\n`, harness);
      assert.deepEqual(events, ['out of sync: UNEXPECTED_RESPONSE', ...resync]);
      assert.equal(harness.losses, 0);
    });

  it('leads to no resync while the device may be booting, nor after a failed resync', async () => {
    const booting = new ClientHarness({ echoOff: false });
    assert.deepEqual(await eventsAfter('\r\nOK\r\nAT+X?\r\n+WS_DATA:0,x\r\n', booting), [
      'unknown AT+X?',
    ]);
    const closed = new ClientHarness();
    closed.client.close(lost);
    assert.deepEqual(await eventsAfter('\r\nOK\r\n+WS_DATA:0,x\r\n', closed), []);
  });

  it('is corrupt data if it looks like no URC while a link is connected', async () => {
    const unknown = 'unknown +WS_DOTA:0';
    const harness = new ClientHarness();
    assert.deepEqual(await eventsAfter('+WS_DOTA:0\r\n', harness), [
      unknown,
      'out of sync: CORRUPT_LINE',
      'step: lineEnd',
      ...['data lost', 'in sync'],
    ]);
    // Once when the bytes were lost, and once in sync: what came between was dropped.
    assert.equal(harness.losses, 6);
    const apart = new ClientHarness();
    for (const link of [0, 1, 2] as const) apart.client.setReceiver(link);
    assert.deepEqual(await eventsAfter('+WS_DOTA:0\r\n', apart), [unknown]);
    assert.deepEqual(await eventsAfter('+STA_CONNECTED:x\r\n'), ['unknown +STA_CONNECTED:x']);
  });

  test('is dropped if it is a prompt after the refusal of its command', async (harness) => {
    const message = harness.send(0, 'hello');
    harness.receive('ERR CODE:0x01090000\r\n\r\nERROR\r\n>');
    assert.equal(message.end, 'SEND_FAILED not-sent');
    assert.deepEqual([harness.client.state, harness.events], ['idle', []]);
  });
});

describe('corrupt data', () => {
  test('keeps data and URCs back until in sync, but for ready', async (harness) => {
    harness.client.setReceiver(1);
    harness.run(question);
    harness.receive('+WS_DATA:0,x\r\n+WS_DATA:0,2,no\r\n+WS_CLOSED:0\r\nready\r\n');
    const outOfSync = 'out of sync: CORRUPT_DATA AT+X?';
    assert.deepEqual(harness.events, [outOfSync, 'step: lineEnd', 'data lost', 'ready']);
    assert.equal(harness.losses, 2);
  });

  it('at a negotiated rate is a line of bytes that no device sends: the rate may be lost', async () => {
    const garbled = '\xf8\x80\x00';
    const harness = new ClientHarness();
    assert.deepEqual(await eventsAfter(garbled, harness), []);
    const negotiated = new ClientHarness();
    negotiated.port.rateOrigin = 'negotiated';
    assert.deepEqual(await eventsAfter('+WIFI', negotiated), []);
    const events = await eventsAfter(garbled, negotiated);
    assert.deepEqual(events.slice(0, 2), ['out of sync: WRONG_RATE', 'step: lineEnd']);
    const resyncing = new ClientHarness();
    resyncing.port.rateOrigin = 'negotiated';
    resyncing.receive('\r\nOK\r\n');
    resyncing.receive(garbled);
    assert.equal(resyncing.losses, 0);
  });
});
