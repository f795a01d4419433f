import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import { TIMEOUT_POLICY } from '../../../driver/at/timing/timeout-policy';
import type { Action } from '../../../driver/at/transaction/action';
import { onIdle } from '../../../driver/at/transaction/idle';
import { onChunk, onLine, onPrompt } from '../../../driver/at/transaction/responses';
import {
  begin,
  payloadWritten,
  type Transaction,
} from '../../../driver/at/transaction/transaction';

const query: Command = {
  line: 'AT+WSOPEN?',
  name: 'AT+WSOPEN?',
  informationPrefixes: ['+WSOPEN:'],
  success: 'OK',
  timeoutMs: 60_000,
  idempotent: true,
};
const send: Command = {
  line: 'AT+WSSEND=0,5,1,10000',
  name: 'AT+WSSEND=0',
  informationPrefixes: [],
  payload: Buffer.from('hello'),
  success: 'SEND OK',
  timeoutMs: 60_000,
  idempotent: false,
};
const header: Command = { ...send, line: 'AT+WSHEAD=5', name: 'AT+WSHEAD', success: 'OK' };

const started = (command: Command): Transaction => begin(command, 1, TIMEOUT_POLICY.portRate);

/**
 * Takes lines, each in a chunk of its own, `>` for the prompt, and numbers for so many milliseconds of idle time;
 * returns the actions.
 */
function actions(transaction: Transaction, ...inputs: (string | number)[]): string[] {
  return inputs.map((input) => {
    if (typeof input === 'number') return shown(onIdle(transaction, input, input));
    onChunk(transaction);
    return shown(input === '>' ? onPrompt(transaction) : onLine(transaction, input));
  });
}

/** The last action only. */
const last = (command: Command, ...inputs: (string | number)[]) =>
  actions(started(command), ...inputs).at(-1);

function shown(action: Action): string {
  if (action.kind === 'write') return `write ${action.what}`;
  return action.kind === 'outOfSync' && action.corrupt ? 'corrupt' : action.kind;
}

describe('a transaction without payload', () => {
  it('keeps its information responses, and passes URCs on', () => {
    const transaction = started(query);
    assert.deepEqual(actions(transaction, '+WSOPEN:0,2,"ws://a/"', '+WS_CLOSED:1', 'OK'), [
      'none',
      'urc',
      'succeeded',
    ]);
    assert.deepEqual(transaction.response, ['+WSOPEN:0,2,"ws://a/"']);
  });

  it('fails with ERROR, and keeps the preceding error code', () => {
    const transaction = started(query);
    assert.deepEqual(actions(transaction, 'ERR CODE:0x01090000', 'ERROR'), ['none', 'refused']);
    assert.equal(transaction.errorCode, 'ERR CODE:0x01090000');
  });

  it('is out of sync after another final result code, or a prompt', () => {
    assert.equal(last(query, 'SEND OK'), 'outOfSync');
    assert.equal(last(query, '>'), 'outOfSync');
  });

  it('recognizes its own line as an echo', () => {
    assert.equal(last(query, 'AT+WSOPEN?'), 'echo');
  });

  it('is out of sync after busy and ERROR: noise may have made the device busy', () => {
    assert.deepEqual(actions(started(query), 'busy p...', 'ERROR'), ['busy', 'outOfSync']);
  });

  it('succeeds after busy and OK', () => {
    assert.equal(last(query, 'busy p...', 'OK'), 'succeeded');
  });

  it('is refused by ERROR after a probe that busy answered, but not after an unanswered one', () => {
    assert.deepEqual(actions(started(query), 3999, 4000, 'busy p...', 'ERROR'), [
      'none',
      'write CRLF',
      'none',
      'refused',
    ]);
    assert.equal(last(query, 4000, 'ERROR'), 'outOfSync');
  });

  it('confirms OK by the answer to an unanswered probe, or by idle time', () => {
    assert.deepEqual(actions(started(query), 4000, 'OK', 'ERROR'), [
      'write CRLF',
      'none',
      'succeeded',
    ]);
    assert.deepEqual(actions(started(query), 4000, 'OK', 4499, 4500).slice(2), [
      'none',
      'succeeded',
    ]);
  });

  it('is out of sync when a probe is not answered, and when its timeout is over', () => {
    assert.deepEqual(actions(started(query), 4000, 5499, 5500).slice(1), ['none', 'outOfSync']);
    assert.equal(last({ ...query, timeoutMs: 3000 }, 3000), 'outOfSync');
  });

  it('is out of sync 300 s after its timeout on a port that is never idle', () => {
    const transaction = started(query);
    assert.equal(shown(onIdle(transaction, 0, 360_000)), 'none');
    assert.equal(shown(onIdle(transaction, 0, 360_001)), 'outOfSync');
  });
});

