import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../simulator';
import { DeviceComparison } from '../../../simulator/replay/device-comparison';
import { recordedPieces } from '../../../simulator/replay/pieces';
import { parseRecording, type Recording } from '../../../simulator/replay/recording';
import { replay, type StepDifference } from '../../../simulator/replay/replay';
import { OWN_RECORDINGS, recordingFiles } from './files';

const MUTATIONS = 60;
/** Larger files take too long to replay for each mutation. */
const MAX_FILE_BYTES = 40_000;

/** Values that a mutation leaves alone, because they differ between devices: dates, versions, addresses, keys; and a link's state in a race. */
const VARIABLE =
  /version:.*?\r|compile time.*?\r|\+CIPSNTPTIME:.*?\r|\+SYS(?:RAM|TIMESTAMP):.*?\r|\+CI(?:PSTA|FSR).*?\r|Sec-WebSocket-Key: .*?\r|\+WSOPEN:\d,\d/g;

type Values = Record<string, unknown>;

/** The texts of a line that the device sent or the server received, each with a function that replaces it. */
function observations(line: Values): { text: string; replace: (text: string) => Values }[] {
  const direct = ['sent' in line ? 'sent' : 'device', 'request'].flatMap((key) => {
    const text = line[key];
    return typeof text === 'string'
      ? [{ text, replace: (changed: string): Values => ({ ...line, [key]: changed }) }]
      : [];
  });
  const got = line.got as { payload: string } | undefined;
  if (!got) return direct;
  const replace = (payload: string): Values => ({ ...line, got: { ...got, payload } });
  return [...direct, { text: got.payload, replace }];
}

/** A recording with one bit flipped, and its place. */
function mutated(file: string, random: () => number): { text: string; where: string } {
  const pick = (count: number): number => Math.floor(random() * count);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  for (;;) {
    const number = 1 + pick(lines.length - 1);
    const observed = observations(JSON.parse(lines[number] ?? '') as Values);
    const { text = '', replace } = observed[pick(observed.length)] ?? {};
    const index = pick(text.length);
    const varies = [...text.matchAll(VARIABLE)].some(
      (found) => index >= found.index && index < found.index + found[0].length,
    );
    if (!replace || text === '' || varies) continue;
    const byte = String.fromCharCode(text.charCodeAt(index) ^ (1 << pick(7)));
    const changed = replace(text.slice(0, index) + byte + text.slice(index + 1));
    const replaced = lines.with(number, JSON.stringify(changed));
    return { text: replaced.join('\n'), where: `line ${number + 1}, byte ${index}` };
  }
}

/** A recording of class D, from `ready` on. */
function recordingOf(...lines: Values[]): Recording {
  const heading = { recording: 1, class: 'D', section: '', title: '', joined: false };
  const all = [
    { ...heading, rate: 0, overflow: false, port: 1000, tls: null },
    { at: 380, device: '\r\nready\r\n' },
    ...lines,
  ];
  return parseRecording(all.map((line) => JSON.stringify(line)).join('\n'));
}

async function differencesOf(...lines: Values[]): Promise<StepDifference[]> {
  const steps = await replay(recordingOf(...lines));
  return steps.flatMap(({ differences }) => differences);
}

