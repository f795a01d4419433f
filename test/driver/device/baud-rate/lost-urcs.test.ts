import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../../harness/harness';

describe('an automatic baud rate that goes down while a link is open', () => {
  it('notices a loss whose URC came after corrupt data during the change', async () => {
    await using harness = new Harness({
      serial: { baudRate: 115_200, rtsCts: true },
      device: { negotiatedRate: 'automatic' },
    });
    await harness.ready();
    const { clock, device, port, say } = harness;
    const [link] = device.links;
    await clock.wait(link.open({ uri: 'ws://host/plain' }));
    await clock.advance(1000);
    port.written.length = 0;
    // Two lost responses make the driver go down. The check that is queued then comes before the climb.
    say('\r\nOK\r\n');
    await clock.advance(1000);
    void device.checkLinks();
    void device.checkLinks();
    say('\r\nSEND OK\r\n');
    await harness.until(() => port.text.includes('AT+UART_CUR='));
    harness.alterOutput = (text) => text.replace('+WS_DISCONNECTED:0\r\n', '');
    harness.connection().reset();
    say('+WS_DATA:0,x\r\n+WS_DISCONNECTED:0\r\n');
    assert.equal(link.state, 'open', 'the client drops the URC');
    await harness.until(() => link.state === 'waiting', 5000);
    assert.equal(device.state.name, 'ready');
    await clock.wait(device.stop());
  });
});
