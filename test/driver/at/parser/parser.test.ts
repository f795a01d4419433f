import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Frame } from '../../../../driver/at/types';
import { Parser } from '../../../../driver/at/parser/parser';
import type { Formats } from '../../../harness/at/device-speech';
import { expecting, LONG, reading } from '../../../harness/at/parser-reading';

function read(text: string, options: { formats?: Formats; prompts?: boolean } = {}): Frame[] {
  const { parser, frames } = (options.prompts ? expecting : reading)(options.formats);
  parser.push(Buffer.from(text, 'latin1'));
  return frames;
}

const line = (text: string): Frame => ({ kind: 'line', text });
const short = (link: 0 | 1 | 2, text: string): Frame => ({
  kind: 'data',
  link,
  bytes: Buffer.from(text, 'latin1'),
});

const isNoise = (frame: Frame): boolean => frame.kind === 'line' && frame.text.startsWith('xx');

const [ok, hi, garbage] = [line('OK'), short(0, 'hi'), { kind: 'garbage' }] as const;
const HI = '+WS_DATA:0,2,hi\r\n';

describe('what the device says, and its frames', () => {
  const [longest, over] = ['x'.repeat(2048), 'x'.repeat(9000)];
  const inside = '\r\nOK\r\n+WS_CLOSED:0\r\n+WS_DATA:1,2,';
  const whole = `+WS_DATA:2,${inside.length},${inside}\r\n`;
  const listed = '+WSOPEN:0,2,"ws://h/+WS_DATA:0,5,"';
  const foreign = '+IPD,0,4,"10.0.0.1",80:';
  const [head, tail] = ['+CWLAP:(3,"', '",-50,"aa:bb:cc:dd:ee:ff",1,-1,-1,4,4,7,0)'];
  const forged = `",1,"${':'.repeat(17)}",)\r\nOK\r\n>`;
  const name = `ab\r\n+WS_DATA:0,2,hi\r\nready)\r\n>`.padEnd(30, 'x') + '\r\n';
  const cases: Readonly<Record<string, readonly [said: string, ...frames: readonly Frame[]]>> = {
    'lines end at CR LF, empty ones are dropped': ['\r\nOK\r\n\r\n\r\nOK\r\n', ok, ok],
    'lines do not end at CR or LF alone': ['a\rb\nc\r\r\n\n\r\n', line('a\rb\nc\r'), line('\n')],
    'a line of 2048 bytes is whole': [`${longest}\r\nOK\r\n`, line(longest), ok],
    'a longer line is dropped': [`${longest}xxxxx\r\nOK\r\n`, garbage, ok],
    'data in a line over 2048 bytes is read': [`${over}${HI}OK\r\n`, garbage, hi, ok],
    'noise is a line of its own': ['\xff\xff\r\nready\r\n', line('\xff\xff'), line('ready')],
    'data is read by its length, whatever it contains': [`${whole}OK\r\n`, short(2, inside), ok],
    'data may be empty': ['+WS_DATA:0,0,\r\n+WS_DATA:1,0,\r\n', short(0, ''), short(1, '')],
    'data may interrupt an echo': [`AT+W${HI}SOPEN?\r\n`, hi, line('AT+WSOPEN?')],
    'data after noise is data, the noise a line': [`\xff\xfe${HI}OK\r\n`, hi, line('\xff\xfe'), ok],
    'data is recognized after a colon in noise': [`a:b${HI}`, hi, line('a:b')],
    'data is recognized in bytes that are dropped': [`+WS_DATA:x+A:b${HI}OK\r\n`, garbage, hi, ok],
    'data ends noise that is dropped': [`+WS_DATA:xA${HI}OK\r\n`, garbage, hi, ok],
    'data is not recognized inside a quoted response': [`${listed}\r\n`, line(listed)],
    'a name of 32 bytes in a scan may hold anything': [
      `${head}${name}${tail}\r\nOK\r\n`,
      line(`${head}${name}${tail}`),
      ok,
    ],
    'the encryption of a network in a scan may have two digits': [
      `+CWLAP:(10,"${name}${tail}\r\nOK\r\n`,
      line(`+CWLAP:(10,"${name}${tail}`),
      ok,
    ],
    'a line in a scan ends behind 32 bytes of a name': [
      `${head}${'x'.repeat(31)}\r\nOK\r\n`,
      line(`${head}${'x'.repeat(31)}`),
      ok,
    ],
    'a name in a scan that has lost its end is corrupt with all that it swallows': [
      `${head}Home\r\n\r\nOK\r\n+WS_DATA:0,6,hello!\r\nready\r\n`,
      garbage,
      line('ready'),
    ],
    'a name in a scan may hold the end of a network, and a result code': [
      `${head}${forged}${tail}\r\nOK\r\n`,
      line(`${head}${forged}${tail}`),
      ok,
    ],
    'a network of few fields and a short name is corrupt with the line behind it': [
      `${head}",-78,"aa:bb:cc:dd:ee:ff",1)\r\n${head}b${tail}\r\nOK\r\n`,
      garbage,
      ok,
    ],
    'a short length is detected at the CR LF': ['+WS_DATA:0,4,hello\r\nOK\r\n', garbage, ok],
    'a long length is detected at the CR LF': ['+WS_DATA:0,6,hello\r\n\r\nOK\r\n', garbage, ok],
    'a wrong length does not consume data': [`+WS_DATA:0,4,hello${HI}OK\r\n`, garbage, hi, ok],
    'data is found in a response without line end': [`+X:${over}${HI}OK\r\n`, garbage, hi, ok],
    'data of +IPD is skipped by its length': [
      `+IPD,12:OK\r\n${listed.slice(0, 8)}OK\r\n`,
      line('+IPD,12:'),
      ok,
    ],
    'data of +IPD with link and address is skipped': [`${foreign}\r\nOKOK\r\n`, line(foreign), ok],
    'a +IPD without a length is a line': ['+IPD,x:OK\r\n', line('+IPD,x:OK')],
  };
  for (const [title, [said, ...frames]] of Object.entries(cases))
    it(title, () => {
      assert.deepEqual(read(said), frames);
      const cut = reading();
      for (const byte of Buffer.from(said, 'latin1')) cut.parser.push(Buffer.of(byte));
      assert.deepEqual(cut.frames, frames, 'byte by byte');
    });

  for (const [header, why] of [
    ['3,5,', 'a link that does not exist'],
    ['0,16385,', 'more than any firmware has in a chunk'],
    ['0,05,', 'a number with a leading zero'],
    ['0,,', 'an empty field'],
    ['0,-1,', 'a sign'],
    ['x', 'no number'],
    ['0,5x,', 'a letter behind a number'],
    ['0;5,', 'another separator'],
  ] as const)
    it(`a corrupt header is garbage: ${why}`, () =>
      assert.deepEqual(read(`+WS_DATA:${header}hello\r\nOK\r\n`), [garbage, ok]));

  for (const header of [
    // The firmware reports continuation, text and binary frames only.
    ...['0,3,1,5,5,', '0,9,1,5,5,', '0,15,1,5,5,', '0,1,2,5,5,', '0,1,1,4294967296,5,'],
    ...['0,1,1,20000,16385,', '0,1,1,5,6,'],
  ])
    it(`a corrupt long header is garbage: ${header}`, () => {
      const frames = read(`+WS_DATA:${header}hello\r\nOK\r\n`, { formats: LONG });
      assert.deepEqual(frames, [garbage, ok]);
    });
});

