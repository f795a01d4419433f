import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTranscript } from './parse';

const TRANSCRIPT = `# First

**a step**
\`\`\`
H>   0.000  AT\\r\\n
D>  12.345   two spaces first
S    3.004  server sends text "x"
H>   0.000  
\`\`\`

server got: \`(none)\`

### a heading
\`\`\`
  text hello        -> +WS_DATA:0,5,hello\\r\\n
  ping "pp"         -> 
AT  ->  AT\\r\\n\\r\\nOK\\r\\n
\`\`\`

**only a title**

# Second

\`\`\`
D>   0.001  untitled
\`\`\`
`;

describe('a transcript is read', () => {
  const [first, second, ...others] = parseTranscript(TRANSCRIPT);

  test('into its sections', () => {
    assert.equal(first?.title, 'First');
    assert.equal(second?.title, 'Second');
    assert.deepEqual(others, []);
  });

  test('with exchanges, their times in milliseconds and their text as it stands', () => {
    assert.deepEqual(first?.items[0], {
      kind: 'exchange',
      line: 3,
      title: 'a step',
      lines: [
        { actor: 'host', time: 0, text: 'AT\\r\\n' },
        { actor: 'device', time: 12345, text: ' two spaces first' },
        { actor: 'server', time: 3004, text: 'server sends text "x"' },
        { actor: 'host', time: 0, text: '' },
      ],
    });
  });

  test('with notes, headings and rows in their order', () => {
    assert.deepEqual(first?.items.slice(1, 6), [
      { kind: 'note', line: 11, text: 'server got: `(none)`' },
      { kind: 'heading', line: 13, text: 'a heading' },
      { kind: 'row', line: 15, left: 'text hello', right: '+WS_DATA:0,5,hello\\r\\n' },
      { kind: 'row', line: 16, left: 'ping "pp"', right: '' },
      { kind: 'row', line: 17, left: 'AT', right: 'AT\\r\\n\\r\\nOK\\r\\n' },
    ]);
  });

  test('with titles that have no lines, and lines that have no title', () => {
    assert.deepEqual(first?.items[6], {
      kind: 'exchange',
      line: 20,
      title: 'only a title',
      lines: [],
    });
    assert.equal(second?.items[0]?.kind, 'exchange');
  });

  test('with the words before a fence for its title, should it have none, and prose in between', () => {
    const step = '```\nH>   0.000  AT\\r\\n\nthe rest was lost\n```\n';
    for (const [before, title] of [
      ['### heading\n', 'heading'],
      ['server drops TCP:\n\n', 'server drops TCP:'],
      ['**title**\n\nsome prose\n\n', 'title'],
    ] as const) {
      const items = parseTranscript(`# Section\n${before}${step}`)[0]?.items ?? [];
      const [exchange] = items.filter((item) => item.kind === 'exchange');
      assert.deepEqual([exchange?.title, exchange?.lines.length], [title, 1], before);
      assert.ok(items.some((item) => item.kind === 'note' && item.text === 'the rest was lost'));
    }
  });
});
