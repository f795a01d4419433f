import assert from 'node:assert/strict';
import type { Scenarios } from './rig';

const ok = '\r\nOK\r\n';
const busy = '\r\nbusy p...\r\n';

/** Faults of commands. */
export const commandScenarios: Scenarios = {
  async busy(rig) {
    rig.faults.inject('busy=AT+SYSLOG,2');
    assert.equal(await rig.command('AT'), ok, 'another command is spared');
    assert.equal(await rig.command('AT+SYSLOG=1'), busy);
    assert.equal(await rig.command('AT+SYSLOG=1'), busy);
    assert.equal(await rig.command('AT+SYSLOG?'), `+SYSLOG:0\r\n${ok}`, 'neither was carried out');
  },

  async 'busy-executed'(rig) {
    rig.faults.inject('busy-executed=AT+SYSLOG');
    assert.equal(await rig.command('AT+SYSLOG=1'), busy + ok);
    assert.equal(await rig.command('AT+SYSLOG?'), `+SYSLOG:1\r\n${ok}`);
  },

  async late(rig) {
    rig.faults.inject('late=AT+SYSLOG,3s');
    assert.equal(await rig.command('AT+SYSLOG=1', 2_999), '');
    assert.equal(await rig.hear(10), ok);
    assert.equal(await rig.command('AT'), ok);
  },

  async 'answer-lost'(rig) {
    rig.faults.inject('answer-lost=AT+SYSLOG');
    assert.equal(await rig.command('AT+SYSLOG=1', 60_000), '');
    assert.equal(await rig.command('AT+SYSLOG?'), `+SYSLOG:1\r\n${ok}`);
  },

  async 'answer-false'(rig) {
    const connection = await rig.open();
    rig.faults.inject('answer-false=AT+WSSEND');
    assert.equal(await rig.command('AT+WSSEND=0,2'), `${ok}\r\n>`);
    assert.equal(await rig.write('hi'), '\r\nERROR\r\n');
    assert.equal(connection.frames[0]?.payload.toString(), 'hi', 'the server has it all the same');
  },

  async error(rig) {
    rig.faults.inject('error=AT+SYSLOG');
    assert.equal(await rig.command('AT+SYSLOG=1'), '\r\nERROR\r\n');
    assert.equal(await rig.command('AT+SYSLOG?'), `+SYSLOG:0\r\n${ok}`);
  },

  async hang(rig) {
    rig.faults.inject('hang');
    assert.equal(await rig.command('AT', 600_000), '');
    assert.equal(await rig.command('AT'), busy);
    const restarted = await rig.command('AT+RST', 150);
    assert.equal(restarted, `\r\nWill force to restart!!!\r\n${ok}\r\nready\r\n`);
  },
};
