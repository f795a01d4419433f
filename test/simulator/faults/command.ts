import assert from 'node:assert/strict';
import { busy, ok, type Scenario } from '../lab';

/** Faults of commands. */
export const commandScenarios: Readonly<Record<string, Scenario>> = {
  async busy(lab) {
    lab.faults.inject('busy=AT+SYSLOG,2');
    assert.equal(await lab.command('AT'), ok, 'another command is spared');
    await lab.expect('AT+SYSLOG=1', busy);
    await lab.expect('AT+SYSLOG=1', busy);
    assert.equal(await lab.command('AT+SYSLOG?'), `+SYSLOG:0\r\n${ok}`, 'neither was carried out');
  },

  async 'busy-executed'(lab) {
    lab.faults.inject('busy-executed=AT+SYSLOG');
    await lab.expect('AT+SYSLOG=1', busy + ok);
    await lab.expect('AT+SYSLOG?', `+SYSLOG:1\r\n${ok}`);
  },

  async late(lab) {
    lab.faults.inject('late=AT+SYSLOG,3s');
    await lab.expect('AT+SYSLOG=1', '', 2_999);
    assert.equal(await lab.hear(10), ok);
    await lab.expect('AT', ok);
  },

  async 'answer-lost'(lab) {
    lab.faults.inject('answer-lost=AT+SYSLOG');
    await lab.expect('AT+SYSLOG=1', '', 60_000);
    await lab.expect('AT+SYSLOG?', `+SYSLOG:1\r\n${ok}`);
  },

  async 'answer-false'(lab) {
    const connection = await lab.open();
    lab.faults.inject('answer-false=AT+WSSEND');
    await lab.expect('AT+WSSEND=0,2', `${ok}\r\n>`);
    assert.equal(await lab.say('hi'), '\r\nERROR\r\n');
    assert.equal(connection.frames[0]?.payload.toString(), 'hi', 'the server has it all the same');
  },

  async error(lab) {
    lab.faults.inject('error=AT+SYSLOG');
    await lab.expect('AT+SYSLOG=1', '\r\nERROR\r\n');
    await lab.expect('AT+SYSLOG?', `+SYSLOG:0\r\n${ok}`);
  },

  async hang(lab) {
    lab.faults.inject('hang');
    await lab.expect('AT', '', 600_000);
    await lab.expect('AT', busy);
    const restarted = await lab.command('AT+RST', 150);
    assert.equal(restarted, `\r\nWill force to restart!!!\r\n${ok}\r\nready\r\n`);
  },
};
