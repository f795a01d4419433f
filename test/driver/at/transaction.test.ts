import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import { onIdle, restartProbeWait, untilCheck } from '../../../driver/at/transaction/idle';
import { onChunk, onLine, onPrompt } from '../../../driver/at/transaction/responses';
import {
  begin,
  payloadWritten,
  TIMEOUT_POLICY,
  type Action,
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

const started = (command: Command): Transaction => begin(command, 1, TIMEOUT_POLICY.startRate);

/**
 * Takes lines, each in a chunk of its own, `>` for the prompt, and numbers for so many milliseconds of idle time;
 * returns the actions.
 */
function actions(transaction: Transaction, ...inputs: (string | number)[]): string[] {
  let idle = 0;
  return inputs.map((input) => {
    if (typeof input === 'number') return shown(onIdle(transaction, (idle = input), input, 1));
    onChunk(transaction);
    return shown(input === '>' ? onPrompt(transaction) : onLine(transaction, input, idle));
  });
}

/** The last action only. */
const last = (command: Command, ...inputs: (string | number)[]) =>
  actions(started(command), ...inputs).at(-1);

function shown(action: Action): string {
  if (action === 'CORRUPT_PAYLOAD') return 'corrupt';
  return action === 'NO_RESPONSE' || action === 'UNEXPECTED_RESPONSE' ? 'outOfSync' : action;
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
    assert.deepEqual(actions(started(query), 'busy p...', 'ERROR'), ['none', 'outOfSync']);
  });

  it('succeeds after busy and OK', () => {
    assert.equal(last(query, 'busy p...', 'OK'), 'succeeded');
  });

  it('is refused by ERROR after a probe that busy answered, but not after an unanswered one', () => {
    assert.deepEqual(actions(started(query), 3999, 4000, 'busy p...', 'ERROR'), [
      'none',
      'writeCrLf',
      'none',
      'refused',
    ]);
    assert.equal(last(query, 4000, 'ERROR'), 'outOfSync');
  });

  it('confirms OK by the answer to an unanswered probe, or by idle time', () => {
    assert.deepEqual(actions(started(query), 4000, 'OK', 'ERROR'), [
      'writeCrLf',
      'none',
      'succeeded',
    ]);
    assert.equal(last(query, 4000, 'OK', 'busy p...'), 'succeeded');
    assert.equal(last(query, 4000, 'OK', 'OK'), 'none');
    assert.deepEqual(actions(started(query), 4000, 'OK', 4499, 4500).slice(2), [
      'none',
      'succeeded',
    ]);
  });

  it('is out of sync, not corrupt, after another success while it confirms', () => {
    assert.equal(last(query, 4000, 'OK', 'SEND OK'), 'outOfSync');
  });

  it('is out of sync when a probe is not answered, and when its timeout is over', () => {
    assert.deepEqual(actions(started(query), 4000, 5499, 5500).slice(1), ['none', 'outOfSync']);
    assert.equal(last({ ...query, timeoutMs: 3000 }, 3000), 'outOfSync');
  });

  it('is out of sync 300 s after its timeout on a port that is never idle', () => {
    const transaction = started(query);
    assert.equal(shown(onIdle(transaction, 0, 360_000, 1)), 'none');
    assert.equal(shown(onIdle(transaction, 0, 360_001, 1)), 'outOfSync');
    // The times of a slow bridge are divided by its slowness.
    assert.equal(shown(onIdle(transaction, 0, 90_000, 10)), 'none');
    assert.equal(shown(onIdle(transaction, 0, 90_001, 10)), 'outOfSync');
  });
});

