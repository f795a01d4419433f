import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { frame, it, joined, ok } from '../lab';

describe('of two faults of one kind that overlap, the one that ends leaves the other in force:', () => {
  it('server-slow', async (lab) => {
    const connection = await lab.open();
    const first = lab.faults.inject('server-slow=1s');
    lab.faults.inject('server-slow=2s');
    first.end();
    connection.send(frame('hi'));
    assert.equal(await lab.hear(1_999), '');
    assert.equal(await lab.hear(10), '+WS_DATA:0,2,hi\r\n');
  });

  it('segments-split', async (lab) => {
    const connection = await lab.open();
    const first = lab.faults.inject('segments-split=50ms,7');
    lab.faults.inject('segments-split=50ms,3');
    first.end();
    connection.send(frame('h'));
    assert.equal(await lab.hear(10), '+WS_DATA:0,1,h\r\n');
    connection.send(frame('hello'));
    assert.equal(await lab.hear(10), '+WS_DATA:0,1,h\r\n');
  });

  it('segments-joined', async (lab) => {
    const first = lab.faults.inject('segments-joined=50ms');
    lab.faults.inject('segments-joined=50ms');
    first.end();
    const opening = lab.open();
    lab.server.behavior.onAccept = (accepted) => accepted.send(frame('hi'));
    await opening;
    assert.equal(await lab.hear(1_000), '', 'held back behind the 101');
  });

  it('server-refuse', async (lab) => {
    lab.faults.inject('server-refuse=1s');
    lab.faults.inject('server-refuse=20s');
    await lab.hear(1_000);
    assert.equal(
      await lab.command('AT+WSOPEN=0,"ws://server.test/plain"', 100),
      '+WS_DISCONNECTED:0\r\n',
    );
    await lab.hear(5_000);
  });

  it('black-hole', async (lab) => {
    await lab.open();
    lab.faults.inject('black-hole=1s');
    lab.faults.inject('black-hole=3s');
    await lab.hear(1_000);
    assert.equal(lab.device.network.blackHole, true);
    await lab.hear(2_000);
    assert.equal(lab.device.network.blackHole, false);
  });

  it('wifi-lost', async (lab) => {
    lab.faults.inject('wifi-lost=1s');
    lab.faults.inject('wifi-lost=10s');
    assert.equal(await lab.hear(9_900), 'WIFI DISCONNECT\r\n');
    assert.equal(await lab.hear(10_000), joined);
  });

  it('freeze', async (lab) => {
    const first = lab.faults.inject('freeze');
    lab.faults.inject('freeze').end();
    await lab.expect('AT', '');
    first.end();
    await lab.expect('AT', ok);
  });

  it('wrong-rate', async (lab) => {
    lab.faults.inject('wrong-rate=1s,57600');
    lab.faults.inject('wrong-rate=3s,57600');
    await lab.hear(1_000);
    assert.ok(!(await lab.command('AT', 100)).includes('OK'));
    await lab.hear(2_000);
    await lab.command('');
    await lab.expect('AT', ok);
  });

  it('overrun, in the order of the bytes', async (lab) => {
    lab.faults.inject('overrun=100ms');
    lab.faults.inject('overrun=200ms');
    assert.equal(await lab.say('A', 100), '');
    assert.equal(await lab.command('T', 99), '', 'the second still takes the bytes');
    assert.equal(await lab.hear(5), ok);
  });

  it('overrun in wrong-rate: the device reads each byte once', { echo: true }, async (lab) => {
    lab.faults.inject('wrong-rate=1s,57600');
    const read = await lab.say('AT');
    assert.ok(read.length > 0);
    lab.faults.inject('overrun=10ms');
    assert.equal(await lab.say('AT', 20), read);
  });

  it('power-cycle: the second waits for power', async (lab) => {
    lab.faults.inject('power-cycle=1s,0');
    lab.faults.inject('power-cycle=1s,0');
    assert.equal(await lab.hear(1_999), '');
    assert.equal(await lab.hear(2_000), `\r\nready\r\n${joined}`);
    await lab.expect('ATE0', `ATE0\r\n${ok}`);
  });

  it('unplug', async (lab) => {
    const pulled: string[] = [];
    lab.faults.port = {
      unplug: () => pulled.push('unplugged'),
      plugIn: () => pulled.push('plugged in'),
    };
    lab.faults.inject('unplug=1s');
    lab.faults.inject('unplug=2s');
    await lab.hear(1_999);
    assert.ok(!pulled.includes('plugged in'));
    await lab.hear(2);
    assert.equal(pulled.at(-1), 'plugged in');
  });
});

describe('what is taken away by hand comes back by hand, also after a fault:', () => {
  it('Wi-Fi', async (lab) => {
    lab.device.wifi.lose();
    lab.faults.inject('wifi-lost=1s');
    assert.equal(await lab.hear(10_000), 'WIFI DISCONNECT\r\n');
    lab.device.wifi.recover();
    assert.equal(await lab.hear(10_000), joined);
    lab.faults.inject('wifi-lost=10s');
    lab.device.wifi.lose();
    lab.device.wifi.recover();
    assert.equal(await lab.hear(9_999), 'WIFI DISCONNECT\r\n', 'the fault keeps it away');
    assert.equal(await lab.hear(10_000), joined);
  });

  it('the network', async (lab) => {
    lab.device.network.blackHole = true;
    lab.faults.inject('black-hole=1s');
    await lab.hear(1_000);
    assert.equal(lab.device.network.blackHole, true);
    lab.device.network.blackHole = false;
    assert.equal(lab.device.network.blackHole, false);
    lab.faults.inject('black-hole=1s');
    lab.device.network.blackHole = false;
    assert.equal(lab.device.network.blackHole, true);
    await lab.hear(1_000);
    assert.equal(lab.device.network.blackHole, false);
  });
});

it('a fault that the hit of another ends, at the same point of a command, has no hit', async (lab) => {
  lab.faults.inject('stray=answered,AT+GMR', undefined, () => lab.faults.clear());
  const ended = lab.faults.inject('echo=answered,AT+GMR');
  await lab.say('AT+GMR\r\n');
  assert.deepEqual([ended.over, ended.count], [true, 0]);
});
