import { beforeEach } from 'node:test';
import type { NodeMessage } from 'node-red';
import type { Translate } from '../../../nodes/shared/message/translate';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { FakeDevice, type FakeLink } from './fake-device';
import { flowOf } from './flows';
import type { NodeRed } from './node-red';

/** One node on a fake device. */
interface FakeFlow {
  /** New for each test. */
  device: FakeDevice;
  /** Link 0 of the device. */
  readonly link: FakeLink;
  clock: VirtualClock;
  /** Starts the flow of {@link flowOf}, in virtual time if the tests chose it. */
  readonly load: (settings?: object, credentials?: object, translate?: Translate) => Promise<void>;
  /** Gives a message to the node; takes the next one from a helper node: by default, from that of its answers. */
  readonly ask: (msg?: NodeMessage, helper?: string) => Promise<NodeMessage>;
  /** The latest status of the node, as `green dot example.org`. */
  readonly shown: () => string;
}

/**
 * Defines the device, and a loader of its flow, for the tests of a node.
 * @param base settings of the node in each test
 * @param answers the helper node of the output for answers
 * @param virtual whether the nodes go by `clock`
 */
export function fakeFlow(
  nodeRed: NodeRed,
  type: string,
  outputs: number,
  options: { readonly base?: object; readonly answers?: string; readonly virtual?: boolean } = {},
): FakeFlow {
  const { base = {}, answers = 'out0', virtual = false } = options;
  const fake: FakeFlow = {
    device: new FakeDevice(),
    get link() {
      return this.device.links[0];
    },
    clock: new VirtualClock(),
    load: (settings = {}, credentials = {}, translate) =>
      nodeRed.load(
        () => fake.device,
        flowOf(type, outputs, { ...base, ...settings }),
        { ...credentials },
        translate,
        virtual ? fake.clock : undefined,
      ),
    ask: (msg = {}, helper = answers) => nodeRed.ask('node', msg, helper),
    shown: () => nodeRed.shown('node'),
  };
  beforeEach(() => {
    fake.device = new FakeDevice();
    fake.clock = new VirtualClock();
  });
  return fake;
}
