import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import { Exchange } from '../../../driver/at/exchange';
import { TIMEOUT_POLICY } from '../../../driver/at/timeouts';
import { begin, onIdle, onLine, onPrompt, type Action } from '../../../driver/at/transaction';

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

const inputs = ['OK', 'SEND OK', 'ERROR', 'SEND FAIL', 'busy p...', '>', '<probe>'];
const others = ['+WSOPEN:0', 'ERR CODE:1', 'AT+WSOPEN?', 'AT+WSSEND=0,5,1,10000', 'ready'];

/** What the exchange of version 0.1.0 says, and what a transaction says, to the last of these inputs. */
function both(command: Command, word: readonly string[]): [string, string] | undefined {
  const exchange = new Exchange(command);
  const transaction = begin(command, 1, TIMEOUT_POLICY.portRate, 0);
  let last: [string, string] | undefined;
  for (const input of word) {
    if (last && !/none|urc|write|checkSooner|echo/.test(last[0])) return undefined;
    if (input === '<probe>') {
      if (exchange.won || exchange.probing) return undefined;
      exchange.probed();
      transaction.probeAt = 0;
      const what = exchange.payloadWritten ? 'CR' : 'CRLF';
      last = [`write ${what}`, shown(onIdle(transaction, 0, 0))];
    } else {
      const verdict = input === '>' ? exchange.prompt() : exchange.line(input);
      const damaged = (input === 'SEND OK' || exchange.won) && exchange.payloadWritten;
      const expected = {
        foreign: 'urc',
        taken: input === 'busy p...' && exchange.busy ? 'checkSooner' : 'none',
        write: 'write payload',
        success: 'succeeded',
        verify: 'write LF',
        ask: 'write AT',
        failure: 'refused',
        echo: 'echo',
        confused: damaged ? 'outOfSync corrupt' : 'outOfSync',
      }[verdict];
      const action = input === '>' ? onPrompt(transaction, 0) : onLine(transaction, input);
      last = [expected, shown(action)];
    }
  }
  return last;
}

function shown(action: Action): string {
  if (action.kind === 'write') return `write ${action.what}`;
  return action.kind === 'outOfSync' && action.corrupt ? 'outOfSync corrupt' : action.kind;
}

describe('a transaction', () => {
  const commands = {
    'without payload': query,
    'without payload, to SEND OK': { ...query, success: 'SEND OK' },
    'with payload': send,
    'with payload, to OK': { ...send, success: 'OK' },
  } as const;
  for (const [what, command] of Object.entries(commands)) {
    it(`does what an exchange did, ${what}, for all words of inputs`, () => {
      let words = 0;
      const extend = (word: readonly string[], left: number): void => {
        for (const input of [...inputs, ...(word.length < 3 ? others : [])]) {
          const longer = [...word, input];
          const result = both(command, longer);
          if (!result) continue;
          words++;
          assert.equal(result[1], result[0], longer.join(' | '));
          if (left > 1) extend(longer, left - 1);
        }
      };
      extend([], 7);
      assert.ok(words > 1000, String(words));
    });
  }
});
