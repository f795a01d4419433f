import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeFlow } from '../../harness/nodes/fake-flow';
import { wholeFlow } from '../../harness/nodes/flows';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { turns } from '../../harness/nodes/turns';
import { InputOrder } from '../../../nodes/shared/device/input-order';
import { NodeError } from '../../../nodes/shared/errors/node-error';
import { reader } from '../../../nodes/shared/settings/sources';
import { unchecked } from '../../harness/refused';

onEachRuntime('inputs of one link at several nodes', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2);

  it('take effect in their order, however long each node reads its values, without waiting for results', async () => {
    const settings = {
      open: { uri: 'ws://{{flow.host}}/' },
      send: { payload: '$string(payload)', payloadType: 'jsonata' },
    };
    await nodeRed.load(() => fake.device, wholeFlow(settings), {});
    const [link, other] = fake.device.links;
    const resume = link.suspend();
    const calls: string[] = [];
    for (const { id, opened, sent, closed } of [link, other])
      for (const [name, list] of Object.entries({ opened, sent, closed }))
        Object.defineProperty(list, 'push', { value: () => calls.push(`${name} ${id}`) });
    for (const linkId of [0, 1]) nodeRed.give('open', { linkId });
    nodeRed.give('send', { linkId: 0, payload: 1 });
    nodeRed.give('close', { linkId: 0 });
    nodeRed.give('open', { linkId: 0 });
    nodeRed.give('close', { linkId: 2 });
    await turns(5);
    resume();
    const inOrder = calls.filter((call) => call.endsWith('0'));
    assert.deepEqual(inOrder, ['opened 0', 'sent 0', 'closed 0', 'opened 0']);
    assert.ok(calls.includes('opened 1'));
  });

  it('go on where one cannot be read', async () => {
    await nodeRed.load(() => fake.device, wholeFlow({ open: { uri: '{{#x}}' } }), {});
    nodeRed.give('open', { linkId: 0 });
    await nodeRed.ask('close', { linkId: 0 }, 'closed');
    assert.equal(fake.device.links[0].closed.length, 1);
  });
});

it('the values of an input that do not come hold later inputs for 10 s, and fail', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const never = { evaluateNodeProperty: () => undefined };
  const read = reader(unchecked({ util: never }), unchecked({}), 'payload', 'place', 'flow');
  const order = new InputOrder();
  const ended: string[] = [];
  const give = (name: string, value: unknown) =>
    order
      .begin(value, () => Promise.resolve())
      .then(
        () => ended.push(name),
        (error: unknown) => {
          assert.ok(error instanceof NodeError);
          ended.push(`${name} ${error.code} ${String(error.details.reason)}`);
        },
      );
  const given = [give('first', read({ _msgid: '1' })), give('second', 2)];
  t.mock.timers.tick(9_999);
  await turns(2);
  assert.deepEqual(ended, []);
  t.mock.timers.tick(1);
  await Promise.all(given);
  assert.deepEqual(ended, ['first VALUE_UNREADABLE CONTEXT_UNREADABLE', 'second']);
});
