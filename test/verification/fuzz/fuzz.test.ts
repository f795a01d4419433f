import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordedSpeech } from './corpus';
import { fuzz } from './fuzz';
import { shrink } from './shrink';

/** Inputs for each seed: a second or two; `npm run fuzz` takes as long as you say. */
const INPUTS = 150;

describe('mutants of recorded speech', () => {
  for (const seed of [1, 2, 3]) {
    it(`throw no error, leave no promise pending, and end in sync, seed ${seed}`, async () => {
      const { inputs, failure } = await fuzz({ seed, more: (count) => count < INPUTS });
      assert.equal(failure, undefined);
      assert.equal(inputs, INPUTS);
    });
  }

  it('are made from recordings of real devices', () => {
    const corpus = recordedSpeech();
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

describe('a failing input', () => {
  it('is made as small as it can be', async () => {
    const input = Buffer.from(`${'x'.repeat(100)}a${'y'.repeat(77)}b${'z'.repeat(50)}`);
    const fails = (each: Buffer) => Promise.resolve(each.includes('a') && each.includes('b'));
    assert.equal((await shrink(input, fails)).toString(), 'ab');
  });
});
