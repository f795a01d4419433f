import { beforeEach } from 'node:test';
import type { NodeStatus } from 'node-red';
import type { Translate } from '../../../nodes/shared/message/translate';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { FakeDevice } from './fake-device';
import { flowOf } from './flows';
import type { NodeRed } from './node-red';

/** One node on a fake device. */
interface FakeFlow {
  /** New for each test. */
  device: FakeDevice;
  clock: VirtualClock;
  /** Starts the flow of {@link flowOf}, in virtual time if the tests chose it. */
  readonly load: (settings?: object, credentials?: object, translate?: Translate) => Promise<void>;
  /** The latest status of the node. */
  readonly last: () => NodeStatus | undefined;
}

/**
 * Defines the device, and a loader of its flow, for the tests of a node.
 * @param base settings of the node in each test
 * @param virtual whether the nodes go by `clock`
 */
export function fakeFlow(
  nodeRed: NodeRed,
  type: string,
  outputs: number,
  { base = {}, virtual = false }: { readonly base?: object; readonly virtual?: boolean } = {},
): FakeFlow {
  const fake: FakeFlow = {
    device: new FakeDevice(),
    clock: new VirtualClock(),
    load: (settings = {}, credentials = {}, translate) =>
      nodeRed.load(
        () => fake.device,
        flowOf(type, outputs, { ...base, ...settings }),
        { ...credentials },
        translate,
        virtual ? fake.clock : undefined,
      ),
    last: () => nodeRed.statuses('node').at(-1),
  };
  beforeEach(() => {
    fake.device = new FakeDevice();
    fake.clock = new VirtualClock();
  });
  return fake;
}
