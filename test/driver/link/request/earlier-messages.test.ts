import assert from 'node:assert/strict';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { requestHarness } from './request-harness';
import { testWith } from '../../../harness/test-with';

/** A request whose condition settles when the test calls `judge`. */
async function undecidedHarness() {
  const harness = await requestHarness();
  let decide: (matches: boolean) => void = () => undefined;
  const matches = () => new Promise<boolean>((resolve) => (decide = resolve));
  await harness.ask('undecided', { match: { by: 'function', matches } });
  const judge = async (isReply: boolean) => {
    decide(isReply);
    await harness.clock.advance(20);
  };
  return Object.assign(harness, { judge });
}

const test = testWith(undecidedHarness);

const kinds: readonly ReplyMatch[] = [
  { by: 'next' },
  { by: 'function', matches: () => true },
  { by: 'property', request: 'id' },
];
for (const match of kinds) {
  const news = '{"id":7,"news":true}';

  test(`a message behind a pending condition answers no request by ${match.by} that leaves after it`, async (harness) => {
    await harness.answer('undecided');
    await harness.answer(news);
    const asked = await harness.ask({ id: 7 }, { match });
    await harness.judge(true);
    assert.deepEqual([asked.ending, harness.texts()], [undefined, ['undecided', news]]);
    await harness.answer('{"id":7}');
    assert.equal(asked.ending, '{"id":7}');
  });

  test(`a message answers no request by ${match.by} that leaves while another condition is pending for it`, async (harness) => {
    await harness.answer(news);
    const asked = await harness.ask({ id: 7 }, { match });
    await harness.judge(false);
    assert.deepEqual([asked.ending, harness.texts()], [undefined, [news]]);
  });
}
