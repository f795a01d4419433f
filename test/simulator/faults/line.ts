import assert from 'node:assert/strict';
import type { Scenarios } from './rig';

const ok = '\r\nOK\r\n';

/** Faults of the serial line, byte by byte. */
export const lineScenarios: Scenarios = {
  async lose(rig) {
    const lost = rig.faults.inject('lose=@3');
    assert.equal(await rig.command('AT'), '\r\nO\r\n');
    assert.equal(await rig.command('AT'), ok);
    assert.deepEqual([lost.over, lost.count], [true, 1]);
    rig.faults.inject('lose=to-device,@1,2');
    assert.equal(await rig.command('AT'), '', 'the CR is gone, so that the line is not complete');
    assert.equal(await rig.command(''), '\r\nERROR\r\n');
  },

  async flip(rig) {
    const flipped = rig.faults.inject('flip=@2');
    const said = await rig.command('AT');
    assert.equal(said.length, ok.length);
    const [hit] = flipped.hits;
    assert.ok(hit?.place.kind === 'bytes');
    assert.equal(said.charCodeAt(2), hit.place.received[0]);
    const changed = said.charCodeAt(2) ^ 'O'.charCodeAt(0);
    assert.ok([1, 2, 4, 8, 16, 32, 64, 128].includes(changed), 'exactly one bit differs');
    assert.equal(said.slice(0, 2) + said.slice(3), '\r\nK\r\n');
  },

  async double(rig) {
    rig.faults.inject('double=@2,2');
    assert.equal(await rig.command('AT'), '\r\nOOKK\r\n');
    assert.equal(await rig.command('AT'), ok);
  },

  async insert(rig) {
    const inserted = rig.faults.inject('insert=@2,3');
    const said = await rig.command('AT');
    const [hit] = inserted.hits;
    assert.ok(hit?.place.kind === 'bytes');
    assert.equal(hit.place.received.length, 4, 'three bytes, then the one they come before');
    assert.equal(said, `\r\n${hit.place.received.toString('latin1')}K\r\n`);
  },

  async noise(rig) {
    const burst = rig.faults.inject('noise=to-device,5');
    const [hit] = burst.hits;
    assert.ok(hit?.place.kind === 'bytes');
    assert.equal(hit.place.received.length, 5);
    assert.equal(await rig.command('AT'), '\r\nERROR\r\n', 'it has joined the command');
    assert.equal(await rig.command('AT'), ok);
    rig.faults.inject('noise=to-host,4');
    assert.equal((await rig.hear(5)).length, 4);
  },

  async stall(rig) {
    rig.faults.inject('stall=2s');
    assert.equal(await rig.command('AT', 1_999), '');
    assert.equal(await rig.hear(10), ok);
  },

  async overrun(rig) {
    rig.faults.inject('overrun=100ms,6');
    assert.equal(await rig.command('AT+GMR', 99), '');
    assert.equal(await rig.hear(5), '', 'six bytes of eight are left: no CR LF ends them');
    assert.match(await rig.write('\r\n'), /^AT version:/);
  },

  async 'wrong-rate'(rig) {
    rig.faults.inject('wrong-rate=1s,57600');
    const garbage = await rig.command('AT', 100);
    assert.ok(!garbage.includes('OK'), JSON.stringify(garbage));
    await rig.hear(1_000);
    await rig.command('');
    assert.equal(await rig.command('AT'), ok);
  },
};
