import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { requestHarness } from './request-harness';

/** A request whose condition settles when the test calls `judge`. */
async function undecidedHarness() {
  const made = await requestHarness();
  let judge: (matches: boolean) => void = () => undefined;
  const matches = () => new Promise<boolean>((resolve) => (judge = resolve));
  await made.ask('undecided', { match: { by: 'function', matches } });
  return {
    ...made,
    judge: async (isReply: boolean) => {
      judge(isReply);
      await made.harness.clock.advance(20);
    },
  };
}

const kinds: readonly ReplyMatch[] = [
  { by: 'next' },
  { by: 'function', matches: () => true },
  { by: 'property', request: 'id' },
];
for (const match of kinds) {
  const news = '{"id":7,"news":true}';

  it(`a message behind a pending condition answers no request by ${match.by} that leaves after it`, async () => {
    const { harness, ask, serve, judge, emitted } = await undecidedHarness();
    await serve('undecided');
    await serve(news);
    const asked = await ask({ id: 7 }, { match });
    await judge(true);
    assert.deepEqual([asked.ending, emitted()], [undefined, ['undecided', news]]);
    await serve('{"id":7}');
    assert.equal(asked.ending, '{"id":7}');
    await harness.end();
  });

  it(`a message answers no request by ${match.by} that leaves while another condition is pending for it`, async () => {
    const { harness, ask, serve, judge, emitted } = await undecidedHarness();
    await serve(news);
    const asked = await ask({ id: 7 }, { match });
    await judge(false);
    assert.deepEqual([asked.ending, emitted()], [undefined, [news]]);
    await harness.end();
  });
}