describe('a transaction with payload', () => {
  it('writes the payload at the prompt, and succeeds with SEND OK', () => {
    const transaction = started(send);
    assert.equal(payloadWritten(transaction), false);
    assert.deepEqual(
      actions(transaction, 'OK', '+WS_DISCONNECTED:1', '>', '+TIME_UPDATED', 'SEND OK'),
      ['none', 'urc', 'writePayload', 'urc', 'succeeded'],
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

  it('is out of sync after SEND OK before the prompt', () => {
    assert.equal(last(send, 'OK', 'SEND OK'), 'outOfSync');
  });

  it('is out of sync after OK instead of SEND OK', () => {
    assert.equal(last(send, 'OK', '>', 'OK'), 'outOfSync');
  });

  it('is corrupt after busy that follows the payload: the device has read another length', () => {
    assert.equal(last(send, 'OK', '>', 'busy p...', 'SEND OK'), 'corrupt');
  });

  it('ignores a `busy s...` that answers no probe, and takes any other for `busy p...`', () => {
    assert.equal(last(send, 'OK', 'busy s...', '>', 'busy s...', 'SEND OK'), 'succeeded');
    assert.equal(last(send, 'OK', '>', 4000, 'busy s...', 'SEND OK'), 'writeAt');
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
      assert.equal(shown(onLine(transaction, result, 0)), outcome);
    });

  it('writes nothing at a due prompt, and is out of sync after 4 s', () => {
    assert.deepEqual(actions(started(send), 1500, 3999, 4000), ['none', 'none', 'outOfSync']);
    assert.deepEqual(actions(started(send), 3999, 'OK', '>', 'SEND OK').slice(2), [
      'writePayload',
      'succeeded',
    ]);
  });

  it('confirms SEND OK by a line feed when a probe behind the payload is unanswered', () => {
    const sent = [...['OK', '>'], 4000, 'SEND OK'];
    assert.deepEqual(actions(started(send), ...sent).slice(2), ['writeCr', 'writeLf']);
    assert.equal(last(send, ...sent, 'ERROR'), 'succeeded');
    assert.equal(last(send, ...sent, 'SEND OK'), 'writeLf');
    assert.equal(last(send, ...sent, 4500), 'corrupt');
    assert.equal(last(send, ...sent, 'OK'), 'corrupt');
    assert.equal(last(send, ...sent, 'SEND FAIL'), 'corrupt');
  });

  it('asks AT before SEND OK counts when busy may have answered bytes too many', () => {
    const sent = [...['OK', '>'], 4000, 'busy p...', 'SEND OK'];
    assert.equal(last(send, ...sent), 'writeAt');
    assert.equal(last(send, ...sent, 'OK'), 'succeeded');
    assert.equal(last(send, ...sent, 'SEND OK'), 'urc');
    for (const line of ['ERROR', 'busy p...']) assert.equal(last(send, ...sent, line), 'corrupt');
  });

  it('is out of sync when the answer to a second probe fails to come', () => {
    const probed = [...['OK', '>'], 4000, 'busy p...', 14_000];
    assert.deepEqual(actions(started(send), ...probed, 15_499, 15_500).slice(4), [
      'writeCr',
      'none',
      'outOfSync',
    ]);
  });

  it('is corrupt with one probe in doubt and another unanswered', () => {
    assert.equal(last(send, 'OK', '>', 4000, 'busy p...', 14_000, 'SEND OK'), 'corrupt');
  });
});

describe('a loss of sync', () => {
  it('has the reason that shows it', () => {
    const reasonAfter = (command: Command, ...inputs: (string | number)[]) => {
      const transaction = started(command);
      const final = inputs.pop();
      actions(transaction, ...inputs);
      return typeof final === 'number'
        ? onIdle(transaction, final, final, 1)
        : onLine(transaction, String(final), 4000);
    };
    assert.equal(reasonAfter(query, 60_000), 'NO_RESPONSE');
    assert.equal(reasonAfter(query, 4000, 5500), 'NO_RESPONSE');
    assert.equal(reasonAfter(query, 'SEND OK'), 'UNEXPECTED_RESPONSE');
    assert.equal(reasonAfter(send, 'OK', '>', 4000, 'SEND OK', 4500), 'CORRUPT_PAYLOAD');
    assert.equal(reasonAfter(send, 'OK', '>', 4000, 'SEND OK', 'OK'), 'CORRUPT_PAYLOAD');
  });
});

describe('the next check of a transaction', () => {
  it('comes with its probe, its timeout or the end of a probe, whichever is first', () => {
    const transaction = started(query);
    assert.equal(untilCheck(transaction, 500), 3500);
    assert.equal(untilCheck(started({ ...query, timeoutMs: 3000 }), 500), 2500);
    actions(transaction, 4000);
    assert.equal(untilCheck(transaction, 4100), 1400);
    actions(transaction, 'OK');
    assert.equal(untilCheck(transaction, 4100), 500);
    assert.equal(untilCheck(started(send), 500), 3500);
  });

  it('comes 1.5 s after busy, but not before a prompt, which a probe could fill', () => {
    const transaction = started(query);
    assert.equal(onLine(transaction, 'busy p...', 100), 'none');
    assert.equal(untilCheck(transaction, 100), 1500);
    assert.deepEqual(actions(transaction, 1599, 1600), ['none', 'writeCrLf']);
    const late = started(query);
    onLine(late, 'busy p...', 3900);
    assert.deepEqual(actions(late, 3999, 4000), ['none', 'writeCrLf']);
    const unprompted = started(send);
    onLine(unprompted, 'busy p...', 100);
    assert.equal(untilCheck(unprompted, 100), 3900);
    assert.deepEqual(actions(unprompted, 3999), ['none']);
  });

  it('waits for the answer to a line feed anew, and to a probe where idle time counts anew', () => {
    const sent = started(send);
    actions(sent, 'OK', '>', 4000, 5000, 'SEND OK');
    assert.deepEqual(actions(sent, 5499, 5500), ['none', 'corrupt']);
    const transaction = started(query);
    actions(transaction, 4000);
    restartProbeWait(transaction);
    assert.deepEqual(actions(transaction, 1499, 1500), ['none', 'outOfSync']);
  });
});