it('lines of any length do not affect data and line ends after them', () => {
  for (let length = 2030; length < 2070; length++) {
    const noise = 'x'.repeat(length);
    const [first, ...rest] = read(`${noise}\r\nOK\r\n${noise}+WS_DATA:0,2,hi\r\nOK\r\n`);
    assert.equal(first?.kind, length > 2048 ? 'garbage' : 'line', String(length));
    const expected = [line('OK'), short(0, 'hi'), line('OK')];
    const heard = rest.filter((frame) => frame.kind !== 'garbage' && !isNoise(frame));
    assert.deepEqual(heard, expected, String(length));
  }
});

describe('the prompt', () => {
  it('is not recognized inside data', () => {
    const frames = read('+WS_DATA:0,5,\r\n>\r\n\r\n', { prompts: true });
    assert.deepEqual(frames, [short(0, '\r\n>\r\n')]);
  });

  const said = '\r\nOK\r\n\r\n>';

  it('is recognized only when expected, and only once', () => {
    assert.deepEqual(read(said, { prompts: true }), [line('OK'), { kind: 'prompt' }]);
    assert.deepEqual(read(`${said}\r\n`), [line('OK'), line('>')]);
    const { parser, frames } = reading();
    parser.expectPrompt = true;
    parser.push(Buffer.from('>>\r\n'));
    assert.deepEqual(frames, [{ kind: 'prompt' }, line('>')]);
    assert.equal(parser.expectPrompt, false);
  });

  it('is recognized only at the start of a line, and emitted at its own byte', () => {
    const { parser, frames } = reading();
    parser.expectPrompt = true;
    parser.push(Buffer.from('a>b\r\n'));
    assert.deepEqual(frames, [line('a>b')]);
    parser.push(Buffer.from('>'));
    assert.deepEqual(frames.at(-1), { kind: 'prompt' });
  });

  it('may be followed by a space, which belongs to no other frame', () => {
    const rest = '+WS_CLOSED:1\r\n\r\nSEND OK\r\n';
    const expected = [line('OK'), { kind: 'prompt' }, line('+WS_CLOSED:1'), line('SEND OK')];
    assert.deepEqual(read(said + rest, { prompts: true }), expected);
    assert.deepEqual(read(`${said} ${rest}`, { prompts: true }), expected);
    assert.deepEqual(read(`${said}  x\r\n y\r\n`, { prompts: true }).slice(2), [
      line(' x'),
      line(' y'),
    ]);
  });

  it('is not recognized among bytes that are dropped, nor after a reset', () => {
    const [first, ...rest] = read('+WS_DATA:>\r\nOK\r\n', { prompts: true });
    assert.ok(first?.kind === 'garbage');
    assert.deepEqual(rest, [line('OK')]);
    const { parser, frames } = reading();
    parser.expectPrompt = true;
    parser.reset();
    parser.push(Buffer.from('>\r\n'));
    assert.deepEqual(frames, [line('>')]);
  });

  it('makes the parser drop the space behind it; a space at the start of a line, or after a reset, stays', () => {
    assert.deepEqual(read(' x\r\n'), [line(' x')]);
    const { parser, frames } = expecting();
    parser.push(Buffer.from('>'));
    parser.reset();
    parser.push(Buffer.from(' x\r\n'));
    assert.deepEqual(frames, [{ kind: 'prompt' }, line(' x')]);
  });
});

