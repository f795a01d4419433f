import assert from 'node:assert/strict';
import type { Scenarios } from './rig';

const ok = '\r\nOK\r\n';
const text = (payload: string) => ({ fin: true, opcode: 1, payload: Buffer.from(payload) });

/** Faults of Wi-Fi, the network and the servers in it. */
export const networkScenarios: Scenarios = {
  async 'wifi-lost'(rig) {
    rig.faults.inject('wifi-lost=5s');
    assert.equal(await rig.hear(4_999), 'WIFI DISCONNECT\r\n');
    assert.equal(await rig.command('AT+CWSTATE?', 0), `+CWSTATE:4,"espressif"\r\n${ok}`);
    assert.equal(await rig.hear(3_000), 'WIFI CONNECTED\r\nWIFI GOT IP\r\n');
  },

  async 'black-hole'(rig) {
    const connection = await rig.open();
    rig.faults.inject('black-hole=3s');
    await rig.command('AT+WSSEND=0,2');
    assert.equal(await rig.write('hi', 2_900), '\r\nSEND OK\r\n');
    assert.equal(connection.frames.length, 0);
    await rig.hear(200);
    assert.equal(connection.frames[0]?.payload.toString(), 'hi');
  },

  async 'segments-joined'(rig) {
    rig.faults.inject('segments-joined=50ms');
    const opening = rig.open();
    rig.server.behavior.onAccept = (accepted) => accepted.send(text('hi'));
    const connection = await opening;
    assert.equal(await rig.hear(1_000), '', 'held back behind the 101');
    connection.send(text('ho'));
    assert.equal(await rig.hear(10), '+WS_DATA:0,2,hi\r\n+WS_DATA:0,2,ho\r\n');
  },

  async 'segments-split'(rig) {
    const connection = await rig.open();
    rig.faults.inject('segments-split=50ms,3');
    connection.send(text('hello'));
    assert.equal(await rig.hear(10), '+WS_DATA:0,1,h\r\n');
    assert.equal(await rig.hear(50), '+WS_DATA:0,3,ell\r\n');
    assert.equal(await rig.hear(50), '+WS_DATA:0,1,o\r\n');
  },

  async 'server-slow'(rig) {
    const connection = await rig.open();
    const slow = rig.faults.inject('server-slow=1500ms');
    connection.send(text('hi'));
    assert.equal(await rig.hear(1_499), '');
    assert.equal(await rig.hear(10), '+WS_DATA:0,2,hi\r\n');
    slow.end();
    connection.send(text('ho'));
    assert.equal(await rig.hear(10), '+WS_DATA:0,2,ho\r\n');
  },

  async 'server-silent'(rig) {
    const connection = await rig.open();
    rig.faults.inject('server-silent=4s');
    connection.send(text('hi'));
    assert.equal(await rig.hear(3_999), '');
    assert.equal(await rig.hear(10), '+WS_DATA:0,2,hi\r\n');
  },

  async 'server-reset'(rig) {
    await rig.open();
    const reset = rig.faults.inject('server-reset');
    assert.equal(await rig.hear(10), '+WS_DISCONNECTED:0\r\n');
    assert.deepEqual(reset.hits[0]?.place, { kind: 'network', count: 1 });
    assert.equal(await rig.hear(11_000), '+WS_CONNECTED:0\r\n');
  },

  async 'server-refuse'(rig) {
    await rig.open();
    rig.faults.inject('server-refuse=15s');
    assert.equal(await rig.hear(14_000), '+WS_DISCONNECTED:0\r\n+WS_DISCONNECTED:0\r\n');
    assert.equal(await rig.hear(11_000), '+WS_CONNECTED:0\r\n');
  },

  async 'frame-stalled'(rig) {
    const connection = await rig.open();
    rig.faults.inject('frame-stalled=12s');
    // 2 bytes of header and 10 of payload: half of the frame is 4 of the payload.
    connection.send(text('0123456789'));
    assert.equal(await rig.hear(100), '+WS_DATA:0,4,0123\r\n');
    assert.equal(await rig.hear(10_000), '+WS_DATA:0,0,\r\n', 'the device has lost the framing');
  },
};
