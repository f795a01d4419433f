import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataFrame } from '../../../../driver/at/types';
import { Incoming } from '../../../../driver/link/receive/incoming';
import { VirtualClock } from '../../../harness/virtual-clock';

const KIB = 1024;

const frame = { kind: 'data', link: 0, opcode: 1, fin: true } as const;

/** What a link received, and how to begin its connection. */
function receiver(boundaries = false) {
  const incoming = new Incoming();
  const got: string[] = [];
  const begin = () =>
    incoming.begin({
      clock: new VirtualClock(),
      link: 0,
      boundaries,
      joining: undefined,
      maxMessage: undefined,
      message: (_, bytes) => got.push(String(bytes.length)),
      failed: ({ code }) => got.push(code),
      dead: ({ code }) => got.push(code),
    });
  const take = (length: number) =>
    incoming.take({ kind: 'data', link: 0, bytes: Buffer.alloc(length) });
  return { incoming, got, begin, take };
}

describe('what a link receives', () => {
  it('begins with what came since its connection was asked for', () => {
    const { incoming, got, begin, take } = receiver();
    take(1);
    incoming.expect();
    take(2);
    incoming.expect();
    take(3);
    take(4);
    begin();
    take(5);
    assert.deepEqual(got, ['3', '4', '5']);
  });

  it('is nothing of a connection that never began', () => {
    const { incoming, got, begin, take } = receiver();
    incoming.expect();
    take(1);
    incoming.end();
    take(2);
    begin();
    assert.deepEqual(got, []);
  });

  it('tells of what was lost before the connection began, and joins nothing across it', () => {
    const { incoming, got, begin } = receiver(true);
    const take = (text: string, rest: Partial<DataFrame>) =>
      incoming.take({ ...frame, ...rest, bytes: Buffer.from(text) });
    incoming.expect();
    take('begins', { fin: false, payloadLength: 6 });
    incoming.gap();
    incoming.gap();
    incoming.resume();
    take('rest', { opcode: 0, payloadLength: 4 });
    take('whole', { payloadLength: 5 });
    assert.deepEqual(got, []);
    begin();
    assert.deepEqual(got, ['MESSAGES_LOST', '5']);
  });

  it('tells nothing of what was lost before its connection was asked for', () => {
    const { incoming, got, begin } = receiver();
    incoming.gap();
    incoming.expect();
    begin();
    assert.deepEqual(got, []);
  });

  it('is bounded before the connection begins, and what is left out is told', () => {
    const { incoming, got, begin, take } = receiver();
    incoming.expect();
    for (let index = 0; index < 300; index++) take(KIB);
    take(1);
    begin();
    take(7);
    const kept = got.filter((each) => each === String(KIB)).length;
    assert.ok(kept > 200 && kept < 256, String(kept));
    assert.deepEqual(got.slice(kept), ['MESSAGES_LOST', '7']);
  });
});
