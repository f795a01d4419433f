import { Harness, type HarnessOptions } from '../../../harness/harness';
import { endingOf, story } from '../../../harness/ready-harness';

export const [one, two, three] = ['ws://host/one', 'ws://host/two', 'ws://host/three'] as const;

/** A harness whose first link is open to {@link one}; earlier events are dropped. */
export async function openHarness(options: HarnessOptions = {}) {
  const harness = new Harness(options);
  await harness.ready();
  const [link] = harness.device.links;
  await harness.clock.wait(link.open({ uri: one }));
  harness.linkEvents.length = 0;
  harness.port.written.length = 0;
  return {
    harness,
    link,
    /** See {@link endingOf}; virtual time passes until the promise settles. */
    ending: (promise: Promise<unknown>) => harness.clock.wait(endingOf(promise)),
    /** See {@link story}. */
    story: () => story(harness),
    /** The path of each connection that the server has accepted, and whether it is still open. */
    connections: () =>
      harness.server.connections.map(({ request, open }) => `${request.target} ${open}`),
    closes: () => harness.port.text.split('AT+WSCLOSE').length - 1,
  };
}
