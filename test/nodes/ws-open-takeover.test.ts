import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import type { DeviceNode } from '../../nodes/shared/device/device-node';
import type { FlowLinkEvent } from '../../nodes/shared/device/flow-events';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { flowOf, userNode } from '../harness/nodes/flows';
import { onEachRuntime } from '../harness/nodes/node-red';
import { turns } from '../harness/nodes/turns';
import { unchecked } from '../harness/refused';

const URI = 'ws://example.org/feed';

onEachRuntime('the takeover of an open link by another ws-open', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2, { base: { uri: URI }, answers: 'out1' });
  const { ask, shown } = fake;
  const nodes = [
    ...flowOf('ws-open', 2, { uri: URI }),
    userNode('second', 'ws-open', { uri: URI }),
  ];

  /** Starts both nodes. Returns the events of takeovers until `detach()`, and the host of the device. */
  async function watched() {
    await nodeRed.load(() => fake.device, nodes);
    const { host }: DeviceNode = unchecked(nodeRed.node('device'));
    const events: unknown[] = [];
    const linkTakenOver = ({ event, owner }: FlowLinkEvent) => void events.push([event, owner]);
    const user = { deviceChanged: () => undefined, linkTakenOver };
    host.attach(user);
    return { host, events, detach: () => host.detach(user) };
  }

  /** The first node has the link; the second one opens it, and waits until the returned function is called. */
  async function takingOver(): Promise<() => void> {
    await ask();
    const go = fake.link.suspend();
    nodeRed.give('second');
    await turns();
    return go;
  }

  it('is told to the other nodes; a first open, which has an event, is not', async () => {
    const { events, detach } = await watched();
    await ask();
    assert.deepEqual(events, []);
    nodeRed.give('second');
    await turns();
    assert.deepEqual(events, [['opened', fake.link.owner]]);
    detach();
  });

  for (const code of [undefined, 'OUT_OF_SYNC'] as const)
    it(`with a data loss before its open() ${code ? `fails with ${code}` : 'ends'}: is told to the other nodes`, async () => {
      const { events, host, detach } = await watched();
      const go = await takingOver();
      const { link } = fake;
      link.loseData();
      assert.deepEqual(events, []);
      if (code) link.failure = new EspAtError(code, { command: 'AT+WSOPEN?' });
      go();
      await turns();
      assert.deepEqual(events, [['opened', link.owner]]);
      assert.equal(host.latestEvents.of([link])?.event, 'opened');
      assert.equal(shown(), 'grey ring status.otherNode');
      detach();
    });

  it('with a loss of the connection before its open() ends: the first node sends on the bytes of an unfinished character', async () => {
    await nodeRed.load(() => fake.device, nodes);
    const { link } = fake;
    await ask();
    link.receive(Buffer.of(0xe2), undefined);
    const go = await takingOver();
    link.become(1, 'lost');
    assert.deepEqual((await nodeRed.next('out0')).payload, Buffer.of(0xe2));
    go();
    await turns();
    assert.equal(shown(), 'grey ring status.otherNode');
  });
});
