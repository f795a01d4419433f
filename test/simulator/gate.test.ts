import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../simulator/network/gate';
import type { ConnectionHandlers } from '../../simulator/network/network';

/** A gate, its server, and what happens on both sides. The device writes, and reads again, at each chunk of data. */
function standstill() {
  const log: string[] = [];
  const nothing = () => undefined;
  let server: ConnectionHandlers | undefined;
  const gate: Gate = new Gate(
    {
      connected: nothing,
      data: (chunk) => {
        log.push(`data ${chunk.toString()}`);
        gate.write(Buffer.from(`answer ${chunk.toString()}`));
        gate.resume();
      },
      drained: () => log.push('drained'),
      ended: nothing,
      closed: nothing,
    },
    10,
    nothing,
  );
  gate.open((handlers) => {
    server = handlers;
    return {
      write: (bytes) => log.push(`sent ${bytes.toString()}`) > 0,
      destroy: nothing,
      pause: nothing,
      resume: () => log.push('resumed'),
    };
  });
  gate.setMoving(false);
  return { gate, log, data: (text: string) => server?.data(Buffer.from(text)) };
}

describe('a connection of the simulated device that moves on after a standstill', () => {
  it('sends the answers to held data behind the bytes written before, and reads further data last', () => {
    const { gate, log, data } = standstill();
    assert.equal(gate.write(Buffer.from('first')), true);
    data('1');
    data('2');
    assert.deepEqual(log, []);
    gate.setMoving(true);
    assert.deepEqual(log, [
      'data 1',
      'data 2',
      'sent first',
      'sent answer 1',
      'sent answer 2',
      'drained',
      'resumed',
    ]);
    log.length = 0;
    data('3');
    assert.deepEqual(log, ['data 3', 'sent answer 3', 'resumed']);
  });

  it('keeps the writes of the events before one that stops it again', () => {
    const { gate, log, data } = standstill();
    data('1');
    gate.pass(() => gate.setMoving(false));
    data('2');
    gate.setMoving(true);
    assert.deepEqual(log, ['data 1']);
    gate.setMoving(true);
    assert.deepEqual(log.slice(1), [
      'data 2',
      'sent answer 1',
      'sent answer 2',
      'drained',
      'resumed',
    ]);
  });
});
