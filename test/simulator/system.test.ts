import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { firmwareClasses } from '../../simulator/firmware';
import { error, frame, it, joined, ok, words } from './lab';

describe('system commands', () => {
  it('list the commands of the firmware with their forms', async (lab) => {
    const lines = (await lab.command('AT+CMD?')).split('\r\n');
    assert.equal(lines.length, 95 + 3);
    assert.equal(lines[0], '+CMD:0,"AT",0,0,0,1');
    assert.equal(lines[3], '+CMD:3,"AT+RST",0,0,1,1');
    assert.equal(lines[31], '+CMD:31,"AT+CWJAP",0,1,1,1');
    assert.equal(lines[90], '+CMD:90,"AT+WSDATAFMT",0,0,1,0');
    assert.equal(lines[94], '+CMD:94,"AT+UART_DEF",0,1,1,0');
  });

  for (const firmware of firmwareClasses) {
    it(`show the capabilities of class ${firmware}`, { firmware }, async (lab) => {
      const list = await lab.command('AT+CMD?');
      assert.equal(list.includes('"AT+WSHEAD"'), firmware !== 'A');
      assert.equal(list.includes('"AT+WSDATAFMT"'), firmware === 'D');
      const fifth = await lab.command('AT+WSCFG=0,10,120,1024,0');
      assert.equal(fifth, firmware === 'C' || firmware === 'D' ? ok : error);
    });
  }

  it('print version lines, which do not distinguish C from D', { firmware: 'C' }, async (lab) => {
    const lines = (await lab.command('at+gmr')).split('\r\n');
    assert.match(lines[0] ?? '', /^AT version:4\.2\.0\.0-dev\(/);
    assert.match(lines[1] ?? '', /^SDK version:v/);
    assert.match(lines[2] ?? '', /^compile time\(\w+\):/);
    assert.match(lines[3] ?? '', /^Bin version:v/);
    assert.deepEqual(lines.slice(4), ['', 'OK', '']);
  });

  it('end some responses with one CR LF before OK', async (lab) => {
    await lab.expect('AT+SYSMSG?', '+SYSMSG:0\r\nOK\r\n');
    await lab.expect('AT+SYSRAM?', '+SYSRAM:180000,160000\r\nOK\r\n');
    await lab.hear(2000);
    await lab.expect('AT+SYSTIMESTAMP?', '+SYSTIMESTAMP:2\r\nOK\r\n');
    await lab.expect('AT+CWAUTOCONN?', '+CWAUTOCONN:1\r\nOK\r\n');
    await lab.expect('AT+CIPSNTPTIME?', '+CIPSNTPTIME:Thu Jan  1 00:00:02 1970\r\nOK\r\n');
  });

  it('set the baud rate after the response, within its limits', async (lab) => {
    await lab.expect('AT+UART_CUR?', `+UART_CUR:115200,8,1,0,1\r\n${ok}`);
    await lab.expect('AT+UART_CUR=921600,8,1,0,3', ok);
    await lab.expect('AT+UART_CUR?', `+UART_CUR:921600,8,1,0,3\r\n${ok}`);
    await lab.expect('AT+UART_DEF?', `+UART_DEF:115200,8,1,0,1\r\n${ok}`);
    await lab.expect('AT+UART_CUR=80,8,1,0,0', ok);
    const bad = words('79,8,1,0,0 5000001,8,1,0,0 115200,8,1,0 9600,8,1,0,4');
    await lab.expectEach('AT+UART_CUR=', bad, error);
  });

  it('do not simulate everything they list', async (lab) => {
    await lab.expect('AT+CIPSTART="TCP","server.test",80', error);
  });
});

describe('a restart', () => {
  it('comes after OK, forgets settings, and joins Wi-Fi again', async (lab) => {
    await lab.open();
    await lab.command('AT+WSDATAFMT=0,0,63');
    await lab.command('AT+WSHEAD=4');
    await lab.say('A: b');
    await lab.command('AT+UART_CUR=9600,8,1,0,0');
    await lab.expect('AT+RST', ok);
    assert.deepEqual(await lab.next(), { said: '\r\nready\r\n', after: 400 });
    assert.deepEqual(await lab.next(), { said: 'WIFI CONNECTED\r\n', after: 592 });
    assert.deepEqual(await lab.next(), { said: 'WIFI GOT IP\r\n', after: 500 });
    await lab.expect('AT+WSHEAD?', `AT+WSHEAD?\r\n${ok}`);
    await lab.expect('AT+WSOPEN?', `AT+WSOPEN?\r\n${ok}`);
    assert.match(await lab.command('AT+UART_CUR?'), /115200,8,1,0,1/);
    await lab.command('ATE0');
    const server = await lab.open();
    server.send(frame('hi'));
    assert.equal(await lab.hear(), '+WS_DATA:0,2,hi\r\n');
  });

  it('comes without OK when it has a mode parameter', async (lab) => {
    await lab.expect('AT+RST=1', '', 100);
    assert.equal((await lab.next()).said, '\r\nready\r\n');
  });

  it('follows an empty URI in AT+WSOPEN', async (lab) => {
    await lab.expect('AT+WSOPEN=0,""', '', 100);
    assert.equal((await lab.next()).said, '\r\nready\r\n');
  });

  it('restores the factory state with AT+RESTORE', async (lab) => {
    await lab.command('AT+RESTORE', 5000);
    await lab.expect('AT+CWMODE?', `AT+CWMODE?\r\n+CWMODE:0\r\n${ok}`);
  });
});

describe('power', () => {
  it(
    'on: noise, then ready; off: no byte is received',
    { running: false, bootMs: 300, bootNoise: Buffer.from('\xf8\x00x', 'latin1') },
    async (lab) => {
      await lab.expect('AT', '', 1000);
      lab.device.powerOn();
      assert.deepEqual(await lab.next(), { said: '\xf8\x00x', after: 0 });
      assert.deepEqual(await lab.next(), { said: '\r\nready\r\n', after: 300 });
      assert.equal(await lab.hear(2000), joined);
      lab.device.powerOff();
      await lab.expect('AT', '', 1000);
      assert.equal(lab.clock.pending, 0);
    },
  );

  it(
    'on: noise joins the first command of class C',
    { running: false, firmware: 'C' },
    async (lab) => {
      lab.device.powerOn();
      await lab.say('\xff\xff', 2000);
      assert.match(await lab.command('AT'), /\r\nERROR\r\n$/);
      assert.match(await lab.command('AT'), /\r\nOK\r\n$/);
    },
  );

  it('on: class D drops noise', { running: false }, async (lab) => {
    lab.device.powerOn();
    await lab.say('\xff\xff', 2000);
    assert.match(await lab.command('AT'), /\r\nOK\r\n$/);
  });
});
