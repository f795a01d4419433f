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

function shown(action: Action): string {
  if (action === 'CORRUPT_PAYLOAD') return 'corrupt';
  return action === 'NO_RESPONSE' || action === 'UNEXPECTED_RESPONSE' ? 'outOfSync' : action;
}

type Row = readonly [title: string, inputs: string, actions: string];

/** Tests of one transaction each: its inputs, and the actions for the last of them. */
function rows(command: Command, table: readonly Row[]): void {
  for (const [title, inputs, expected] of table)
    it(`${title}: ${inputs}`, () => {
      const given = inputs
        .split(', ')
        .map((input) => (/^\d+$/.test(input) ? Number(input) : input));
      const all = actions(started(command), ...given);
      assert.equal(all.slice(-expected.split(', ').length).join(', '), expected);
    });
}

describe('a transaction without payload', () => {
  const refusedAfterProbe = 'is refused by ERROR after a probe that busy answered';
  rows(query, [
    ['passes URCs on', '+WS_CLOSED:1, OK', 'urc, succeeded'],
    ['fails with ERROR', 'ERR CODE:0x01090000, ERROR', 'none, refused'],
    ['is out of sync after another final result code', 'SEND OK', 'outOfSync'],
    ['is out of sync after a prompt', '>', 'outOfSync'],
    ['recognizes its own line as an echo', 'AT+WSOPEN?', 'echo'],
    ['is out of sync after busy by noise, and ERROR', 'busy p..., ERROR', 'none, outOfSync'],
    ['succeeds after busy and OK', 'busy p..., OK', 'none, succeeded'],
    [refusedAfterProbe, '3999, 4000, busy p..., ERROR', 'none, writeCrLf, none, refused'],
    ['is not refused by ERROR after an unanswered probe', '4000, ERROR', 'outOfSync'],
    ['confirms OK by ERROR to an unanswered probe', '4000, OK, ERROR', 'none, succeeded'],
    ['confirms OK by busy to an unanswered probe', '4000, OK, busy p...', 'none, succeeded'],
    ['confirms no OK by another', '4000, OK, OK', 'none'],
    ['confirms OK by idle time', '4000, OK, 4499, 4500', 'none, none, succeeded'],
    [
      'waits anew for the answer after a late OK',
      '4000, 5000, OK, 5499, 5500',
      'none, none, succeeded',
    ],
    ['is not corrupt after another success while it confirms', '4000, OK, SEND OK', 'outOfSync'],
    ['is out of sync when a probe is not answered', '4000, 5499, 5500', 'none, outOfSync'],
  ]);
  rows({ ...query, timeoutMs: 3000 }, [
    ['is out of sync when its timeout is over', '3000', 'outOfSync'],
  ]);

  it('keeps its information responses, and the error code before ERROR', () => {
    const transaction = started(query);
    assert.deepEqual(actions(transaction, '+WSOPEN:0,2,"ws://a/"', 'ERR CODE:0x01090000'), [
      'none',
      'none',
    ]);
    assert.deepEqual(transaction.response, ['+WSOPEN:0,2,"ws://a/"']);
    assert.equal(transaction.errorCode, 'ERR CODE:0x01090000');
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
  const sent = 'OK, >, 4000, SEND OK';
  const busy = 'OK, >, 4000, busy p...';
  rows(send, [
    ['passes URCs on', '+WS_DISCONNECTED:1, OK, >, +TIME_UPDATED', 'urc, none, writePayload, urc'],
    ['succeeds with SEND OK', 'OK, >, SEND OK', 'none, writePayload, succeeded'],
    ['is refused by ERROR before the prompt', 'ERROR', 'refused'],
    ['is out of sync after ERROR between OK and the prompt', 'OK, ERROR', 'outOfSync'],
    ['is out of sync after a second OK', 'OK, OK', 'outOfSync'],
    ['is out of sync after SEND OK before the prompt', 'OK, SEND OK', 'outOfSync'],
    ['is out of sync after OK instead of SEND OK', 'OK, >, OK', 'outOfSync'],
    ['is corrupt after busy: another length was read', 'OK, >, busy p..., SEND OK', 'corrupt'],
    ['ignores busy s... to no probe', 'OK, busy s..., >, busy s..., SEND OK', 'succeeded'],
    ['takes busy s... to a probe for busy p...', 'OK, >, 4000, busy s..., SEND OK', 'writeAt'],
    ['writes nothing at a due prompt', '1500, 3999, 4000', 'none, none, outOfSync'],
    ['writes its payload at a late prompt', '3999, OK, >, SEND OK', 'writePayload, succeeded'],
    ['asks for the answer to an unanswered probe by a line feed', sent, 'writeCr, writeLf'],
    ['succeeds when ERROR answers the line feed', `${sent}, ERROR`, 'succeeded'],
    ['asks again after another SEND OK', `${sent}, SEND OK`, 'writeLf'],
    ['is corrupt without an answer to the line feed', `${sent}, 4500`, 'corrupt'],
    ['is corrupt when OK answers the line feed', `${sent}, OK`, 'corrupt'],
    ['is corrupt when SEND FAIL answers the line feed', `${sent}, SEND FAIL`, 'corrupt'],
    ['asks AT where busy may have answered bytes too many', `${busy}, SEND OK`, 'writeAt'],
    ['succeeds when OK answers AT', `${busy}, SEND OK, OK`, 'succeeded'],
    ['ignores another SEND OK after AT', `${busy}, SEND OK, SEND OK`, 'urc'],
    ['is corrupt when ERROR answers AT', `${busy}, SEND OK, ERROR`, 'corrupt'],
    ['is corrupt when busy answers AT', `${busy}, SEND OK, busy p...`, 'corrupt'],
    ['waits for a second probe', `${busy}, 14000, 15499, 15500`, 'writeCr, none, outOfSync'],
    ['is corrupt with two probes in doubt', `${busy}, 14000, SEND OK`, 'corrupt'],
  ]);
  rows(header, [['succeeds with OK when OK ends the command', 'OK, >, OK', 'succeeded']]);

  it('has written its payload from the prompt on', () => {
    const transaction = started(send);
    const written = ['OK', '>'].map((line) => {
      actions(transaction, line);
      return payloadWritten(transaction);
    });
    assert.deepEqual(written, [false, true]);
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
});

it('a loss of sync has the reason that shows it', () => {
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

describe('the next check of a transaction', () => {
  it('comes with its probe, its timeout or the end of a probe, whichever is first', () => {
    const transaction = started(query);
    assert.equal(untilCheck(transaction, 500), 3500);
    assert.equal(untilCheck(started({ ...query, timeoutMs: 3000 }), 500), 2500);
    actions(transaction, 4000);
    assert.equal(untilCheck(transaction, 4100), 1400);
    actions(transaction, 4100, 'OK');
    assert.equal(untilCheck(transaction, 4200), 400);
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
