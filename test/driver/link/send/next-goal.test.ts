import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import type { Harness } from '../../../harness/harness';
import { openHarness } from '../../../harness/ready-harness';

const other = { uri: 'ws://host/other', replace: true };

/** Sends with hold; resolves with `sent`, or the error's code and outcome. */
function send({ link }: Harness, payload: string): Promise<string> {
  return link.send(payload, { holdMs: 60_000 }).then(
    () => 'sent',
    (error: unknown) =>
      error instanceof EspAtError ? `${error.code} ${error.outcome}` : String(error),
  );
}

/** The texts that have reached the server, each behind the index of its connection. */
function arrived({ server }: Harness): string[] {
  return server.connections.flatMap(({ frames }, index) =>
    frames
      .filter(({ opcode }) => opcode === 1)
      .map(({ payload }) => `${index} ${payload.toString()}`),
  );
}

/** An open link whose next `AT+WSSEND` the device answers after 100 ms; `before` runs meanwhile. */
async function slowLink(keepOpen: boolean, before: (harness: Harness) => void): Promise<Harness> {
  const harness = await openHarness({ firmware: 'C' }, { keepOpen });
  await harness.clock.advance(1000);
  let isFirst = true;
  harness.outcome = (line) => {
    if (!line.startsWith('AT+WSSEND') || !isFirst) return undefined;
    isFirst = false;
    harness.clock.after(10, () => before(harness));
    return { kind: 'late', delay: 100 };
  };
  return harness;
}

/** Sends two messages on a slow link, and lets everything end. Returns what became of them, and what has arrived. */
async function sendTwo(harness: Harness): Promise<string[]> {
  const sends = [send(harness, 'm1'), send(harness, 'm2')];
  const outcomes = await harness.clock.wait(Promise.all(sends));
  await harness.clock.advance(30_000);
  return [...outcomes, ...arrived(harness)];
}

const closedNotSent = 'LINK_CLOSED not-sent';

describe('a message with hold, of a connection that has ended', () => {
  for (const keepOpen of [false, true])
    it(`is not sent to the URI that a listener opens at that end, ${keepOpen ? 'kept open' : 'once'}; one for that URI is`, async () => {
      await using harness = await slowLink(keepOpen, ({ server }) =>
        server.connections[0]?.close(),
      );
      const { link } = harness;
      let next: Promise<string> | undefined;
      link.once('close', () => {
        link.open(other).catch(() => undefined);
        next = send(harness, 'next');
      });
      assert.deepEqual(await sendTwo(harness), [closedNotSent, closedNotSent, '1 next']);
      assert.equal(await next, 'sent');
      assert.deepEqual([link.state, link.uri], ['open', other.uri]);
    });

  it('is not sent after a listener has closed the link and opened it again to the same URI', async () => {
    await using harness = await slowLink(true, ({ server }) => server.connections[0]?.close());
    const { link } = harness;
    link.once('close', () => {
      link.close().catch(() => undefined);
      link.open({ uri: link.uri }).catch(() => undefined);
    });
    assert.deepEqual(await sendTwo(harness), [closedNotSent, closedNotSent]);
    assert.equal(link.state, 'open');
  });

  it('is not sent to the URI that a listener opens where the device restarts', async () => {
    await using harness = await slowLink(true, ({ simulator }) => simulator.restart());
    const { link } = harness;
    link.once('close', () => void link.open(other).catch(() => undefined));
    const lost = 'DEVICE_RESTARTED not-sent';
    assert.deepEqual(await sendTwo(harness), [lost, lost]);
    assert.deepEqual([link.state, link.uri], ['open', other.uri]);
  });

  it('is not sent to the URI that replaces the connection where the device restarts meanwhile', async () => {
    await using harness = await slowLink(true, ({ link, simulator }) => {
      link.open(other).catch(() => undefined);
      simulator.restart();
    });
    const [first, ...others] = await sendTwo(harness);
    assert.deepEqual([first, ...others], ['DEVICE_RESTARTED not-sent', closedNotSent]);
    assert.deepEqual([harness.link.state, harness.link.uri], ['open', other.uri]);
  });

  it('is sent on the next connection to its own URI, which a listener opens', async () => {
    await using harness = await slowLink(true, ({ server }) => server.connections[0]?.close());
    const { link } = harness;
    link.once('close', () => void link.open({ uri: link.uri }).catch(() => undefined));
    assert.deepEqual(await sendTwo(harness), ['sent', 'sent', '1 m1', '1 m2']);
  });
});