describe('data', () => {
  it('in the long format carries opcode, fin and frame length', () => {
    const header = { kind: 'data', opcode: 2, fin: false, payloadLength: 70_000 } as const;
    assert.deepEqual(
      read('+WS_DATA:0,2,0,70000,3,a,b\r\n+WS_DATA:2,0,1,2,2,hi\r\n', { formats: LONG }),
      [
        { ...header, link: 0, bytes: Buffer.from('a,b') },
        { ...header, link: 2, opcode: 0, fin: true, payloadLength: 2, bytes: Buffer.from('hi') },
      ],
    );
  });

  it('uses the format of its link from the next URC until a reset', () => {
    const { parser, frames } = reading(['short', 'long', 'short']);
    parser.push(Buffer.from('+WS_DATA:0,2,hi\r\n+WS_DATA:1,1,1,2,2,hi\r\n'));
    parser.reset();
    parser.push(Buffer.from('+WS_DATA:1,1,x\r\n'));
    assert.deepEqual(
      frames.map(
        (frame) => frame.kind === 'data' && [frame.link, frame.opcode, frame.bytes.length],
      ),
      [
        [0, undefined, 2],
        [1, 1, 2],
        [1, undefined, 1],
      ],
    );
  });

  it('is a view into its chunk when the chunk holds all of it', () => {
    const chunk = Buffer.from('+WS_DATA:0,5,hello\r\n');
    const seen: Frame[] = [];
    new Parser((frame) => seen.push(frame)).push(chunk);
    const [frame] = seen;
    assert.ok(frame?.kind === 'data');
    assert.equal(frame.bytes.buffer, chunk.buffer);
  });
});

describe('corruption', () => {
  it('that leaves data incomplete ends by abandon() or reset()', () => {
    const { parser, frames } = reading();
    parser.push(Buffer.from('+WS_DATA:0,9000,hello\r\n'));
    assert.equal(parser.unfinished, true);
    parser.abandon();
    assert.deepEqual(frames, [{ kind: 'garbage' }]);
    parser.push(Buffer.from('+WS_DATA:0,9000,hello'));
    parser.reset();
    parser.push(Buffer.from('OK\r\n'));
    assert.deepEqual(frames.slice(1), [line('OK')]);
    assert.equal(parser.unfinished, false);
    parser.abandon();
    assert.equal(frames.length, 2);
  });

  it('of a line end holds the line back until abandon()', () => {
    const { parser, frames } = reading();
    parser.push(Buffer.from('+WS_CONNECTED:0\r'));
    assert.deepEqual([parser.unfinished, frames], [true, []]);
    parser.abandon();
    assert.deepEqual(frames, [{ kind: 'garbage' }]);
    parser.push(Buffer.from('\nOK\r\n'));
    assert.deepEqual(frames.slice(1), [line('\nOK')]);
    assert.equal(parser.unfinished, false);
  });
});