describe('a transaction with payload', () => {
  it('writes the payload at the prompt, and succeeds with SEND OK', () => {
    const transaction = started(send);
    assert.equal(payloadWritten(transaction), false);
    assert.deepEqual(
      actions(transaction, 'OK', '+WS_DISCONNECTED:1', '>', '+TIME_UPDATED', 'SEND OK'),
      ['none', 'urc', 'write payload', 'urc', 'succeeded'],
    );
    assert.equal(payloadWritten(transaction), true);
  });

  it('succeeds with OK when OK ends the command', () => {
    assert.equal(last(header, 'OK', '>', 'OK'), 'succeeded');
  });

  it('is refused by ERROR before the prompt, without a payload byte written', () => {
    const transaction = started(send);
    assert.deepEqual(actions(transaction, 'ERROR'), ['refused']);
    assert.equal(payloadWritten(transaction), false);
  });

  it('is out of sync after ERROR between OK and the prompt, and after a second OK', () => {
    assert.equal(last(send, 'OK', 'ERROR'), 'outOfSync');
    assert.equal(last(send, 'OK', 'OK'), 'outOfSync');
  });

  it('is out of sync after OK instead of SEND OK', () => {
    assert.equal(last(send, 'OK', '>', 'OK'), 'outOfSync');
  });

  it('is corrupt after busy that follows the payload: the device has read another length', () => {
    assert.equal(last(send, 'OK', '>', 'busy p...', 'SEND OK'), 'corrupt');
  });

  for (const [result, outcome] of [
    ['SEND OK', 'corrupt'],
    ['ERROR', 'outOfSync'],
    ['SEND FAIL', 'outOfSync'],
    ['OK', 'outOfSync'],
  ] as const)
    it(`is ${outcome} after ${result} in the chunk of the prompt: the payload cannot have arrived`, () => {
      const transaction = started(send);
      actions(transaction, 'OK', '>');
      assert.equal(shown(onLine(transaction, result)), outcome);
    });

  it('writes nothing at a due prompt, and is out of sync after 4 s', () => {
    assert.deepEqual(actions(started(send), 1500, 3999, 4000), ['none', 'none', 'outOfSync']);
    assert.deepEqual(actions(started(send), 3999, 'OK', '>', 'SEND OK').slice(2), [
      'write payload',
      'succeeded',
    ]);
  });

  it('confirms SEND OK by a line feed when a probe behind the payload is unanswered', () => {
    const sent = [...['OK', '>'], 4000, 'SEND OK'];
    assert.deepEqual(actions(started(send), ...sent).slice(2), ['write CR', 'write LF']);
    assert.equal(last(send, ...sent, 'ERROR'), 'succeeded');
    assert.equal(last(send, ...sent, 'SEND OK'), 'write LF');
    assert.equal(last(send, ...sent, 4500), 'corrupt');
  });

  it('asks AT before SEND OK counts when busy may have answered bytes too many', () => {
    const sent = [...['OK', '>'], 4000, 'busy p...', 'SEND OK'];
    assert.equal(last(send, ...sent), 'write AT');
    assert.equal(last(send, ...sent, 'OK'), 'succeeded');
    assert.equal(last(send, ...sent, 'ERROR'), 'corrupt');
  });

  it('is corrupt with one probe in doubt and another unanswered', () => {
    assert.equal(last(send, 'OK', '>', 4000, 'busy p...', 14_000, 'SEND OK'), 'corrupt');
  });
});
