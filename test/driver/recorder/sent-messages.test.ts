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

test('a message that waits while another call brings a further secret is written without both', () => {
  const secrets = secretsWith('correct-horse');
  const recorder = new Recorder(2 ** 20, new VirtualClock(), secrets);
  const payload = Buffer.from('a=correct-horse b=battery-staple');
  void recorder.send(1, {}, payload, () => Promise.resolve());
  secrets.add(
    0,
    secretsOfOpen({ uri: 'ws://host/', headers: [{ name: 'token', value: 'battery-staple' }] }),
  );
  recorder.wrote(payload);
  const [written] = recorder.lines().flatMap(({ line }) => ('host' in line ? [line.host] : []));
  assert.match(written ?? '', /^a=\*{13} b=\*{14}$/);
});
