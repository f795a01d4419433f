import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Submission } from '../../../../driver/at/types';
import { EspAtError } from '../../../../driver/errors';
import type { ConnectionOptions } from '../../../../driver/link/connection-options';
import type { DeviceWatch } from '../../../../driver/link/device-watch';
import type { LinkHost } from '../../../../driver/link/link-host';
import { QueueLimit } from '../../../../driver/link/send/queue-limit';
import { SendQueue } from '../../../../driver/link/send/send-queue';
import type { LinkMachine } from '../../../../driver/link/state/link-machine';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { endingOf } from '../../../harness/ready-harness';

it('a message that begins while the link releases others does not count as untouched', async () => {
  const clock = new VirtualClock();
  const capabilities = { firmware: 'C', fragments: false, misframes: false, maxSend: 100 };
  /** The messages that the client has begun; it begins one as soon as it is idle. */
  const begun: Submission[] = [];
  let idle = true;
  const wake = () => {
    const first = queue.peek();
    if (!idle || !first) return;
    idle = false;
    begun.push(first);
    first.report({ kind: 'started' });
  };
  const goal = { options: { uri: 'ws://host' } };
  const machine = { state: { kind: 'open', goal } };
  const host = {
    clock,
    queueLimit: new QueueLimit({ messages: 10, bytes: 1000 }),
    checkLinks: () => undefined,
  };
  const queue: SendQueue = new SendQueue(
    0,
    host as unknown as LinkHost,
    machine as unknown as LinkMachine,
    { current: { capabilities, client: { wake } } } as unknown as DeviceWatch,
    { withGoal: () => goal.options } as unknown as ConnectionOptions,
  );
  const refused = endingOf(queue.send('x'.repeat(80), { holdMs: 9000 }));
  const abort = new AbortController();
  const behind = endingOf(queue.send('short', { holdMs: 9000, signal: abort.signal }));
  idle = true;
  const error = new EspAtError('SEND_FAILED', { link: 0, waitedMs: 0 });
  begun[0]?.report({ kind: 'refused', error });
  assert.equal(queue.peek(), undefined);
  // The link has opened again, on firmware that takes less.
  capabilities.maxSend = 50;
  queue.release();
  assert.equal(await clock.wait(refused), 'PAYLOAD_TOO_LONG');
  assert.equal(queue.peek(), begun[1]);
  abort.abort();
  begun[1]?.report({ kind: 'payloadWritten' });
  begun[1]?.report({ kind: 'succeeded', response: [] });
  assert.equal(await clock.wait(behind), 'done');
});
