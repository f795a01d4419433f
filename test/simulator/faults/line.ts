import assert from 'node:assert/strict';
import { ok, type Scenario } from '../lab';

/** Faults of the serial line, byte by byte. */
export const lineScenarios: Readonly<Record<string, Scenario>> = {
  async lose(lab) {
    const lost = lab.faults.inject('lose=@3');
    await lab.expect('AT', '\r\nO\r\n');
    await lab.expect('AT', ok);
    assert.deepEqual([lost.over, lost.count], [true, 1]);
    lab.faults.inject('lose=to-device,@1,2');
    assert.equal(await lab.command('AT'), '', 'the CR is gone, so that the line is not complete');
    await lab.expect('', '\r\nERROR\r\n');
  },

  async flip(lab) {
    const flipped = lab.faults.inject('flip=@2');
    const said = await lab.command('AT');
    assert.equal(said.length, ok.length);
    const [hit] = flipped.hits;
    assert.ok(hit?.place.kind === 'bytes');
    assert.equal(said.charCodeAt(2), hit.place.received[0]);
    const changed = said.charCodeAt(2) ^ 'O'.charCodeAt(0);
    assert.ok([1, 2, 4, 8, 16, 32, 64, 128].includes(changed), 'exactly one bit differs');
    assert.equal(said.slice(0, 2) + said.slice(3), '\r\nK\r\n');
  },

  async double(lab) {
    lab.faults.inject('double=@2,2');
    await lab.expect('AT', '\r\nOOKK\r\n');
    await lab.expect('AT', ok);
  },

  async insert(lab) {
    const inserted = lab.faults.inject('insert=@2,3');
    const said = await lab.command('AT');
    const [hit] = inserted.hits;
    assert.ok(hit?.place.kind === 'bytes');
    assert.equal(hit.place.received.length, 4, 'three bytes, then the one they come before');
    assert.equal(said, `\r\n${hit.place.received.toString('latin1')}K\r\n`);
  },

  async noise(lab) {
    const burst = lab.faults.inject('noise=to-device,5');
    const [hit] = burst.hits;
    assert.ok(hit?.place.kind === 'bytes');
    assert.equal(hit.place.received.length, 5);
    assert.equal(await lab.command('AT'), '\r\nERROR\r\n', 'it has joined the command');
    await lab.expect('AT', ok);
    lab.faults.inject('noise=to-host,4');
    assert.equal((await lab.hear(5)).length, 4);
  },

  async stall(lab) {
    lab.faults.inject('stall=2s');
    await lab.expect('AT', '', 1_999);
    assert.equal(await lab.hear(10), ok);
    lab.faults.inject('stall=@3,2s');
    await lab.expect('AT', '\r\nO', 1_999);
    assert.equal(await lab.hear(10), 'K\r\n');
  },

  async overrun(lab) {
    lab.faults.inject('overrun=100ms,6');
    await lab.expect('AT+GMR', '', 99);
    assert.equal(await lab.hear(5), '', 'six bytes of eight are left: no CR LF ends them');
    assert.match(await lab.say('\r\n'), /^AT version:/);
  },

  async 'wrong-rate'(lab) {
    lab.faults.inject('wrong-rate=1s,57600');
    const garbage = await lab.command('AT', 100);
    assert.ok(!garbage.includes('OK'), JSON.stringify(garbage));
    await lab.hear(1_000);
    await lab.command('');
    await lab.expect('AT', ok);
  },
};
