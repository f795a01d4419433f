import assert from 'node:assert/strict';
import type { Scenarios } from './rig';

const ok = '\r\nOK\r\n';
const joined = 'WIFI CONNECTED\r\nWIFI GOT IP\r\n';

/** Faults of the device itself, and of the cable to it. */
export const deviceScenarios: Scenarios = {
  async freeze(rig) {
    const frozen = rig.faults.inject('freeze=AT+GMR');
    assert.equal(await rig.command('AT'), ok);
    assert.equal(await rig.command('AT+GMR', 60_000), '');
    assert.equal(await rig.command('AT+RST', 60_000), '', 'not even a restart is heard');
    rig.device.restart();
    assert.equal(await rig.hear(2_000), `\r\nready\r\n${joined}`);
    assert.ok(frozen.over);
    assert.equal(await rig.command('AT'), `AT\r\n${ok}`);
  },

  async restart(rig) {
    const connection = await rig.open();
    rig.faults.inject('restart=AT+WSSEND,prompt,4');
    const said = await rig.command('AT+WSSEND=0,5', 2_000);
    // The OK of the prompt was said, the prompt is lost; four bytes of noise come before `ready`.
    assert.match(said, /^\r\nOK\r\n[^]{4}\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n$/);
    assert.equal(connection.open, false);
    assert.equal(await rig.command('AT+WSOPEN?'), `AT+WSOPEN?\r\n${ok}`);
  },

  async 'power-cycle'(rig) {
    rig.faults.inject('power-cycle=2s,0');
    assert.equal(await rig.command('AT', 1_999), '', 'no power, no answer');
    assert.equal(await rig.hear(2_000), `\r\nready\r\n${joined}`);
  },

  async 'boot-noise'(rig) {
    const noise = rig.faults.inject('boot-noise=6');
    for (let start = 1; start <= 2; start++) {
      rig.device.restart();
      assert.match(await rig.hear(2_000), /^[^]{6}\r\nready\r\n/);
      assert.equal(noise.count, start);
    }
  },

  async echo(rig) {
    assert.equal(await rig.command('AT'), ok);
    rig.faults.inject('echo');
    assert.equal(await rig.command('AT'), `AT\r\n${ok}`);
    await rig.command('ATE0');
    rig.faults.inject('echo=answered,ATE0,100%');
    await rig.command('ATE0');
    assert.equal(await rig.command('AT'), `AT\r\n${ok}`);
  },

  async stray(rig) {
    rig.faults.inject('stray');
    assert.equal(await rig.hear(1), '+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n');
    assert.equal(await rig.command('AT'), ok);
  },

  async heap(rig) {
    await rig.open();
    const short = rig.faults.inject('heap=100');
    assert.equal(await rig.command('AT+WSSEND=0,101'), '\r\nERROR\r\n');
    assert.equal(await rig.command('AT+WSSEND=0,100'), `${ok}\r\n>`);
    assert.equal(await rig.write('x'.repeat(100)), '\r\nSEND OK\r\n');
    short.end();
    assert.equal(await rig.command('AT+WSSEND=0,101'), `${ok}\r\n>`);
  },

  async unplug(rig) {
    const pulled: string[] = [];
    rig.faults.port = {
      unplug: () => pulled.push('unplugged'),
      plugIn: () => pulled.push('plugged in'),
    };
    rig.faults.inject('unplug=2s');
    await rig.hear(1_999);
    assert.deepEqual(pulled, ['unplugged']);
    await rig.hear(2);
    assert.deepEqual(pulled, ['unplugged', 'plugged in']);
  },
};
