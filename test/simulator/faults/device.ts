import assert from 'node:assert/strict';
import { joined, ok, type Scenario } from '../lab';

/** Faults of the device itself, and of the cable to it. */
export const deviceScenarios: Readonly<Record<string, Scenario>> = {
  async freeze(lab) {
    const frozen = lab.faults.inject('freeze=AT+GMR');
    await lab.expect('AT', ok);
    await lab.expect('AT+GMR', '', 60_000);
    assert.equal(await lab.command('AT+RST', 60_000), '', 'not even a restart is heard');
    lab.device.restart();
    assert.equal(await lab.hear(2_000), `\r\nready\r\n${joined}`);
    assert.ok(frozen.over);
    await lab.expect('AT', `AT\r\n${ok}`);
  },

  async restart(lab) {
    const connection = await lab.open();
    lab.faults.inject('restart=AT+WSSEND,prompt,4');
    const said = await lab.command('AT+WSSEND=0,5', 2_000);
    // The OK of the prompt was said, the prompt is lost; four bytes of noise come before `ready`.
    assert.match(said, /^\r\nOK\r\n[^]{4}\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n$/);
    assert.equal(connection.open, false);
    await lab.expect('AT+WSOPEN?', `AT+WSOPEN?\r\n${ok}`);
    lab.device.pauseOutput();
    await lab.command('AT');
    lab.faults.inject('restart=to-device,@0,0');
    await lab.say('A');
    lab.device.resumeOutput();
    assert.equal(await lab.hear(2_000), `\r\nready\r\n${joined}`, 'output before it is lost');
    lab.faults.inject('restart=to-host,@3,0');
    await lab.expect('AT', `AT\r\r\nready\r\n${joined}`, 2_000);
  },

  async 'power-cycle'(lab) {
    lab.faults.inject('power-cycle=2s,0');
    assert.equal(await lab.command('AT', 1_999), '', 'no power, no answer');
    assert.equal(await lab.hear(2_000), `\r\nready\r\n${joined}`);
    lab.faults.inject('power-cycle=2s,0');
    await lab.hear(1_000);
    lab.device.powerOff();
    lab.device.powerOn();
    assert.equal(await lab.hear(999), '', 'the supply alone gives no power');
    assert.equal(await lab.hear(2_000), `\r\nready\r\n${joined}`);
  },

  async 'boot-noise'(lab) {
    const noise = lab.faults.inject('boot-noise=6');
    for (let start = 1; start <= 2; start++) {
      lab.device.restart();
      assert.match(await lab.hear(2_000), /^[^]{6}\r\nready\r\n/);
      assert.equal(noise.count, start);
    }
  },

  async echo(lab) {
    await lab.expect('AT', ok);
    lab.faults.inject('echo');
    await lab.expect('AT', `AT\r\n${ok}`);
    lab.faults.inject('echo=answered,ATE0,100%');
    await lab.expect('AT', `AT\r\n${ok}`);
  },

  async stray(lab) {
    lab.faults.inject('stray');
    assert.equal(await lab.hear(1), '+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n');
    await lab.expect('AT', ok);
  },

  async heap(lab) {
    await lab.open();
    const short = lab.faults.inject('heap=100');
    await lab.expect('AT+WSSEND=0,101', '\r\nERROR\r\n');
    await lab.expect('AT+WSSEND=0,100', `${ok}\r\n>`);
    assert.equal(await lab.say('x'.repeat(100)), '\r\nSEND OK\r\n');
    short.end();
    await lab.expect('AT+WSSEND=0,101', `${ok}\r\n>`);
  },

  async unplug(lab) {
    const pulled: string[] = [];
    lab.faults.port = {
      unplug: () => pulled.push('unplugged'),
      plugIn: () => pulled.push('plugged in'),
    };
    lab.faults.inject('unplug=2s');
    await lab.hear(1_999);
    assert.deepEqual(pulled, ['unplugged']);
    await lab.hear(2);
    assert.deepEqual(pulled, ['unplugged', 'plugged in']);
  },
};
