import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firmwareClasses } from '../../../simulator';
import { FaultRun, type FaultRunOptions } from './fault-run';
import { faultNames } from './fault-schedule';
import { InvariantChecker } from './invariants/invariant-checker';
import { VirtualHarness, type VirtualHarnessOptions } from './virtual-harness';

/** Runs faults, asserts every invariant, and returns the names of the faults that applied. */
async function assertInvariants(
  setting: Omit<VirtualHarnessOptions, 'seed'>,
  options: FaultRunOptions,
  minimum = 20,
): Promise<readonly string[]> {
  const harness = new VirtualHarness({ ...setting, seed: options.seed });
  const run = new FaultRun(harness, options);
  await harness.drive(run.run());
  assert.deepEqual(await harness.end(), [], 'something remains');
  const { log } = harness;
  const { violations } = new InvariantChecker(
    log,
    run.monitor,
    run.episodes,
    harness.host.blocks,
  ).check(harness);
  assert.deepEqual(violations, []);
  const sent = log.out.filter(({ outcome }) => outcome === 'sent');
  const received = log.in.filter(({ arrivals }) => arrivals.length === 1);
  assert.ok(
    Math.min(sent.length, received.length) >= minimum,
    `${sent.length}, ${received.length}`,
  );
  return run.episodes.flatMap(({ names }) => names);
}

describe('random faults', () => {
  for (const firmware of firmwareClasses) {
    it(`firmware class ${firmware}: every invariant holds`, async () => {
      const applied = await assertInvariants({ firmware }, { seed: 100, faults: 40 });
      assert.ok(new Set(applied).size >= 15, `only ${applied.join()}`);
    });
  }

  it('115200 bits a second, chunks cut anywhere: every invariant holds', async () => {
    await assertInvariants({ firmware: 'D', paced: true, cuts: true }, { seed: 101, faults: 40 });
  });

  it('each fault alone: every invariant holds', async () => {
    // A server that refuses for a while leaves time for few messages.
    for (const name of faultNames) {
      const options = { seed: 102, faults: 1, messages: 400, overlap: 0, only: [name] };
      const applied = await assertInvariants({ firmware: 'C' }, options, 10);
      assert.ok(applied.includes(name), `${name}: ${applied.join()}`);
    }
  });

  it('a listener of the device stays: it is named at the end', async () => {
    const harness = new VirtualHarness({ firmware: 'D', seed: 8 });
    const run = new FaultRun(harness, { seed: 8 });
    harness.device.on('restart', () => undefined);
    await harness.drive(run.run());
    assert.deepEqual(await harness.end(), ['1 listeners are left']);
  });

  it('equal seeds repeat a run exactly', async () => {
    const logOf = async () => {
      const harness = new VirtualHarness({ firmware: 'D', seed: 7 });
      await harness.drive(new FaultRun(harness, { seed: 7, faults: 5 }).run());
      await harness.end();
      return { events: harness.log.events, out: harness.log.out.map(({ settledAt }) => settledAt) };
    };
    assert.deepEqual(await logOf(), await logOf());
  });
});
