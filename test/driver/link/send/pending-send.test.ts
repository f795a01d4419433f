import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandEvent } from '../../../../driver/at/types';
import { wssend } from '../../../../driver/commands/wssend';
import { EspAtError } from '../../../../driver/errors';
import { PendingSend } from '../../../../driver/link/send/pending-send';
import type { ConnectionEnd } from '../../../../driver/link/state/link-state';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';

const closed = new EspAtError('LINK_CLOSED', { link: 0 });
const refused: CommandEvent = {
  kind: 'refused',
  error: new EspAtError('SEND_FAILED', { link: 0 }),
};
const failed: CommandEvent = { kind: 'failed', error: new EspAtError('OUT_OF_SYNC') };
const notRepeated: CommandEvent = { kind: 'notRepeated', error: new EspAtError('OUT_OF_SYNC') };
const started: CommandEvent = { kind: 'started' };
const payloadWritten: CommandEvent = { kind: 'payloadWritten' };
const succeeded: CommandEvent = { kind: 'succeeded', response: [] };
/** The events of a part that the device confirms. */
const part = [started, payloadWritten, succeeded] as const;

/** Queues a message of these parts, then reports the events, or the loss of its connection. Returns how it ended. */
function outcome(
  parts: readonly string[],
  ...events: readonly (CommandEvent | 'lost' | 'given-up' | 'closing')[]
): string {
  const ends: string[] = [];
  const end = (error?: EspAtError) => ends.push(error ? `${error.code} ${error.outcome}` : 'sent');
  const bytes = Buffer.from(parts.join(''));
  const message = new PendingSend(0, bytes, {}, new VirtualClock(), (_, error) => end(error));
  message.queue(parts.map((part) => wssend(0, Buffer.from(part))));
  for (const event of events) {
    if (typeof event === 'object') message.report(event);
    else {
      const error = message.connectionLost(closed, event === 'lost' ? 'gone' : event);
      if (error) end(error);
    }
  }
  assert.ok(ends.length <= 1, ends.join());
  return ends[0] ?? (message.connectionLives ? 'pending' : 'pending, lost');
}

/** Queues a message, reports the events, or the end of its connection, and returns how often all of it may have left. */
function leavings(
  parts: readonly string[],
  ...events: readonly (CommandEvent | ConnectionEnd)[]
): number {
  let count = 0;
  const bytes = Buffer.from(parts.join(''));
  const onLeaving = () => {
    count++;
  };
  const message = new PendingSend(0, bytes, { onLeaving }, new VirtualClock(), () => undefined);
  message.queue(parts.map((part) => wssend(0, Buffer.from(part))));
  for (const event of events) {
    if (typeof event === 'object') message.report(event);
    else message.connectionLost(closed, event);
  }
  return count;
}

describe('a pending send', () => {
  it('is sent when the device has confirmed its last part', () => {
    assert.equal(outcome(['a'], started, payloadWritten, succeeded), 'sent');
    assert.equal(outcome(['a', 'b'], ...part), 'pending');
    assert.equal(outcome(['a', 'b'], ...part, ...part), 'sent');
  });

  it('was not sent when it fails before its payload is written', () => {
    assert.equal(outcome(['a'], started, refused), 'SEND_FAILED not-sent');
    assert.equal(outcome(['a'], started, failed), 'OUT_OF_SYNC not-sent');
  });

  it('may have been sent when it fails after its payload is written, or after its first part', () => {
    assert.equal(outcome(['a'], started, payloadWritten, failed), 'SEND_UNKNOWN unknown');
    assert.equal(outcome(['a', 'b'], ...part, started, refused), 'SEND_UNKNOWN unknown');
  });

  it('may have been sent with its line when it is empty', () => {
    assert.equal(outcome([''], started, failed), 'SEND_UNKNOWN unknown');
  });

  it('fails with its connection while it waits in the queue', () => {
    assert.equal(outcome(['a'], 'lost'), 'LINK_CLOSED not-sent');
    assert.equal(outcome(['a', 'b'], ...part, 'lost'), 'SEND_UNKNOWN unknown');
  });

  it('ends with its transaction when its connection is lost during it', () => {
    assert.equal(outcome(['a'], started, 'lost'), 'pending, lost');
    assert.equal(outcome(['a'], started, 'lost', payloadWritten, succeeded), 'sent');
  });

  it('was not sent when its connection was lost before the payload, and the device refused it', () => {
    assert.equal(outcome(['a'], started, 'lost', refused), 'LINK_CLOSED not-sent');
    const written = [started, 'lost', payloadWritten, refused] as const;
    assert.equal(outcome(['a'], ...written), 'LINK_CLOSED not-sent');
    const closedNext = [started, 'lost', payloadWritten, 'closing', refused] as const;
    assert.equal(outcome(['a'], ...closedNext), 'LINK_CLOSED not-sent');
    assert.equal(outcome([''], started, 'lost', refused), 'SEND_UNKNOWN unknown');
  });

  it('may have been sent when the driver gave its connection up before the payload', () => {
    assert.equal(outcome(['a'], started, 'given-up', refused), 'LINK_CLOSED not-sent');
    const written = [started, 'given-up', payloadWritten] as const;
    assert.equal(outcome(['a'], ...written, refused), 'SEND_UNKNOWN unknown');
    assert.equal(outcome(['a'], ...written, succeeded), 'sent');
  });

  it('tells that its last bytes may leave, unless its connection has ended', () => {
    assert.equal(leavings(['a'], started, payloadWritten), 1);
    assert.equal(leavings([''], started), 1);
    assert.equal(leavings(['a'], started, 'closing', payloadWritten), 1);
    assert.equal(leavings(['a'], started, 'given-up', payloadWritten), 0);
    assert.equal(leavings(['a'], started, 'gone', payloadWritten), 0);
    assert.equal(leavings(['a', 'b', ''], ...part, started, payloadWritten), 0);
    assert.equal(leavings(['a', 'b', ''], ...part, ...part, started), 1);
  });

  it('sends no further part after its connection is lost', () => {
    const lost = [started, payloadWritten, 'lost', succeeded] as const;
    assert.equal(outcome(['a', 'b'], ...lost), 'SEND_UNKNOWN unknown');
  });

  it('is not repeated on the next connection', () => {
    assert.equal(outcome(['a'], started, 'lost', notRepeated), 'LINK_CLOSED not-sent');
    assert.equal(outcome(['a'], started, notRepeated), 'OUT_OF_SYNC not-sent');
  });

  it('may have been sent when it is not repeated, and a byte or a part of it has left', () => {
    assert.equal(outcome(['a'], started, payloadWritten, notRepeated), 'SEND_UNKNOWN unknown');
    assert.equal(outcome(['a', 'b'], ...part, started, notRepeated), 'SEND_UNKNOWN unknown');
  });

  it('is fragmented from two parts on: the peer would take the next message for its rest', () => {
    for (const [parts, isFragmented] of [
      [['a'], false],
      [['a', 'b'], true],
      [['a', 'b', 'c'], true],
    ] as const) {
      const message = new PendingSend(0, Buffer.from('x'), {}, new VirtualClock(), () => undefined);
      message.queue(parts.map((part) => wssend(0, Buffer.from(part))));
      assert.equal(message.isFragmented, isFragmented);
    }
  });

  it('is sent when its command runs twice', () => {
    assert.equal(outcome(['a'], started, started, payloadWritten, succeeded), 'sent');
  });
});
