import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { busy, error, frame, it, ok } from './lab';

describe('command lines of the simulated device', () => {
  it('echoes a command as typed and responds', { echo: true }, async (lab) => {
    await lab.expect('AT', `AT\r\n${ok}`);
    await lab.expect('at', `at\r\n${ok}`);
  });

  it('still echoes the command that switches the echo off', { echo: true }, async (lab) => {
    await lab.expect('ATE0', `ATE0\r\n${ok}`);
    await lab.expect('AT', ok);
    await lab.expect('ATE1', ok);
    await lab.expect('AT', `AT\r\n${ok}`);
  });

  it('ends a line at CR LF only, wherever the bytes were cut', { echo: true }, async (lab) => {
    assert.equal(await lab.say('AT\n'), 'AT\n');
    assert.equal(await lab.say('\r\n'), `\r\n${error}`);
    assert.equal(await lab.say('AT\r'), 'AT\r');
    assert.equal(await lab.say('\n'), `\n${ok}`);
    assert.equal(await lab.say('A'), 'A');
    assert.equal(await lab.say('T\r'), 'T\r');
    assert.equal(await lab.say('\n'), `\n${ok}`);
  });

  it('leaves NUL out of the echo, but not out of the line', { echo: true }, async (lab) => {
    await lab.expect('\x00\xff\x00\xf8AT', `\xff\xf8AT\r\n${error}`);
  });

  it('responds ERROR to noise, unknown names and stray spaces', async (lab) => {
    const lines = ['', 'HELLO', 'xxAT', 'AT+NOPE', 'AT ', 'AT+WSCLOSE =0', 'AT+CMD?x'];
    await lab.expectEach('', lines, error);
  });

  it('responds ERROR to a form that a command does not have', async (lab) => {
    const lines = ['AT+WSOPEN=?', 'AT+WSSEND?', 'AT+WSCLOSE', 'AT+WSCFG?', 'AT+GMR=1'];
    await lab.expectEach('', lines, error);
  });

  it('accepts 256 bytes with the CR LF and refuses 257', async (lab) => {
    const line = (length: number) =>
      `AT+WSOPEN=0,"ws://server.test/${'a'.repeat(length - 33)}"\r\n`;
    assert.equal(line(256).length, 256);
    assert.equal(await lab.say(line(256)), `+WS_CONNECTED:0\r\n${ok}`);
    await lab.command('AT+WSCLOSE=0', 1100);
    assert.equal(await lab.say(line(257)), error);
    assert.equal(await lab.say('y'.repeat(3000)), '');
    assert.equal(await lab.say('\r\n'), error);
    await lab.expect('AT', ok);
  });

  it('interleaves URCs with the echo of a partial command', async (lab) => {
    const server = await lab.open();
    await lab.command('ATE1');
    assert.equal(await lab.say('AT+W'), 'AT+W');
    server.send(frame('mid-line'));
    assert.equal(await lab.hear(), '+WS_DATA:0,8,mid-line\r\n');
    assert.match(await lab.command('SOPEN?'), /^SOPEN\?\r\n\+WSOPEN:0,2,/);
  });
});

describe('a busy simulated device', () => {
  it('drops bytes after a command in the same write, with one busy p...', async (lab) => {
    await lab.expect('AT\r\nAT+GMR', busy + ok);
    await lab.expect('AT\r\nAT\r\nAT+WSOPEN?', busy + ok);
    await lab.expect('\r\nAT', busy + error);
    await lab.expect('AT', ok);
  });

  it('responds busy p... once for each chunk that comes while a command runs', async (lab) => {
    await lab.open();
    await lab.expect('AT+WSCLOSE=0', '');
    await lab.expect('AT', busy);
    assert.equal(await lab.say('noise'), busy);
    assert.equal(await lab.hear(1000), ok);
    await lab.expect('AT', ok);
  });

  let refused = 0;
  it('calls the hook for each chunk', { hooks: { refused: () => refused++ } }, async (lab) => {
    await lab.open();
    await lab.command('AT+WSCLOSE=0');
    assert.equal(refused, 0);
    await lab.say('noise');
    await lab.say('noise');
    assert.equal(refused, 2);
  });

  it('restarts on AT+RST', async (lab) => {
    await lab.open();
    await lab.command('AT+WSCLOSE=0');
    await lab.expect('AT+RST', `\r\nWill force to restart!!!\r\n${ok}`);
    assert.equal((await lab.next()).said, '\r\nready\r\n');
  });

  it('accepts a command written at the instant the previous response is complete', async (lab) => {
    let answers = 0;
    lab.device.onOutput(() => {
      if (++answers < 1000) lab.device.write(Buffer.from('AT+WSOPEN?\r\n'));
    });
    lab.device.write(Buffer.from('ATE0\r\n'));
    await lab.clock.advance(1);
    assert.equal(answers, 1000);
  });
});

describe('AT+SYSLOG=1', () => {
  it('prints an error code for some failed commands, and none for others', async (lab) => {
    await lab.expect('AT+SYSLOG?', `+SYSLOG:0\r\n${ok}`);
    await lab.command('AT+SYSLOG=1');
    const codes: Readonly<Record<string, string | undefined>> = {
      'AT+NOPE': '0x01090000',
      HELLO: '0x01030000',
      'AT+WSCFG=0': '0x01080001',
      'AT+WSCFG=x,1,1': '0x01080000',
      'AT+WSCFG="0",1,1': '0x01080000',
      'AT+WSCFG=0,1,4294967296': '0x01080002',
      'AT+WSOPEN=0': '0x01080001',
      'AT+WSOPEN=0,x': '0x01080001',
      'AT+WSCFG=0,0,10': undefined,
      'AT+WSCFG=0,,10': undefined,
      'AT+WSCFG=0,1,1,1,1,1,1,1': undefined,
      'AT+WSCLOSE=5': undefined,
      'AT+WSSEND=0,1': undefined,
      'AT+WSSEND?': undefined,
      'AT+WSHEAD=-1': undefined,
      'AT+WSDATAFMT=0,9': undefined,
    };
    for (const [line, code] of Object.entries(codes)) {
      const reason = code === undefined ? '' : `ERR CODE:${code}\r\n`;
      await lab.expect(line, `${reason}${error}`);
    }
    await lab.command('AT+SYSLOG=0');
    await lab.expect('AT+NOPE', error);
  });

  it('prints an error code for busy, too', async (lab) => {
    await lab.command('AT+SYSLOG=1');
    await lab.expect('AT\r\nAT', `ERR CODE:0x010b0000\r\n${busy}${ok}`);
  });

  it('has a code for a command that only later firmware knows', { firmware: 'C' }, async (lab) => {
    await lab.command('AT+SYSLOG=1');
    await lab.expect('AT+WSDATAFMT=0,0,55', `ERR CODE:0x01090000\r\n${error}`);
  });
});
