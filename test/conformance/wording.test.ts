import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Action } from './actions';
import { isObservation } from './observation';
import { readActions } from './wording';

/** Short forms, so that a table can be read. */
function short(action: Action): string {
  switch (action.kind) {
    case 'frames':
      return action.frames
        .map(
          ({ fin, opcode, payload }) =>
            `${opcode}${fin ? '' : '…'}:${payload.toString('latin1').slice(0, 12)}/${payload.length}`,
        )
        .join(' ');
    case 'half':
      return `half ${action.header ?? action.sent} of ${action.frame.payload.length}`;
    case 'close':
      return `close ${action.payload.toString('hex')}`;
    case 'drop':
      return `drop ${action.how}`;
    case 'certificate':
      return `certificate ${action.which}`;
    case 'bytes':
      return `bytes ${action.bytes.toString('hex')}`;
    case 'rest':
      return 'rest';
    default:
      return `${action.kind} ${action.value}`;
  }
}

function acts(text: string): string[] {
  return (readActions(text) ?? []).map(
    ({ action, after }) => `${after > 0 ? `+${after} ` : ''}${short(action)}`,
  );
}

const WORDS: readonly (readonly [text: string, ...expected: string[]])[] = [
  ['server sends text "second"', '1:second/6'],
  ['text hello', '1:hello/5'],
  ['server sends text "drops TCP, then resets"', '1:drops TCP, t/22'],
  ['binary 20 bytes, buffer 8', '2:abcdefghijkl/20'],
  ['server sends text "abcabcabc …[3000 bytes]… bcabc"', '1:abcabcabcabc/3000'],
  [
    'server sends three messages of 20 bytes',
    '1:abcdefghijkl/20 1:abcdefghijkl/20 1:abcdefghijkl/20',
  ],
  ['server sends text fragment "ab", not final', '1…:ab/2'],
  ['server sends 150 kB', '1:abcdefghijkl/150000'],
  ['empty binary', '2:/0'],
  ['ping "pp" from server', '9:pp/2'],
  ['server sends a pong', '10:/0'],
  ['fragments abc|def|(empty fin)', '1…:abc/3 0…:def/3 0:/0'],
  ['fragments of 10 and 10, buffer 8', '2…:abcdefghij/10 0:abcdefghij/10'],
  ['server sends fragment "ab" (fin=0)', '1…:ab/2'],
  ['server sends opcode 3 "x"', '3:x/1'],
  ['server sends [fin=0 op=1 abc] [fin=1 op=0 def]', '1…:abc/3 0:def/3'],
  ['server sends bytes 81 02 68 69', 'bytes 81026869'],
  ['server sends close frame 1001 "bye"', 'close 03e9627965'],
  ['server sends a close frame', 'close '],
  ['server closes with 1000', 'close 03e8'],
  ['server closes TCP', 'drop fin'],
  ['server drops TCP; reconnect; message', 'drop fin'],
  ['server resets the connection', 'drop rst'],
  ['server stops answering pings (ping 2 s, timeout 5 s)', 'answers pings false'],
  ['host does not read for 5 s', 'host reads false', '+5000 host reads true'],
  ['server ignores pings', 'answers pings false'],
  ['server closes TCP without a close frame', 'drop fin'],
  ['server socket destroyed', 'drop fin'],
  ['server aborts the connection', 'drop rst'],
  ['server closes with 1001, TCP left open', 'ends tcp false', 'close 03e9'],
  ['server never answers the close', 'answers closes false'],
  ['server stops reading for 5 s', 'reads false', '+5000 reads true'],
  ['server goes away, comes back after 25 s', 'listens false', '+25000 listens true'],
  ['server is down for 3 s', 'listens false', '+3000 listens true'],
  ['server listens again', 'listens true'],
  ['server stopped', 'listens false'],
  ['server started', 'listens true'],
  ['server resumes', 'reads true'],
  ['cable plugged in', 'reachable true'],
  ['frame header cut after its first byte, the rest 1 s later', 'half 1 of 5', '+1000 rest'],
  ['half a frame, rest 12 s later', 'half 5 of 10', '+12000 rest'],
  ['server sends 3 of 7 bytes of a text frame', 'half 3 of 7'],
  ['server sends half a header', 'half 1 of 5'],
  ['access point gone', 'access point false'],
  ['Wi-Fi is back', 'access point true'],
  ['all packets get lost', 'reachable false'],
  ['power off and on', 'power cycle'],
  ['server destroy()', 'drop fin'],
  ['ws.terminate()', 'drop fin'],
  ['ws.close(1001)', 'close 03e9'],
  ['server.close()', 'listens false'],
  ['server sends binary, 5000 bytes', '2:abcdefghijkl/5000'],
  ['server sends the header of a 10 byte frame and 3 bytes', 'half 3 of 10'],
  ['server sends 81 05 68', 'bytes 810568'],
  ['server sends 0x81', 'bytes 81'],
  ['server does not answer it', 'answers pings false', 'answers closes false'],
  ["server comes back with another CA's certificate", 'certificate foreign', 'listens true'],
];

describe('words about the server are understood', () => {
  for (const [text, ...expected] of WORDS) test(text, () => assert.deepEqual(acts(text), expected));

  test('others are not taken for any', () => {
    for (const text of ['upper case scheme', 'the weather is fine', 'WSOPEN?', 'wrong password']) {
      assert.equal(readActions(text), undefined, text);
    }
  });

  test('what the server saw or does by its path asks for nothing', () => {
    for (const text of [
      'server got [fin=1 op=8 len=0]',
      'server accepts after 3 s',
      'server saw FIN',
      'server: connection closed',
      'client disconnected',
      'ping received',
      'server: connection 2',
      'connection 2: GET /plain',
      'upgrade request',
      'close frame from the device',
      'device closes TCP',
      '[fin=1 op=8 masked=1 len=2 \\x03\\xe8]',
      'server sends 101',
      '401 sent',
    ]) {
      assert.ok(isObservation(text), text);
    }
    assert.ok(!isObservation('server sends text "x"'));
  });

  test('a frame without a payload is any frame, where any will do', () => {
    assert.equal(readActions('a message after the stall'), undefined);
    assert.deepEqual(
      readActions('a message after the stall', true)?.map(({ action }) => short(action)),
      ['1:hello/5'],
    );
  });
});
