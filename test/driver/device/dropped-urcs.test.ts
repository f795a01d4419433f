import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Harness } from '../../harness/harness';

/** The response to `AT+WSOPEN?` while link 0 is open. */
const LISTED = /\+WSOPEN:0,2,"[^"]*"\r\n/;
const CONNECTED = '+WS_CONNECTED:0\r\n';

/**
 * Opens link 0, and delivers more URCs than the driver takes at once, then one that it takes, and one that it drops: a
 * check replaces that one. Changes the response to this check, and all later ones, by `change`.
 */
async function flooded(change: (text: string) => string) {
  const harness = new Harness({ firmware: 'C' });
  const { clock, port, device } = harness;
  const [link] = device.links;
  await harness.ready();
  await clock.wait(link.open({ uri: 'ws://host/plain' }));
  await clock.advance(1000);
  port.deliver(Buffer.from(CONNECTED.repeat(30)));
  await clock.advance(1100);
  port.deliver(Buffer.from(CONNECTED));
  await clock.advance(200);
  harness.alterOutput = change;
  port.deliver(Buffer.from(CONNECTED));
  return { harness, link, clock };
}

it('URCs of a link that come too fast make the driver check the links again after the device refused a check', async () => {
  let responses = 0;
  const { harness, link, clock } = await flooded((text) => {
    if (!LISTED.test(text)) return text;
    return ++responses === 1 ? 'ERR CODE:0x010a0000\r\n\r\nERROR\r\n' : text.replace(LISTED, '');
  });
  assert.equal(link.state, 'open');
  assert.ok(await clock.until(() => link.state === 'closed', 3000));
  await harness.end();
});
