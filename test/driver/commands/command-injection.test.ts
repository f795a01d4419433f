import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Command } from '../../../driver/at/command';
import { capabilitiesOf } from '../../../driver/device/capabilities';
import { cipsntpcfg } from '../../../driver/commands/sntp';
import { uartCur } from '../../../driver/commands/uart';
import { wsclose, wscfg, wshead, wsopen, wssend } from '../../../driver/commands/websocket';
import { cwjap } from '../../../driver/commands/wifi';
import { EspAtError } from '../../../driver/errors';
import { anyText, anyValue } from '../../harness/any-text';
import { parseCommandLine, type ParsedLine } from '../../harness/command-line';
import { unchecked } from '../../harness/refused';

const RUNS = { numRuns: 3000, seed: 20261124 };

/** The line as the device reads it, or undefined when the driver refused to say it. */
function said(
  make: () => Command,
): (ParsedLine & { payload?: Uint8Array | undefined }) | undefined {
  let command: Command;
  try {
    command = make();
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    assert.doesNotMatch(error.message, /[\r\n\0]/);
    return undefined;
  }
  return { ...parseCommandLine(command.line), payload: command.payload };
}

/** As it looks in digits: -0 is 0. */
const written = (value: unknown): unknown => (value === 0 ? 0 : value);
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

describe('no command can be smuggled in', () => {
  it('through the URI', () => {
    let passed = 0;
    const uri = fc.oneof(
      anyText(),
      anyText().map((text) => `ws://h/${text}`),
    );
    fc.assert(
      fc.property(uri, (text) => {
        const line = said(() => wsopen(0, { uri: text }));
        if (!line) return;
        passed++;
        assert.deepEqual([line.name, line.values], ['+WSOPEN', [0, text]]);
      }),
      RUNS,
    );
    assert.ok(passed > RUNS.numRuns / 20, `${passed} were accepted: too few to prove much`);
  });

  it('through subprotocol, timeout, authorization and headers, of any type', () => {
    let passed = 0;
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(undefined, 'chat', ''), anyValue()),
        fc.oneof(fc.constantFrom(undefined, 1000), anyValue()),
        fc.oneof(anyText(), anyValue()),
        (subprotocol, timeout, authorization) => {
          const options = { uri: 'ws://h/', subprotocol, timeout, authorization };
          const line = said(() => wsopen(1, unchecked(options)));
          if (!line) return;
          passed++;
          const expected: unknown[] = [1, 'ws://h/'];
          const name = subprotocol === '' ? undefined : subprotocol;
          const auth = authorization === '' ? undefined : authorization;
          if (name !== undefined || timeout !== undefined || auth !== undefined)
            expected.push(name);
          if (timeout !== undefined || auth !== undefined) expected.push(timeout ?? 15_000);
          if (auth !== undefined) expected.push(typeof auth === 'string' ? utf8(auth) : auth);
          assert.deepEqual(line.values, expected);
        },
      ),
      RUNS,
    );
    assert.ok(passed > RUNS.numRuns / 20, `${passed} were accepted: too few to prove much`);
  });

  it('through a header: its payload is one line of exactly the announced length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant('X-Name'), anyText()), anyText(), (name, value) => {
        const line = said(() => wshead({ name, value }));
        if (!line) return;
        const payload = Buffer.from(line.payload ?? []);
        assert.deepEqual([line.name, line.values], ['+WSHEAD', [payload.length]]);
        assert.equal(payload.toString(), `${name}: ${value}`);
        assert.doesNotMatch(payload.toString('latin1'), /[\r\n\0]/);
        assert.match(name, /^[^:\s]+$/);
      }),
      RUNS,
    );
  });

  it('through what is sent: bytes go out as they are, announced by their number', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        anyValue(),
        anyValue(),
        (bytes, opcode, timeout) => {
          const line = said(() => wssend(2, bytes, unchecked({ opcode, timeout })));
          if (!line) return;
          const expected = [2, bytes.length, written(opcode ?? 1), written(timeout ?? 10_000)];
          assert.deepEqual(line.values, expected.slice(0, line.values.length));
          assert.deepEqual(line.payload ?? new Uint8Array(), bytes);
        },
      ),
      RUNS,
    );
  });

  it('through link numbers, rates and link settings, of any type', () => {
    fc.assert(
      fc.property(anyValue(), anyValue(), anyValue(), (one, two, three) => {
        const config = { pingInterval: one, pongTimeout: two, bufferSize: three };
        const set = said(() => wscfg(0, unchecked(config), capabilitiesOf('D', '')));
        if (set) assert.deepEqual(set.values, [0, one ?? 10, two ?? 120, three ?? 1024]);
        const close = said(() => wsclose(unchecked(one)));
        if (close) assert.deepEqual(close.values, [written(one)]);
        const rate = said(() => uartCur(unchecked(two), false));
        if (rate) assert.deepEqual(rate.values, [two, 8, 1, 0, 0]);
      }),
      RUNS,
    );
  });

  it('through names and passwords of networks and servers', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant('net'), anyText()), anyText(), (ssid, password) => {
        const join = said(() => cwjap(ssid, password));
        if (join) assert.deepEqual(join.values, [utf8(ssid), utf8(password)]);
        const clock = said(() => cipsntpcfg(1, [ssid, password]));
        if (clock) assert.deepEqual(clock.values, [1, 1, ssid, password]);
      }),
      RUNS,
    );
  });
});

describe('names of commands', () => {
  it('never hold what a user wrote', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 20 }), (text) => {
        fc.pre(/^[!-~]+$/.test(text) && !/["\\,]/.test(text));
        for (const { name } of [
          wsopen(0, { uri: `ws://h/?${text}`, authorization: text }),
          wshead({ name: 'X', value: text }),
          cwjap(text, text),
        ]) {
          assert.match(name, /^AT\+(WSOPEN=0|WSHEAD|CWJAP)$/);
        }
      }),
    );
  });
});
