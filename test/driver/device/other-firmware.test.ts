import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness, type HarnessOptions } from '../../harness/harness';
import { code } from '../../harness/ready-harness';

type Form = readonly [from: RegExp, to: string];

/** `AT+WSOPEN?` with one field more. */
const MORE_FIELDS: Form = [/(\+WSOPEN:.*")/, '$1,0'];

/** A harness whose device answers in another form, as long as `times.left` is above 0. */
function harnessOf(
  [from, to]: Form,
  times: { left: number },
  options: HarnessOptions = {},
): Harness {
  const harness = new Harness(options);
  harness.alterOutput = (text) => {
    const other = times.left > 0 ? text.replace(from, to) : text;
    if (other !== text) times.left--;
    return other;
  };
  return harness;
}

function count({ port }: Harness, line: string): number {
  return port.text.split(`${line}\r\n`).length - 1;
}

describe('a response to a query in another form than that of ESP-AT', () => {
  it('costs a second query when the second response fits', async () => {
    await using harness = await harnessOf(MORE_FIELDS, { left: 1 }).ready();
    await harness.clock.wait(harness.link.open({ uri: 'ws://host/plain' }));
    assert.deepEqual(harness.story(), ['opening 0', 'opened 2']);
  });

  it('fails an open with FIRMWARE_UNKNOWN when it comes twice alike, and keep-open does not retry', async () => {
    await using harness = await harnessOf(MORE_FIELDS, { left: Infinity }).ready();
    const [link] = harness.device.links;
    const open = link.open({ uri: 'ws://host/plain', keepOpen: true });
    assert.equal(await code(harness, open), 'FIRMWARE_UNKNOWN');
    await harness.clock.advance(600_000);
    assert.deepEqual(harness.story(), ['opening 0', 'failed 0']);
  });

  it('makes the device unusable when it lists links of an earlier session', async () => {
    const times = { left: 0 };
    await using harness = await harnessOf(MORE_FIELDS, times).ready();
    await harness.clock.wait(harness.link.open({ uri: 'ws://host/plain' }));
    times.left = Infinity;
    harness.say('\r\nready\r\n');
    await harness.clock.advance(5000);
    const { name, error } = harness.device.state;
    assert.deepEqual([name, error?.code], ['unusable', 'FIRMWARE_UNKNOWN']);
  });

  it('makes the device unusable where it comes from AT+CWSTATE?', async () => {
    await using harness = harnessOf([/\+CWSTATE:(\d),".*"/, '+CWSTATE:$1'], { left: Infinity });
    harness.device.start();
    await harness.clock.advance(5000);
    const { name, error } = harness.device.state;
    assert.deepEqual(
      [name, error?.code, error?.details.command, count(harness, 'AT+CWSTATE?')],
      ['unusable', 'FIRMWARE_UNKNOWN', 'AT+CWSTATE?', 2],
    );
  });

  const automatic = {
    serial: { baudRate: 115_200, rtsCts: true },
    device: { negotiatedRate: 'automatic' },
  } as const;
  const without: readonly (readonly [query: string, form: Form, options: HarnessOptions])[] = [
    ['AT+CMD?', [/(\+CMD:\d+,"[^"]+"),.*/, '$1'], {}],
    ['AT+UART_CUR?', [/\+UART_CUR:(\d+),.*/, '+UART_CUR:$1'], automatic],
  ];
  for (const [query, form, options] of without) {
    it(`does no harm where it comes from ${query}`, async () => {
      await using harness = await harnessOf(form, { left: Infinity }, options).ready();
      await harness.clock.advance(60_000);
      assert.deepEqual(
        [harness.device.state.name, count(harness, 'AT+GMR'), count(harness, query)],
        ['ready', 1, 2],
      );
      assert.equal(harness.device.capabilities?.firmware, 'D');
    });
  }
});

describe('a port that echoes although the driver has switched the echo off', () => {
  /** A harness on such a port. @param refused which ATE0 the device refuses, from 1 on */
  function echoing(...refused: readonly number[]) {
    const harness = new Harness();
    const { simulator } = harness;
    const write = simulator.write.bind(simulator);
    simulator.write = (bytes) => {
      const isRefused = String(bytes) === 'ATE0\r\n' && refused.includes(count(harness, 'ATE0'));
      simulator.echo = true;
      if (isRefused) harness.say('\r\nERROR\r\n');
      else write(bytes);
      simulator.echo = true;
    };
    harness.device.start();
    const endEcho = () => void (simulator.write = write);
    return { harness, endEcho };
  }

  function outcome(harness: Harness) {
    const { name, error } = harness.device.state;
    return [name, error?.code, error?.details.command, count(harness, 'ATE0')];
  }

  it('makes the device unusable after five initializations, until a restart without the echo', async () => {
    const { endEcho, ...port } = echoing();
    await using harness = port.harness;
    await harness.clock.advance(60_000);
    assert.deepEqual(outcome(harness), ['unusable', 'ECHO_STAYS_ON', 'ATE0', 5]);
    endEcho();
    await harness.clock.wait(harness.device.restart());
    await harness.ready();
  });

  it('counts only initializations in a row: not those before one that failed for another reason', async () => {
    // The client repeats a refused ATE0.
    await using harness = echoing(5, 6).harness;
    await harness.clock.advance(60_000);
    assert.deepEqual(outcome(harness), ['unusable', 'ECHO_STAYS_ON', 'ATE0', 11]);
  });
});
