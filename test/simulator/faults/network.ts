import assert from 'node:assert/strict';
import { frame, ok, type Scenario } from '../lab';

/** Faults of Wi-Fi, the network and the servers in it. */
export const networkScenarios: Readonly<Record<string, Scenario>> = {
  async 'wifi-lost'(lab) {
    lab.faults.inject('wifi-lost=5s');
    assert.equal(await lab.hear(4_999), 'WIFI DISCONNECT\r\n');
    await lab.expect('AT+CWSTATE?', `+CWSTATE:4,"espressif"\r\n${ok}`, 0);
    assert.equal(await lab.hear(3_000), 'WIFI CONNECTED\r\nWIFI GOT IP\r\n');
  },

  async 'black-hole'(lab) {
    const connection = await lab.open();
    lab.faults.inject('black-hole=3s');
    await lab.command('AT+WSSEND=0,2');
    assert.equal(await lab.say('hi', 2_900), '\r\nSEND OK\r\n');
    assert.equal(connection.frames.length, 0);
    await lab.hear(200);
    assert.equal(connection.frames[0]?.payload.toString(), 'hi');
  },

  async 'segments-joined'(lab) {
    lab.faults.inject('segments-joined=50ms');
    const opening = lab.open();
    lab.server.behavior.onAccept = (accepted) => accepted.send(frame('hi'));
    const connection = await opening;
    assert.equal(await lab.hear(1_000), '', 'held back behind the 101');
    connection.send(frame('ho'));
    assert.equal(await lab.hear(10), '+WS_DATA:0,2,hi\r\n+WS_DATA:0,2,ho\r\n');
  },

  async 'segments-split'(lab) {
    const connection = await lab.open();
    lab.faults.inject('segments-split=50ms,3');
    connection.send(frame('hello'));
    assert.equal(await lab.hear(10), '+WS_DATA:0,1,h\r\n');
    assert.equal(await lab.hear(50), '+WS_DATA:0,3,ell\r\n');
    assert.equal(await lab.hear(50), '+WS_DATA:0,1,o\r\n');
  },

  async 'server-slow'(lab) {
    const connection = await lab.open();
    const slow = lab.faults.inject('server-slow=1500ms');
    connection.send(frame('hi'));
    assert.equal(await lab.hear(1_499), '');
    assert.equal(await lab.hear(10), '+WS_DATA:0,2,hi\r\n');
    slow.end();
    connection.send(frame('ho'));
    assert.equal(await lab.hear(10), '+WS_DATA:0,2,ho\r\n');
  },

  async 'server-silent'(lab) {
    const connection = await lab.open();
    lab.faults.inject('server-silent=4s');
    connection.send(frame('hi'));
    assert.equal(await lab.hear(3_999), '');
    assert.equal(await lab.hear(10), '+WS_DATA:0,2,hi\r\n');
  },

  async 'server-reset'(lab) {
    await lab.open();
    const reset = lab.faults.inject('server-reset');
    assert.equal(await lab.hear(10), '+WS_DISCONNECTED:0\r\n');
    assert.deepEqual(reset.hits[0]?.place, { kind: 'network', count: 1 });
    assert.equal(await lab.hear(11_000), '+WS_CONNECTED:0\r\n');
  },

  async 'server-refuse'(lab) {
    await lab.open();
    lab.faults.inject('server-refuse=15s');
    assert.equal(await lab.hear(14_000), '+WS_DISCONNECTED:0\r\n+WS_DISCONNECTED:0\r\n');
    assert.equal(await lab.hear(11_000), '+WS_CONNECTED:0\r\n');
  },

  async 'frame-stalled'(lab) {
    const connection = await lab.open();
    lab.faults.inject('frame-stalled=12s');
    // 2 bytes of header and 10 of payload: half of the frame is 4 of the payload.
    connection.send(frame('0123456789'));
    assert.equal(await lab.hear(100), '+WS_DATA:0,4,0123\r\n');
    assert.equal(await lab.hear(10_000), '+WS_DATA:0,0,\r\n', 'the device has lost the framing');
  },
};
