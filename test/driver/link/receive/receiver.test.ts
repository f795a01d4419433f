import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenOptions } from '../../../../driver/link/options';
import { checkReceiving } from '../../../../driver/link/receive/options';

type Options = Parameters<typeof checkReceiving>[0];
const GIBIBYTE = 1024 ** 3;
const idle = (idleMs: number): Pick<OpenOptions, 'framing'> => ({
  framing: { by: 'idle', idleMs },
});
const delimited = (delimiter: string): Options => ({
  framing: { by: 'delimiter', delimiter: Buffer.from(delimiter) },
});
const fromJavaScript = (framing: unknown) => ({ framing }) as Options;

describe('the options for received messages', () => {
  const accepted: readonly Options[] = [
    {},
    { maxMessageBytes: 1 },
    { maxMessageBytes: GIBIBYTE },
    { framing: { by: 'chunk' } },
    idle(1),
    idle(60_000),
    delimited('x'),
  ];
  for (const options of accepted)
    it(`may be ${JSON.stringify(options)}`, () => {
      assert.doesNotThrow(() => checkReceiving(options));
    });

  const refused: readonly [Options, Record<string, unknown>][] = [
    ...[0, 1.5, GIBIBYTE + 1].map((maxMessageBytes): [Options, Record<string, unknown>] => [
      { maxMessageBytes },
      {
        setting: 'maxMessageBytes',
        reason: 'NOT_WHOLE',
        value: maxMessageBytes,
        min: 1,
        max: GIBIBYTE,
      },
    ]),
    ...[0, 60_001].map((idleMs): [Options, Record<string, unknown>] => [
      idle(idleMs),
      { setting: 'idleMs', reason: 'NOT_WHOLE', value: idleMs, min: 1, max: 60_000 },
    ]),
    [delimited(''), { setting: 'delimiter', reason: 'EMPTY' }],
    // From JavaScript:
    [fromJavaScript({ by: 'line' }), { setting: 'framing', reason: 'NOT_FRAMING' }],
    [fromJavaScript('json'), { setting: 'framing', reason: 'NOT_FRAMING' }],
    [fromJavaScript(null), { setting: 'framing', reason: 'NOT_FRAMING' }],
    [fromJavaScript({ by: 'delimiter' }), { setting: 'delimiter', reason: 'NOT_BUFFER' }],
    [
      fromJavaScript({ by: 'delimiter', delimiter: '\n' }),
      { setting: 'delimiter', reason: 'NOT_BUFFER' },
    ],
  ];
  for (const [options, details] of refused)
    it(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => checkReceiving(options),
        (error: { code: string; details: Record<string, unknown> }) => {
          assert.deepEqual([error.code, error.details], ['INVALID_CONFIG', details]);
          return true;
        },
      );
    });
});
