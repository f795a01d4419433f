import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NodeRed } from '../../harness/nodes/node-red';
import { allCases, caseNamed, nameOf } from './cases';
import { DeploymentHarness } from './deployment-harness';
import { runCase } from './run-case';

/** This test takes every 397th case of `npm run deployments`. A prime, so that the sample has every step. */
const STRIDE = 397;

describe('deployments, a sample', () => {
  const nodeRed = new NodeRed(require.resolve('node-red'));

  for (const each of allCases().filter((_, index) => index % STRIDE === 0))
    it(`${nameOf(each)}: statuses, driver, device and server agree with the flow`, async () => {
      assert.deepEqual((await runCase(nodeRed, each)).problems, []);
    });

  it('a server that never accepts the new address: each difference is named', async () => {
    const each = caseNamed('uri:full:open:fine:keepOpen:none:0');
    const [flow] = each.change.apply({
      device: {},
      configNode: 'present',
      opens: [{ id: 'open', link: '0', path: '/slow=600000', keepOpen: true }],
    });
    assert.ok(flow);
    const opens = flow.opens.map((node) => ({ ...node, path: '/slow=600000' }));
    const change = { ...each.change, apply: () => [{ ...flow, opens }] };
    const { problems } = await runCase(nodeRed, { ...each, change });
    assert.match(
      problems.join('\n'),
      /^link 0 is in state \d to ws.*, the flow has \/slow=600000$/m,
    );
    assert.match(problems.join('\n'), /^the server has 0 connections to \/slow=600000$/m);
    assert.match(problems.join('\n'), /^open shows /m);
  });

  it('a listener of the device stays: the end names it', async () => {
    const harness = new DeploymentHarness(nodeRed, { rate: false });
    await harness.load({ device: {}, configNode: 'present', opens: [] });
    harness.device.on('restart', () => undefined);
    await harness.end();
    assert.deepEqual(harness.problems, ['1 listeners are left']);
  });

  it('a closed node sends a message that answers no input: the end names it', async () => {
    const harness = new DeploymentHarness(nodeRed, { rate: false });
    await harness.load({ device: {}, configNode: 'present', opens: [] });
    const node = nodeRed.node('status');
    node.send({ payload: 'in time' });
    await harness.clock.wait(node.close(false));
    node.send({ _msgid: 'mine', payload: 'answer' });
    assert.deepEqual(harness.watch.strays, []);
    node.send([null, { payload: 'late' }]);
    await harness.end();
    assert.deepEqual(harness.problems, ['after its close, ws-status status: send']);
  });
});
