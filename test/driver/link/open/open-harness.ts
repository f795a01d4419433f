import { EspAtError } from '../../../../driver/errors';
import { Harness, type HarnessOptions } from '../../../harness/harness';

export const [one, two, three] = ['ws://host/one', 'ws://host/two', 'ws://host/three'] as const;

/** A harness whose first link is open to {@link one}; earlier events are dropped. */
export async function openHarness(options: HarnessOptions = {}) {
  const harness = new Harness(options);
  await harness.ready();
  const [link] = harness.device.links;
  await harness.clock.wait(link.open({ uri: one }));
  harness.links.length = 0;
  harness.port.written.length = 0;
  return {
    harness,
    link,
    /** How a promise ends: `done`, or the code of its error. */
    ending: (promise: Promise<unknown>) =>
      harness.clock.wait(
        promise.then(
          () => 'done',
          (error: unknown) => (error instanceof EspAtError ? error.code : String(error)),
        ),
      ),
    story: () => harness.links.map(({ event, state }) => `${event} ${state}`),
    /** What the server has had to do with: the path of each connection, and whether it is open. */
    connections: () =>
      harness.server.connections.map(({ request, open }) => `${request.target} ${open}`),
    closes: () => harness.port.text.split('AT+WSCLOSE').length - 1,
  };
}
