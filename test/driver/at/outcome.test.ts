import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectingError, type Command } from '../../../driver/at/command';
import {
  asNotSent,
  asUnknown,
  isDoubtfulRefusal,
  isFinalResultCode,
  mayHaveLeft,
  mayRepeat,
  outOfSyncError,
  refusalError,
} from '../../../driver/at/outcome';
import {
  begin,
  TIMEOUT_POLICY,
  type Transaction,
} from '../../../driver/at/transaction/transaction';
import type { Submission } from '../../../driver/at/types';
import { EspAtError } from '../../../driver/errors';

const set: Command = {
  line: 'AT+RST',
  name: 'AT+RST',
  informationPrefixes: [],
  success: 'OK',
  timeoutMs: 5000,
  idempotent: false,
};
const query: Command = { ...set, line: 'AT+GMR', name: 'AT+GMR', idempotent: true };
const empty: Command = { ...set, line: 'AT+WSSEND=1,0', name: 'AT+WSSEND=1', success: 'SEND OK' };
const send: Command = { ...empty, payload: Buffer.from('hello') };

const begun = (command: Command, attempt = 1, changes: Partial<Transaction> = {}): Transaction => ({
  ...begin(command, attempt, TIMEOUT_POLICY.startRate),
  ...changes,
});
const written: Partial<Transaction> = {
  phase: { kind: 'awaitingConfirmation', hasLaterChunk: true, probe: 'none', busy: false },
};
const submission = (changes: Partial<Submission> = {}): Submission => ({
  link: 1,
  command: send,
  connectionLives: true,
  partlySent: false,
  report: () => undefined,
  ...changes,
});

describe('the outcome of a transaction', () => {
  it('is final with OK, ERROR, SEND OK and SEND FAIL, and with no other line', () => {
    const lines = ['OK', 'ERROR', 'SEND OK', 'SEND FAIL', 'busy p...', '>', 'ready', ''];
    assert.deepEqual(lines.filter(isFinalResultCode), lines.slice(0, 4));
  });

  it('counts bytes of an empty message as left with its line, of another with its payload', () => {
    assert.equal(mayHaveLeft(begun(empty)), true);
    assert.equal(mayHaveLeft(begun(send)), false);
    assert.equal(mayHaveLeft(begun(send, 1, written)), true);
    assert.equal(mayHaveLeft(begun(set)), false);
  });

  it('allows two repetitions of an idempotent command, and of a message of which no byte can have left', () => {
    const attempts = [1, 2, 3];
    assert.deepEqual(
      attempts.map((attempt) => mayRepeat(begun(query, attempt), undefined)),
      [true, true, false],
    );
    assert.deepEqual(
      attempts.map((attempt) => mayRepeat(begun(send, attempt), submission())),
      [true, true, false],
    );
    assert.equal(mayRepeat(begun(set), undefined), false);
    assert.equal(mayRepeat(begun(send, 1, written), submission()), false);
    assert.equal(mayRepeat(begun(send), submission({ partlySent: true })), false);
  });

  it('is doubtful at a first ERROR without a reason, where a repetition is harmless', () => {
    assert.equal(isDoubtfulRefusal(begun(query), undefined), true);
    assert.equal(isDoubtfulRefusal(begun(send), submission()), true);
    const certain: readonly Transaction[] = [
      begun(query, 2),
      begun(expectingError(query)),
      begun(query, 1, { response: ['+GMR:1'] }),
      begun(query, 1, { errorCode: 'ERR CODE:0x01090000' }),
      begun(send, 1, written),
      begun(set),
    ];
    for (const each of certain) assert.equal(isDoubtfulRefusal(each, undefined), false);
    const ended = submission({ connectionLives: false });
    assert.equal(isDoubtfulRefusal(begun(send), ended), false);
  });

  it('quotes the response before ERROR, unless it may be secret, and rounds the time', () => {
    const said = { response: ['+A:1', '+B:2'], errorCode: 'ERR CODE:0x1' };
    const error = refusalError(begun(query, 1, said), undefined, 12.6);
    assert.equal(error.code, 'COMMAND_FAILED');
    assert.deepEqual(error.details, {
      command: 'AT+GMR',
      reason: ': +A:1, +B:2, ERR CODE:0x1',
      waitedMs: 13,
    });
    const secret = refusalError(begun({ ...query, secret: true }, 1, said), undefined, 0);
    assert.equal(secret.details.reason, ': ERR CODE:0x1');
    const unexplained = refusalError(begun(query, 1, { response: ['+A:1'] }), undefined, 0);
    assert.equal(unexplained.details.reason, ': +A:1');
    assert.equal(refusalError(begun(query), undefined, 0).details.reason, '');
  });

  it('is SEND_FAILED with the link only for a message of which no byte can have left', () => {
    const refused = refusalError(begun(send), submission(), 3);
    assert.equal(refused.code, 'SEND_FAILED');
    assert.deepEqual(refused.details, { command: 'AT+WSSEND=1', reason: '', waitedMs: 3, link: 1 });
    assert.equal(refusalError(begun(send, 1, written), submission(), 3).code, 'COMMAND_FAILED');
    const laterPart = submission({ partlySent: true });
    assert.equal(refusalError(begun(send), laterPart, 3).code, 'COMMAND_FAILED');
  });

  it('names the command that is out of sync, and whether bytes of a message may have left', () => {
    const lost = outOfSyncError(query);
    assert.deepEqual([lost.code, lost.details], ['OUT_OF_SYNC', { command: 'AT+GMR' }]);
    const cause = new EspAtError('PORT_LOST', { port: 'p' });
    const notSent = asNotSent(cause);
    assert.deepEqual(
      [notSent.code, notSent.outcome, notSent.cause],
      ['PORT_LOST', 'not-sent', cause],
    );
    assert.deepEqual(notSent.details, { port: 'p' });
    const unknown = asUnknown(2, cause);
    assert.deepEqual(
      [unknown.code, unknown.outcome, unknown.cause],
      ['SEND_UNKNOWN', 'unknown', cause],
    );
    assert.deepEqual(unknown.details, { link: 2, reason: cause.message });
    assert.match(unknown.message, /[^.]\. Sending it again may deliver it twice\.$/);
  });
});
