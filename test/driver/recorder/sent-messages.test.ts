import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recorder } from '../../../driver/recorder/recorder';
import { secretsOfOpen } from '../../../driver/recorder/secrets';
import { SentMessages } from '../../../driver/recorder/sent-messages';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { secretsWith } from './kept';

test('a message without its secret has memory of its own: it keeps no other messages in memory', () => {
  const messages = new SentMessages(secretsWith('correct-horse'));
  const payload = Buffer.from('password=correct-horse');
  assert.notEqual(payload.buffer.byteLength, payload.length, 'the payload shares its memory');
  assert.equal(messages.add(0, {}, payload).buffer.byteLength, payload.length);
});

for (const [what, said] of [
  ['', ''],
  [', also behind held bytes', 'correct'],
] as const)
  test(`a message that waits while another call brings a further secret is shown and written without both${what}`, () => {
    const secrets = secretsWith('correct-horse');
    const recorder = new Recorder(2 ** 20, new VirtualClock(), secrets);
    const payload = Buffer.from('a=correct-horse b=battery-staple');
    recorder.received(Buffer.from(said));
    void recorder.send(1, {}, payload, () => Promise.resolve());
    const headers = [{ name: 'token', value: 'battery-staple' }];
    secrets.add(0, secretsOfOpen({ uri: 'ws://host/', headers }));
    const shown = () =>
      [...recorder.lines().map(({ line }) => line), ...recorder.heldLines()].flatMap((line) =>
        'host' in line ? line.host : 'bytes' in line ? line.bytes : [],
      );
    const clean = `a=${'*'.repeat(13)} b=${'*'.repeat(14)}`;
    assert.deepEqual(shown(), [clean]);
    recorder.wrote(payload);
    recorder.received(Buffer.from('!'));
    assert.deepEqual(recorder.heldLines(), []);
    assert.deepEqual(shown(), [clean, clean]);
  });
