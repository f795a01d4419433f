import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import { Exchange, type Verdict } from '../../../driver/at/exchange';

const query: Command = {
  line: 'AT+WSOPEN?',
  name: 'AT+WSOPEN?',
  informationResponses: ['+WSOPEN:'],
  success: 'OK',
  timeoutMs: 3000,
  idempotent: true,
};
const send: Command = {
  line: 'AT+WSSEND=0,5,1,10000',
  name: 'AT+WSSEND=0',
  informationResponses: [],
  payload: Buffer.from('hello'),
  success: 'SEND OK',
  timeoutMs: 20_000,
  idempotent: false,
};
const header: Command = { ...send, line: 'AT+WSHEAD=5', name: 'AT+WSHEAD', success: 'OK' };

/** Feeds lines, `>` for the prompt and `<probe>` for a probe; returns the verdicts. */
function verdicts(exchange: Exchange, ...inputs: string[]): (Verdict | undefined)[] {
  return inputs.map((input) => {
    if (input === '>') return exchange.prompt();
    if (input !== '<probe>') return exchange.line(input);
    exchange.probed();
    return undefined;
  });
}

describe('an exchange without payload', () => {
  it('collects its own lines and leaves reports to others', () => {
    const exchange = new Exchange(query);
    assert.deepEqual(
      verdicts(exchange, '+WSOPEN:0,2,"ws://a/"', '+WS_CLOSED:1', '+WSOPEN:1,2,"ws://b/"', 'OK'),
      ['taken', 'foreign', 'taken', 'success'],
    );
    assert.deepEqual(exchange.lines, ['+WSOPEN:0,2,"ws://a/"', '+WSOPEN:1,2,"ws://b/"']);
  });

  it('fails on ERROR and keeps the error code the device gave', () => {
    const exchange = new Exchange(query);
    assert.deepEqual(verdicts(exchange, 'ERR CODE:0x01090000', 'ERROR'), ['taken', 'failure']);
    assert.equal(exchange.reason, 'ERR CODE:0x01090000');
  });

  it('does not take the result of another kind for its own', () => {
    assert.deepEqual(verdicts(new Exchange(query), 'SEND OK'), ['confused']);
    assert.deepEqual(verdicts(new Exchange(query), '>'), ['confused']);
  });

  it('knows its own echo', () => {
    assert.deepEqual(verdicts(new Exchange(query), 'AT+WSOPEN?'), ['echo']);
  });

  it('does not believe an ERROR after busy: it may answer the noise that made the device busy', () => {
    assert.deepEqual(verdicts(new Exchange(query), 'busy p...', 'ERROR'), ['taken', 'confused']);
  });

  it('believes an OK after busy: nothing else is outstanding', () => {
    assert.deepEqual(verdicts(new Exchange(query), 'busy p...', 'OK'), ['taken', 'success']);
  });

  it('takes busy as the answer to a probe, and an ERROR after a silent probe for nothing', () => {
    const working = new Exchange(query);
    assert.deepEqual(verdicts(working, '<probe>', 'busy p...', 'ERROR'), [
      undefined,
      'taken',
      'failure',
    ]);
    assert.deepEqual(verdicts(new Exchange(query), '<probe>', 'ERROR'), [undefined, 'confused']);
  });
});

describe('an exchange with payload', () => {
  it('writes at the prompt and succeeds with its own result', () => {
    const exchange = new Exchange(send);
    assert.equal(exchange.payloadWritten, false);
    assert.deepEqual(
      verdicts(exchange, 'OK', '+WS_DISCONNECTED:1', '>', '+TIME_UPDATED', 'SEND OK'),
      ['taken', 'foreign', 'write', 'foreign', 'success'],
    );
    assert.equal(exchange.payloadWritten, true);
  });

  it('ends with OK where the command says so (AT+WSHEAD)', () => {
    assert.deepEqual(verdicts(new Exchange(header), 'OK', '>', 'OK'), [
      'taken',
      'write',
      'success',
    ]);
  });

  it('fails before the prompt with nothing written', () => {
    const exchange = new Exchange(send);
    assert.deepEqual(verdicts(exchange, 'ERROR'), ['failure']);
    assert.equal(exchange.payloadWritten, false);
  });

  it('is confused by ERROR between OK and the prompt, and by a second OK', () => {
    assert.deepEqual(verdicts(new Exchange(send), 'OK', 'ERROR'), ['taken', 'confused']);
    assert.deepEqual(verdicts(new Exchange(send), 'OK', 'OK'), ['taken', 'confused']);
  });

  it('does not take OK for SEND OK: something of the answer is missing', () => {
    assert.deepEqual(verdicts(new Exchange(send), 'OK', '>', 'OK'), ['taken', 'write', 'confused']);
  });

  it('is confused by busy after the payload: the device took another length than was meant', () => {
    assert.deepEqual(verdicts(new Exchange(send), 'OK', '>', 'busy p...', 'SEND OK'), [
      'taken',
      'write',
      'taken',
      'confused',
    ]);
  });

  it('waits for the answer to a probe that SEND OK overtook', () => {
    const exchange = new Exchange(send);
    assert.deepEqual(verdicts(exchange, 'OK', '>', '<probe>', 'SEND OK'), [
      'taken',
      'write',
      undefined,
      'verify',
    ]);
    assert.equal(exchange.won, true);
    assert.deepEqual(verdicts(exchange, 'ERROR'), ['success']);
  });

  it('asks whether busy answered a probe behind the payload, or bytes too many before it', () => {
    const course = ['OK', '>', '<probe>', 'busy p...', 'SEND OK'];
    const begun = ['taken', 'write', undefined, 'taken', 'ask'];
    for (const [answer, verdict] of [
      ['OK', 'success'],
      ['ERROR', 'confused'],
    ] as const)
      assert.deepEqual(verdicts(new Exchange(send), ...course, answer), [...begun, verdict]);
  });

  it('does not believe in success with one probe in doubt and another unanswered', () => {
    const course = ['OK', '>', '<probe>', 'busy p...', '<probe>', 'SEND OK'];
    assert.equal(verdicts(new Exchange(send), ...course).at(-1), 'confused');
  });

  it('asks what became of a probe before the prompt: the end of its line, or payload', () => {
    const begun = [undefined, 'taken', 'write', 'ask'];
    for (const [answer, verdict] of [
      ['OK', 'success'],
      ['ERROR', 'confused'],
      ['busy p...', 'confused'],
      ['+WS_CLOSED:1', 'foreign'],
    ] as const)
      assert.deepEqual(verdicts(new Exchange(send), '<probe>', 'OK', '>', 'SEND OK', answer), [
        ...begun,
        verdict,
      ]);
  });
});
