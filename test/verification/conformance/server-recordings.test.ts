import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Line } from '../../../simulator/replay/recording';
import { OWN_RECORDINGS, readRecording } from './files';

/** Limit from the open link to the server's first message. */
const FIRST_MESSAGE_LIMIT_MS = 300;

/** Recordings of the simulator with the driver. conformance.test.ts replays them, too. */
const folder = join(OWN_RECORDINGS, 'servers');

describe('recordings of servers that speak first', () => {
  for (const firmware of ['C', 'D'] as const) {
    const read = (name: string) =>
      readRecording(join(folder, `class-${firmware}`, `${name}.jsonl`)).lines;

    for (const [name, message, count] of [
      ['home-assistant', '{"type":"auth_required"', 2],
      ['socket-io', '0{"sid":"a1"', 1],
    ] as const)
      it(`${name}, class ${firmware}: the pong frees the message within 300 ms of each open`, () => {
        const lines = read(name);
        const opened = indices(lines, '+WS_CONNECTED:0');
        const heard = indices(lines, message);
        assert.deepEqual([opened.length, heard.length], [count, count]);
        for (const [index, from] of opened.entries()) {
          const to = heard[index] ?? 0;
          assert.ok(from < to);
          const between = lines.slice(from, to);
          assert.deepEqual(between.filter(isPong).length, 1);
          assert.ok((lines[to]?.at ?? Infinity) - (lines[from]?.at ?? 0) <= FIRST_MESSAGE_LIMIT_MS);
        }
      });

    it(`held-back, class ${firmware}: without a pong the message comes with the server's next frame`, () => {
      const lines = read('held-back');
      const [heard = 0] = indices(lines, 'first\r\n');
      const before = lines.slice(0, heard);
      assert.equal(before.filter(isPong).length, 0);
      assert.deepEqual(indices(lines, 'second\r\n'), [heard]);
      const last = before.findLast(({ kind }) => kind === 'server');
      assert.ok(last && (lines[heard]?.at ?? Infinity) - last.at <= FIRST_MESSAGE_LIMIT_MS);
    });
  }

  it('have a test each', () => {
    for (const firmware of ['C', 'D'])
      assert.deepEqual(readdirSync(join(folder, `class-${firmware}`)), [
        'held-back.jsonl',
        'home-assistant.jsonl',
        'socket-io.jsonl',
      ]);
  });
});

/** Indices of the lines in which the device sends a text. */
function indices(lines: readonly Line[], text: string): number[] {
  return lines.flatMap((line, index) =>
    line.kind === 'device' && line.bytes.toString('latin1').includes(text) ? [index] : [],
  );
}

function isPong(line: Line): boolean {
  return line.kind === 'server' && line.act.kind === 'write' && line.act.bytes[0] === 0x8a;
}