describe('replay of a recording', () => {
  it('shows a difference when any byte from the device or at the server has another value', async () => {
    const random = seededRandom(13);
    const files = recordingFiles([OWN_RECORDINGS]).filter(
      (file) => readFileSync(file).length <= MAX_FILE_BYTES,
    );
    for (let count = 0; count < MUTATIONS; count++) {
      const file = files[Math.floor(random() * files.length)] ?? '';
      const { text, where } = mutated(file, random);
      const steps = await replay(parseRecording(text));
      const differences = steps.flatMap((step) => step.differences);
      assert.notEqual(differences.length, 0, `${relative(OWN_RECORDINGS, file)}, ${where}`);
    }
  });

  it('reports a missing response, a late response and a response that was not recorded', async () => {
    const at = { at: 1000, host: 'AT\r\n' };
    const ok = 'AT\r\n\r\nOK\r\n';
    assert.deepEqual(await differencesOf(at, { at: 1001, device: ok }), []);
    const [missing] = await differencesOf(at, { at: 1001, device: `${ok}more` });
    assert.equal(missing?.expected, 'more');
    const [early] = await differencesOf(at, { at: 2000, device: ok });
    assert.equal(early?.what, 'time');
    const [extra] = await differencesOf(at, { at: 3000, host: '\r\n' });
    assert.equal(extra?.got, ok);
  });

  it('tolerates one failed reconnect more than recorded, not two', () => {
    const failure = '+WS_DISCONNECTED:0\r\n';
    for (const [failures, reported] of [
      [2, []],
      [3, [failure]],
    ] as const) {
      const got: string[] = [];
      const comparison = new DeviceComparison(recordingOf({ at: 1000, device: failure }), {
        matched: () => undefined,
        differs: (difference) => got.push(difference.got.toString()),
        linkChanges: () => false,
        isFloodCut: () => false,
        busyVaries: () => false,
      });
      comparison.push(Buffer.from(`\r\nready\r\n${failure.repeat(failures)}`), 1000);
      assert.equal(comparison.match(Infinity), true);
      comparison.dropStale(() => true);
      assert.deepEqual(got, reported);
    }
  });

  it('reads data in the format of AT+WSDATAFMT until the device starts again', () => {
    const { lines } = recordingOf(
      { at: 1000, host: 'AT+WSDATAFMT=0,0,55\r\n' },
      { at: 1001, device: '\r\nOK\r\n' },
      { at: 1002, device: '+WS_DATA:0,1,1,5,5,hello\r\n' },
      { at: 1003, device: '+WS_DATA:0,5,hello\r\n' },
      { at: 1004, restarted: 'crash' },
      { at: 1400, device: '\r\nrea' },
      { at: 1400, device: 'dy\r\n' },
      { at: 2000, device: '+WS_DATA:0,5,hello\r\n' },
    );
    const pieces = recordedPieces(lines, 'D').slice(-4);
    assert.deepEqual(
      pieces.map(({ cause, bytes }) => [cause, bytes.toString()]),
      [
        ['link 0', '+WS_DATA:0,1,1,5,5,hello\r\n'],
        ['response', '+WS_DATA:0,5,hello\r\n'],
        ['response', '\r\nready\r\n'],
        ['link 0', '+WS_DATA:0,5,hello\r\n'],
      ],
    );
  });

  it('continues after a difference', async () => {
    const differences = await differencesOf(
      { at: 1000, host: 'AT\r\n' },
      { at: 1001, device: 'AT\r\n\r\nERROR\r\n' },
      { at: 2000, host: 'AT+CWMODE?\r\n' },
      { at: 2001, device: 'AT+CWMODE?\r\n+CWMODE:0\r\n\r\nOK\r\n' },
    );
    assert.deepEqual(
      differences.map(({ line, expected, got }) => ({ line, expected, got })),
      [{ line: 4, expected: '\r\nERROR\r\n', got: '\r\nOK\r\n' }],
    );
  });

  it('accepts another time of 1970, not another year', async () => {
    const date = (year: string) => `+CIPSNTPTIME:${year}\r\nOK\r\n`;
    const echo = 'AT+CIPSNTPTIME?\r\n';
    const ask = { at: 1000, host: echo };
    const in1970 = { at: 1001, device: echo + date('Thu Jan  1 00:00:09 1970') };
    assert.deepEqual(await differencesOf(ask, in1970), []);
    const in2026 = { at: 1001, device: echo + date('Sat Nov 28 20:49:31 2026') };
    assert.equal((await differencesOf(ask, in2026)).length, 1);
  });

  it('refuses a heading without one of its values or with a wrong one, with its number', () => {
    const heading = { recording: 1, class: 'D', section: '', title: '', joined: false };
    const complete: Values = { ...heading, rate: 0, port: 1000, tls: null };
    assert.equal(parseRecording(JSON.stringify(complete)).heading.firmware, 'D');
    const refuses = (changes: Values, message: RegExp) =>
      assert.throws(
        () => parseRecording(`\n${JSON.stringify({ ...complete, ...changes })}`),
        message,
      );
    refuses({ recording: 2 }, /^Error: line 2: not a recording of format 1$/);
    refuses({ class: 'E' }, /^Error: line 2: no valid "class"$/);
    for (const key of ['class', 'section', 'title', 'joined', 'rate', 'port', 'tls'])
      refuses({ [key]: undefined }, new RegExp(`^Error: line 2: no valid "${key}"$`));
    assert.throws(() => parseRecording(''), /^Error: line 1: not a recording of format 1$/);
  });

  it('refuses a line without an event or with a value of another type, with its number', () => {
    const text = readFileSync(join(OWN_RECORDINGS, 'class-D', 'M2.jsonl'), 'utf8');
    assert.throws(() => parseRecording(`${text}{"at":1}\n`), /line 3[0-9]: unknown event/);
    const [heading = ''] = text.split('\n');
    assert.throws(() => parseRecording(`${heading}\n\n{"at":1}\n`), /line 3: unknown event/);
    for (const line of ['null', '5', '{"at":1,"host":5}', '{"at":1,"conn":1,"got":null}'])
      assert.throws(() => parseRecording(`${heading}\n${line}\n`), /^Error: line 2: unknown event/);
    assert.throws(() => parseRecording(`${heading}\n\n{"at":\n`), /line 3: no JSON/);
    assert.throws(() => parseRecording('no JSON'), /line 1: no JSON/);
  });
});
