import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planSends } from '../../../../driver/link/send/send-plan';

describe('planning sends', () => {
  /** Options for classes D and C. */
  const D = { opcode: 2, fin: true, maxSend: 100, fragments: true };
  const C = { ...D, fragments: false };
  const show = (...args: Parameters<typeof planSends>) =>
    planSends(...args).map(
      ({ start, end, opcode, fin }) => `${start}-${end} op ${opcode}${fin ? ' fin' : ''}`,
    );

  it('uses one frame when the message fits', () => {
    assert.deepEqual(show(100, D), ['0-100 op 2 fin']);
    assert.deepEqual(show(0, D), ['0-0 op 2 fin']);
    assert.deepEqual(show(100, C), ['0-100 op 2 fin']);
  });

  it('uses fragments and an empty final frame when it does not fit', () => {
    assert.deepEqual(show(250, D), [
      '0-100 op 2',
      '100-200 op 0',
      '200-250 op 0',
      '250-250 op 0 fin',
    ]);
    assert.deepEqual(show(250, { ...D, fin: false }), [
      '0-100 op 2',
      '100-200 op 0',
      '200-250 op 0',
    ]);
    assert.deepEqual(show(200, D), ['0-100 op 2', '100-200 op 0', '200-200 op 0 fin']);
    assert.deepEqual(show(3, { ...D, opcode: 0 }), ['0-3 op 0', '3-3 op 0 fin']);
  });

  it('ends a fragmented message with one empty frame, also where the last fragment is empty', () => {
    assert.deepEqual(show(0, { ...D, opcode: 0 }), ['0-0 op 0 fin']);
  });

  it('fails for a long or an empty message when the firmware supports no fragments', () => {
    assert.throws(() => planSends(101, C), { code: 'PAYLOAD_TOO_LONG', outcome: 'not-sent' });
    assert.throws(() => planSends(0, C), { code: 'EMPTY_NOT_SUPPORTED', outcome: 'not-sent' });
  });
});
