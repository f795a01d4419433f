import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SendOptions } from '../../../../driver/link/options';
import { sendCommands } from '../../../../driver/link/send/send-plan';

describe('the commands that send a message', () => {
  /** Capabilities of classes D and C. */
  const D = { maxSend: 100, fragments: true, misframes: false };
  const C = { ...D, fragments: false };
  const show = (length: number, capabilities: typeof D, options: SendOptions = {}) =>
    sendCommands(0, Buffer.alloc(length), { opcode: 2, ...options }, capabilities, 50).map(
      ({ line, payload }) => `${line} ${payload?.length ?? 0}`,
    );

  it('are one when the message fits', () => {
    assert.deepEqual(show(100, D), ['AT+WSSEND=0,100,2 100']);
    assert.deepEqual(show(0, D), ['AT+WSSEND=0,0,2 0']);
    assert.deepEqual(show(100, C), ['AT+WSSEND=0,100,2 100']);
  });

  it('are fragments and an empty final frame when it does not fit', () => {
    assert.deepEqual(show(250, D), [
      'AT+WSSEND=0,100,2,10000,0 100',
      'AT+WSSEND=0,100,0,10000,0 100',
      'AT+WSSEND=0,50,0,10000,0 50',
      'AT+WSSEND=0,0,0 0',
    ]);
    assert.deepEqual(show(250, D, { fin: false }), [
      'AT+WSSEND=0,100,2,10000,0 100',
      'AT+WSSEND=0,100,0,10000,0 100',
      'AT+WSSEND=0,50,0,10000,0 50',
    ]);
    assert.deepEqual(show(200, D), [
      'AT+WSSEND=0,100,2,10000,0 100',
      'AT+WSSEND=0,100,0,10000,0 100',
      'AT+WSSEND=0,0,0 0',
    ]);
    assert.deepEqual(show(3, D, { opcode: 0 }), ['AT+WSSEND=0,3,0,10000,0 3', 'AT+WSSEND=0,0,0 0']);
  });

  it('are one empty frame, where the last fragment is empty', () => {
    assert.deepEqual(show(0, D, { opcode: 0 }), ['AT+WSSEND=0,0,0 0']);
  });

  it('take no more than the buffer of the link where the firmware misframes longer ones', () => {
    assert.throws(() => show(51, { ...C, misframes: true }), {
      details: { length: 51, limit: 50 },
    });
  });

  it('fail for a fragment, a long or an empty message when the firmware supports no fragments', () => {
    const outcome = 'not-sent';
    assert.throws(() => show(101, C), { code: 'PAYLOAD_TOO_LONG', outcome });
    assert.throws(() => show(0, C), { code: 'EMPTY_NOT_SUPPORTED', outcome });
    for (const options of [{ fin: false }, { opcode: 0 }])
      assert.throws(() => show(1, C, options), { code: 'FRAGMENTS_NOT_SUPPORTED', outcome });
  });
});
