import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';

describe('a device that restarts in the turn in which it becomes ready', () => {
  it('opens each waiting link once, after the second initialization, and delivers its messages', async () => {
    await using harness = new Harness();
    const { clock, device, port, server } = harness;
    const [first, second, third] = device.links;
    await harness.ready();
    await clock.wait(second.open({ uri: 'ws://host/second', keepOpen: true }));
    port.deliver(Buffer.from('\r\nready\r\n'));
    const opening = [first, third].map((link) => link.open({ uri: `ws://host/${link.id}` }));
    let restarts = 1;
    second.on('statechange', ({ cause }) => {
      if (cause === 'opening' && restarts-- > 0) port.deliver(Buffer.from('\r\nready\r\n'));
    });
    port.written.length = 0;
    await clock.wait(Promise.all(opening));
    await clock.until(() => second.stateNumber === 2, 5000);
    const commands = port.text.match(/ATE0|AT\+CWSTATE\?|AT\+WSOPEN=\d/g);
    const initialization = ['ATE0', 'AT+CWSTATE?'];
    assert.deepEqual(commands?.splice(0, 4), [...initialization, ...initialization]);
    assert.deepEqual(commands.sort(), ['AT+WSOPEN=0', 'AT+WSOPEN=1', 'AT+WSOPEN=2']);
    for (const connection of server.connections)
      if (connection.open) connection.send({ fin: true, opcode: 1, payload: Buffer.from('hello') });
    await clock.advance(100);
    assert.deepEqual(harness.messages.map(({ link }) => link).sort(), [0, 1, 2]);
  });
});
