import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EspAtError } from '../../driver/errors';
import type { ReplyMatch } from '../../driver/link/request/options';
import { test } from './link/request/request-harness';

const CALLS = 3000;

/** How many promises ended how, by the code of their error; those without an end are pending. */
async function endings(promises: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = { pending: promises.length };
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
    counts.pending = (counts.pending ?? 0) - 1;
  };
  for (const promise of promises) {
    promise.then(
      () => count('done'),
      (error: unknown) => count(error instanceof EspAtError ? error.code : String(error)),
    );
  }
  await new Promise(setImmediate);
  return counts;
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const never = (): Promise<never> => new Promise(() => undefined);

test('a response without end makes its command fail within 2 s, and the next one succeeds', async (harness) => {
  const { device, port, clock, simulator } = harness;
  const write = simulator.write.bind(simulator);
  simulator.write = (bytes) => {
    if (!Buffer.from(bytes).toString().startsWith('AT+CWSTATE?')) write(bytes);
  };
  const counts = await endings([device.command('AT+CWSTATE?')]);
  const lines = '+CWSTATE:2,"x"\r\n'.repeat(50);
  const began = clock.now();
  while (counts.pending === 1 && clock.now() < began + 60_000) {
    port.deliver(Buffer.from(lines));
    await clock.advance(10);
  }
  assert.deepEqual(counts, { pending: 0, OUT_OF_SYNC: 1 });
  assert.ok(clock.now() < began + 2000, String(clock.now() - began));
  simulator.write = write;
  assert.equal((await clock.wait(device.command('AT+CWSTATE?'))).length, 1);
});

describe('a flood of calls at once', () => {
  test('of send(): 1000 wait, the others fail with QUEUE_FULL, and all that wait arrive', async (harness) => {
    const { link, received } = harness;
    const counts = await endings(times(CALLS, (index) => link.send(`m${index}`)));
    await harness.clock.advance(60_000);
    assert.deepEqual(counts, { pending: 0, QUEUE_FULL: CALLS - 1000, done: 1000 });
    assert.deepEqual(
      received(),
      times(1000, (index) => `m${index}`),
    );
  });

  test('of command(): 100 wait, the others fail with COMMAND_QUEUE_FULL, and later ones go again', async (harness) => {
    const counts = await endings(times(CALLS, () => harness.device.command('AT+CWSTATE?')));
    await harness.clock.advance(60_000);
    assert.deepEqual(counts, { pending: 0, COMMAND_QUEUE_FULL: CALLS - 100, done: 100 });
    assert.ok(await harness.clock.wait(harness.device.command('AT+CWSTATE?')));
  });

  test('of checkLinks() and scanNetworks(): the device is asked at most three times, and each call ends', async (harness) => {
    const { device, port, clock } = harness;
    port.written.length = 0;
    const counts = await endings(
      times(CALLS, (index) => (index % 2 === 0 ? device.checkLinks() : device.scanNetworks())),
    );
    await clock.advance(60_000);
    assert.deepEqual(counts, { pending: 0, done: CALLS });
    const asked = (command: string) => port.text.split(command).length - 1;
    assert.ok(asked('AT+WSOPEN?') <= 3, port.text.slice(0, 200));
    assert.equal(asked('AT+CWLAP\r\n'), 1);
  });

  test('of open() and close(): each call ends, and the device gets one command for each change', async (harness) => {
    const { device, port, clock } = harness;
    const [, link] = device.links;
    port.written.length = 0;
    const opened = await endings(times(CALLS, () => link.open({ uri: 'ws://host/plain' })));
    await clock.advance(20_000);
    const closed = await endings(times(CALLS, () => link.close()));
    await clock.advance(20_000);
    assert.deepEqual(
      [opened, closed],
      times(2, () => ({ pending: 0, done: CALLS })),
    );
    assert.equal(port.text.split('AT+WSOPEN=').length - 1, 1);
    assert.equal(port.text.split('AT+WSCLOSE=').length - 1, 1);
  });

  for (const match of [{ by: 'next' }, { by: 'property', request: 'id' }] satisfies ReplyMatch[]) {
    test(`of request(), by ${match.by}: 1000 are open, the others fail with QUEUE_FULL and were not sent`, async (harness) => {
      const { link, received } = harness;
      const options = { match, replyTimeoutMs: 86_400_000 };
      const counts = await endings(times(CALLS, () => link.request({ q: 1 }, options)));
      await harness.clock.advance(60_000);
      assert.deepEqual({ ...counts }, { pending: 1000, QUEUE_FULL: CALLS - 1000 });
      const last = (await endings([link.request({ q: 2 }, options)])).QUEUE_FULL;
      assert.equal(last, 1, 'sent ones without a reply count');
      assert.equal(received().length, match.by === 'next' ? 1 : 1000);
      harness.serve(received()[0] ?? '');
      await harness.clock.advance(100);
      assert.equal(counts.done, 1);
      assert.equal((await endings([link.request({ q: 3 }, options)])).QUEUE_FULL, undefined);
    });
  }
});

describe('a condition of a request that never decides', () => {
  const match: ReplyMatch = { by: 'function', matches: never };

  test('fails when 1000 messages wait for it, and all messages are emitted in order', async (harness) => {
    const asked = await harness.ask('question', { match, replyTimeoutMs: 86_400_000 });
    const texts = times(1002, (index) => `m${index}`);
    const serve = (some: readonly string[]) => {
      for (const text of some) harness.serve(text);
      return harness.clock.advance(1000);
    };
    await serve(texts.slice(0, 1001));
    assert.deepEqual([asked.ending, harness.texts()], [undefined, []]);
    await serve(texts.slice(1001));
    assert.equal(asked.ending, 'MATCH_FAILED sent');
    assert.deepEqual(harness.texts(), texts);
  });
});
