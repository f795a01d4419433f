import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Harness } from '../../harness/harness';
import { wholeFlow } from '../../harness/nodes/flows';
import { harnessFlow } from '../../harness/nodes/harness-flow';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';
import type { FirmwareClass } from '../../../simulator';

/** After this time the opening of a connection is over. */
const SETTLED_MS = 2000;
/** Within this time the firmware notices a silent peer. */
const NOTICED_MS = 60_000;

onEachRuntime('the end of a connection that the flow did not ask for', (nodeRed) => {
  const begin = harnessFlow(nodeRed);

  type Codes = Readonly<Partial<Record<FirmwareClass, string>>>;
  const restarted: Codes = { B: 'DEVICE_RESTARTED', D: 'DEVICE_RESTARTED' };
  const unplugged: Codes = { B: 'PORT_LOST', D: 'PORT_LOST' };
  const broken: Codes = { B: 'FRAMING_LOST', D: 'FRAME_STALLED' };
  const half = Buffer.from([0x81, 0x20, 0x41]);
  const first = ({ server }: Harness) => server.connections[0];

  /** What happens; the event and state that both nodes then report first, and its code where the firmware gives a reason. */
  const ends: readonly (readonly [
    what: string,
    act: (harness: Harness) => void,
    event: string,
    state: string,
    codes?: Codes,
  ])[] = [
    [
      'the server closes with 1001',
      (made) => first(made)?.close(1001),
      'closed-by-server',
      'closed',
    ],
    ['the server ends TCP', (made) => first(made)?.drop(), 'lost', 'reconnecting'],
    ['the server resets TCP', (made) => first(made)?.reset(), 'lost', 'reconnecting'],
    ['a frame breaks off', (made) => first(made)?.sendRaw(half), 'lost', 'reconnecting', broken],
    [
      'the device restarts',
      ({ simulator }) => simulator.restart(),
      'device-lost',
      'closed',
      restarted,
    ],
    ['the cable is unplugged', ({ port }) => port.unplug(), 'device-lost', 'closed', unplugged],
  ];
  for (const firmware of ['B', 'D'] as const)
    for (const [what, act, event, state, codes = {}] of ends)
      it(`${what}, class ${firmware}: ws-open and ws-status report ${event}, ${codes[firmware] ?? 'without a code'}`, async () => {
        const made = await begin(wholeFlow(), { firmware });
        await nodeRed.ask('open', { linkId: 0, uri: 'ws://host/plain' }, 'state');
        await made.clock.advance(SETTLED_MS);
        for (const box of ['state', 'news'])
          while (nodeRed.waiting(box).length > 0) await nodeRed.next(box);
        act(made);
        assert.ok(await made.clock.until(() => nodeRed.waiting('state').length > 0, NOTICED_MS));
        for (const box of ['state', 'news']) {
          const msg = await nodeRed.next(box);
          assert.deepEqual(
            [msg.event, msg.state, codeOf(msg), msg.linkId, msg.uri],
            [event, state, codes[firmware], 0, 'ws://host/plain'],
          );
        }
      });
});
