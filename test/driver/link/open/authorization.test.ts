import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenOptions } from '../../../../driver/link/options';
import { Harness } from '../../../harness/harness';
import { failure, readyHarness, test } from '../../../harness/ready-harness';

const uri = 'ws://host/';
/** Bytes that have room beside this URI: 254 without `AT+WSOPEN=0,"ws://host/",,15000,""`. */
const ROOM = 220;
/** Bytes of the longest value in a header: 1023 without the request, `Authorization:  ` and CR LF. */
const LONGEST = 1023 - 174 - 'host:80'.length - '/'.length - 18;

const secretOf = (bytes: number) => 's3cret,'.repeat(200).slice(0, bytes).replaceAll(',', ';');

/** The Authorization headers of each request. */
const received = (harness: Harness) =>
  harness.server.requests.map(({ headers }) =>
    headers.flatMap(([name, value]) => (name === 'Authorization' ? [value] : [])),
  );

/** The commands `AT+WSHEAD` and `AT+WSOPEN` that the driver wrote. */
const commands = (harness: Harness) =>
  harness.lines().flatMap((line) => /AT\+WS(?:HEAD=\d+|OPEN=.*)$/.exec(line)?.[0] ?? []);

describe('an authorization', () => {
  for (const firmware of ['B', 'C', 'D'] as const) {
    it(`goes as parameter while it has room beside the URI, and else as a header, class ${firmware}`, async () => {
      await using harness = await readyHarness({ firmware });
      const { link } = harness;
      const values = [ROOM, ROOM + 1, 700, LONGEST].map(secretOf);
      for (const authorization of values) {
        await harness.clock.wait(link.open({ uri, authorization }));
        await harness.clock.wait(link.close());
      }
      await harness.clock.wait(link.open({ uri }));
      assert.deepEqual(received(harness), [...values.map((value) => [value]), []]);
      const plain = `AT+WSOPEN=0,"${uri}"`;
      assert.deepEqual(commands(harness), [
        ...['AT+WSHEAD=0', `${plain},,15000,"${secretOf(ROOM)}"`],
        ...['AT+WSHEAD=0', `AT+WSHEAD=${ROOM + 16}`, plain],
        ...['AT+WSHEAD=0', 'AT+WSHEAD=715', plain],
        ...['AT+WSHEAD=0', `AT+WSHEAD=${LONGEST + 15}`, plain],
        ...['AT+WSHEAD=0', plain],
      ]);
    });
  }

  test('comes first of all headers', async (harness) => {
    const headers = [{ name: 'X-One', value: '1' }];
    const options = { uri, headers, authorization: secretOf(300) };
    await harness.clock.wait(harness.link.open(options));
    const sent = harness.server.requests[0]?.headers.map(([name]) => name).slice(-2);
    assert.deepEqual(sent, ['Authorization', 'X-One']);
  });

  const withUser = 'ws://user:password@host/';
  for (const [what, options, expected] of [
    ['as parameter', { authorization: 'Bearer x' }, 'Bearer x'],
    ['as header, because it is long', { authorization: secretOf(300) }, secretOf(300)],
    ['in the headers of the open', { headers: [{ name: 'authorization', value: 'y' }] }, 'y'],
  ] as const) {
    test(`replaces user and password of the URI: ${what}`, async (harness) => {
      await harness.open({ uri: withUser, ...options });
      const sent = harness.server.requests.map(({ headers }) =>
        headers.flatMap(([name, value]) => (/^authorization$/i.test(name) ? [value] : [])),
      );
      assert.deepEqual(sent, [[expected]]);
    });
  }

  for (const [what, firmware, settings, reason] of [
    ['without room, class A', 'A', { authorization: secretOf(ROOM + 1) }, /is 1 bytes too long/],
    [
      'too long for a request',
      'D',
      { authorization: secretOf(LONGEST + 1) },
      /is 1 bytes too long/,
    ],
    [
      'beside a header of that name',
      'D',
      { authorization: secretOf(10), headers: [{ name: 'authorization', value: secretOf(10) }] },
      /a header sends one already/,
    ],
  ] as const) {
    it(`is refused before anything is written, and not shown: ${what}`, async () => {
      await using harness = await readyHarness({ firmware });
      const options: OpenOptions = { uri, ...settings };
      const error = await failure(harness, harness.link.open(options));
      assert.equal(error.code, 'INVALID_AUTHORIZATION');
      assert.match(error.message, reason);
      assert.doesNotMatch(JSON.stringify([error.message, error.details]), /s3cret/);
      assert.deepEqual(harness.lines(), []);
    });
  }

  it('without room is refused once the device turns out to be of class A', async () => {
    await using harness = new Harness({ firmware: 'A' });
    harness.device.start();
    const opening = harness.link.open({ uri, authorization: secretOf(300) });
    const error = await failure(harness, opening);
    assert.equal(error.code, 'INVALID_AUTHORIZATION');
    assert.doesNotMatch(harness.port.text, /s3cret/);
  });
});
