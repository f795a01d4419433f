import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Command } from '../../../driver/at/command';
import { capabilitiesOf } from '../../../driver/device/session/initialize/capabilities';
import { uartCur } from '../../../driver/commands/uart';
import { wscfg } from '../../../driver/commands/wscfg';
import { wshead } from '../../../driver/commands/wshead';
import { wsopen } from '../../../driver/commands/wsopen';
import { cwjap } from '../../../driver/commands/wifi';
import { EspAtError } from '../../../driver/errors';
import { anyValue } from '../../harness/any-text';
import { parseCommandLine, type ParsedLine } from '../../harness/at/command-line';
import { unchecked } from '../../harness/refused';

const RUNS = { numRuns: 3000, seed: 20261124 };

/** The line as the device reads it, or undefined when the driver refused to write it. */
function said(make: () => Command): ParsedLine | undefined {
  let command: Command;
  try {
    command = make();
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    assert.doesNotMatch(error.message, /[\r\n\0]/);
    return undefined;
  }
  return parseCommandLine(command.line);
}

describe('commands with arbitrary rates and link settings', () => {
  it('hold exactly these values, or are refused', () => {
    fc.assert(
      fc.property(anyValue(), anyValue(), anyValue(), (one, two, three) => {
        const config = { pingIntervalMs: one, pongTimeoutMs: two, bufferBytes: three };
        const set = said(() => wscfg(0, unchecked(config), capabilitiesOf('D', '')));
        if (set)
          assert.deepEqual(set.values, [0, seconds(one, 10), seconds(two, 120), three ?? 1024]);
        const rate = said(() => uartCur(unchecked(two), 'none'));
        if (rate) assert.deepEqual(rate.values, [two, 8, 1, 0, 0]);
      }),
      RUNS,
    );
  });
});

describe('command names', () => {
  it('never contain user input', () => {
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

function seconds(milliseconds: unknown, fallback: number): unknown {
  return typeof milliseconds === 'number' ? milliseconds / 1000 : (milliseconds ?? fallback);
}
