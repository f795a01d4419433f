import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firmwareClasses } from '../../../simulator';
import { Campaign, type CampaignOptions } from './campaign';
import { Judge } from './judge';
import { faultNames } from './orders';
import { VirtualStage, type VirtualStageOptions } from './virtual-stage';

/** A run from its start to its end; returns the names of the faults that struck. */
async function keepsItsWord(
  setting: Omit<VirtualStageOptions, 'seed'>,
  options: CampaignOptions,
): Promise<readonly string[]> {
  const { seed } = options;
  const stage = new VirtualStage({ ...setting, seed });
  const campaign = new Campaign(stage, options);
  await stage.drive(campaign.run());
  assert.deepEqual(await stage.end(), [], 'something is left over');
  const { books } = stage;
  const verdict = new Judge(books, campaign.witness, campaign.strikes).judge(stage);
  assert.deepEqual(verdict.violations, []);
  assert.equal(books.pending, 0);
  const sent = books.out.filter(({ outcome }) => outcome === 'sent');
  const received = books.in.filter(({ arrivals }) => arrivals.length === 1);
  assert.ok(sent.length > 20 && received.length > 20, `${sent.length}, ${received.length}`);
  return campaign.strikes.flatMap(({ names }) => names);
}

describe('the driver under faults', () => {
  for (const firmware of firmwareClasses) {
    it(`keeps its word with firmware of class ${firmware}`, async () => {
      const struck = await keepsItsWord({ firmware }, { seed: 100, faults: 40 });
      assert.ok(new Set(struck).size >= 15, `only ${struck.join()}`);
    });
  }

  it('keeps its word on a line of 115200 bits a second that cuts anywhere', async () => {
    await keepsItsWord({ firmware: 'D', paced: true, cuts: true }, { seed: 101, faults: 40 });
  });

  it('keeps its word under each fault alone', async () => {
    for (const name of faultNames) {
      const options = { seed: 102, faults: 1, messages: 400, overlap: 0, only: [name] };
      const struck = await keepsItsWord({ firmware: 'C' }, options);
      assert.ok(struck.includes(name), `${name}: ${struck.join()}`);
    }
  });

  it('does the same again with the same seed', async () => {
    const run = async () => {
      const stage = new VirtualStage({ firmware: 'D', seed: 7 });
      const campaign = new Campaign(stage, { seed: 7, faults: 5 });
      await stage.drive(campaign.run());
      await stage.end();
      return { said: stage.books.said, out: stage.books.out.map(({ settledAt }) => settledAt) };
    };
    assert.deepEqual(await run(), await run());
  });
});
