import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fakeFlow } from '../../harness/nodes/fake-flow';
import { wholeFlow } from '../../harness/nodes/flows';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { turns } from '../../harness/nodes/turns';
import { InputOrder } from '../../../nodes/shared/device/input-order';
import { NodeError } from '../../../nodes/shared/errors/node-error';
import { readAll } from '../../../nodes/shared/settings/sources';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

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

describe('the order of inputs', () => {
  const code = (error: unknown) => (error instanceof NodeError ? error.code : String(error));
  const never = () => new Promise<never>(() => undefined);
  let clock: VirtualClock;
  let order: InputOrder;
  let ended: string[];
  const give = (name: string, value: unknown) =>
    order
      .begin(value, () => Promise.resolve())
      .then(
        () => void ended.push(name),
        (error: unknown) => void ended.push(`${name} ${code(error)}`),
      );

  beforeEach(() => {
    clock = new VirtualClock();
    order = new InputOrder(clock);
    ended = [];
  });

  it('fails an input whose values do not come within 10 s; later ones wait so long', async () => {
    void give('first', never());
    void give('second', 2);
    await clock.advance(9_999);
    assert.deepEqual(ended, []);
    await clock.advance(1);
    assert.deepEqual(ended, ['first VALUE_LATE', 'second']);
    assert.equal(clock.pending, 0);
  });

  it('fails an input where 1000 wait', async () => {
    void give('first', never());
    for (let count = 1; count < 1000; count++) void order.begin(count, () => Promise.resolve());
    await give('last', Promise.reject(new Error('no value')));
    assert.deepEqual(ended, ['last VALUE_LATE']);
  });
});

it('a setting that fails at once leaves no rejection of another one unhandled', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const failing = () => {
      throw new NodeError('VALUE_UNREADABLE');
    };
    const rejecting = () => Promise.reject(new Error('no store'));
    await assert.rejects(async () => readAll({ _msgid: '1' }, [rejecting, failing]), /no store/);
    await assert.rejects(async () => readAll({ _msgid: '1' }, [failing]), NodeError);
    await turns(2);
    assert.deepEqual(unhandled, []);
  } finally {
    process.off('unhandledRejection', note);
  }
});
