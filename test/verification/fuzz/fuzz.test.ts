import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordedOutput } from './corpus';
import { fuzz } from './fuzz';

/** Inputs of each seed. */
const INPUTS = 150;

describe('mutants of recorded device output', () => {
  for (const seed of [1, 2, 3]) {
    it(`throw no error, leave no promise pending, and end in sync, seed ${seed}`, async () => {
      const { inputs, failure } = await fuzz({ seed, more: (count) => count < INPUTS });
      assert.equal(failure, undefined);
      assert.equal(inputs, INPUTS);
    });
  }

  it('have all kinds of output from real devices as their source', () => {
    const corpus = recordedOutput();
    assert.ok(corpus.length > 100, `${corpus.length} recordings`);
    const all = Buffer.concat(corpus).toString('latin1');
    for (const text of [
      '+WS_DATA:',
      '+WS_CLOSED:',
      '\r\nSEND OK\r\n',
      '\r\n>',
      'busy p...',
      'ready',
    ]) {
      assert.ok(all.includes(text), text);
    }
  });
});
