import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMatched, type StepOutcome } from './outcome';
import { parseTranscript } from './parse';
import { replaySection } from './replay';

const fence = (title: string, ...lines: string[]): string =>
  [`**${title}**`, '```', ...lines, '```', ''].join('\n');

const URI = 'ws://127.0.0.1:40001/plain';

const OPEN = fence(
  'open',
  `H>   0.000  AT+WSOPEN=0,"${URI}"\\r\\n`,
  `D>   0.003  AT+WSOPEN=0,"${URI}"\\r\\n+WS_CONNECTED:0\\r\\n\\r\\nOK\\r\\n`,
);

const state = (title: string, number: number): string =>
  fence(
    title,
    'H>   0.000  AT+WSOPEN?\\r\\n',
    `D>   0.001  AT+WSOPEN?\\r\\n+WSOPEN:0,${number},"${URI}"\\r\\n\\r\\nOK\\r\\n`,
  );

async function lastStep(markdown: string): Promise<StepOutcome> {
  const [section] = parseTranscript(`# Recorded\n\n${markdown}`);
  assert.ok(section);
  const { steps } = await replaySection(section, 'D');
  const step = steps.at(-1);
  assert.ok(step);
  return step;
}

describe('what a recording leaves open is settled by trying', () => {
  const drop = fence('server drops TCP', 'D>   0.001  +WS_DISCONNECTED:0\\r\\n');

  test('how long it rested before a step', async () => {
    assert.deepEqual((await lastStep(OPEN + drop + state('query', 3))).remarks, []);
    const later = await lastStep(OPEN + drop + state('query', 2));
    assert.ok(isMatched(later));
    assert.deepEqual(later.remarks, ['read: 10.5 s after the step before']);
  });

  test('whether words tell of an act', async () => {
    const send = fence(
      'WSSEND, and the server goes away later',
      'H>   0.000  AT+WSSEND=0,0\\r\\n',
      'D>   0.001  AT+WSSEND=0,0\\r\\n\\r\\nSEND OK\\r\\n',
    );
    const outcome = await lastStep(OPEN + send);
    assert.ok(isMatched(outcome));
    assert.deepEqual(outcome.remarks, ['read: without its words about the server']);
  });

  test('not what the device said', async () => {
    for (const wrong of [0, 4]) {
      const outcome = await lastStep(OPEN + drop + state('query', wrong));
      assert.equal(outcome.differences.length, 1);
      assert.match(
        outcome.differences[0] ?? '',
        /actual .*\+WSOPEN:0,3,/,
        'the usual reading is shown',
      );
    }
  });

  test('whether the line had a rate, where much was said', async () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(4);
    const flood = (answered: string): string =>
      OPEN +
      fence(
        'a long message',
        'S    0.000  server sends 20000 bytes',
        `D>   0.003  +WS_DATA:0,1024,${letters} …[20359 bytes]… abcdef\\r\\n`,
        'H>   0.400  AT\\r\\n',
        `D>  ${answered}  AT\\r\\n\\r\\nOK\\r\\n`,
      );
    assert.ok(isMatched(await lastStep(flood(' 0.401'))));
    assert.ok(isMatched(await lastStep(flood(' 1.800'))));
    assert.ok(!isMatched(await lastStep(flood(' 1.100'))));
  });
});
