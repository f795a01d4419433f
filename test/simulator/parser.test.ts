import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inLab } from './lab';

const ok = '\r\nOK\r\n';
const error = '\r\nERROR\r\n';

describe('command lines of the simulated device', () => {
  it('echoes a command as typed and responds', () =>
    inLab({}, async (lab) => {
      assert.equal(await lab.command('AT'), `AT\r\n${ok}`);
      assert.equal(await lab.command('at'), `at\r\n${ok}`);
    }));

  it('still echoes the command that switches the echo off', () =>
    inLab({}, async (lab) => {
      assert.equal(await lab.command('ATE0'), `ATE0\r\n${ok}`);
      assert.equal(await lab.command('AT'), ok);
      assert.equal(await lab.command('ATE1'), ok);
      assert.equal(await lab.command('AT'), `AT\r\n${ok}`);
    }));

  it('ends a line at CR LF only, wherever the bytes were cut', () =>
    inLab({}, async (lab) => {
      assert.equal(await lab.say('AT\n'), 'AT\n');
      assert.equal(await lab.say('\r\n'), `\r\n${error}`);
      assert.equal(await lab.say('AT\r'), 'AT\r');
      assert.equal(await lab.say('\n'), `\n${ok}`);
      assert.equal(await lab.say('A'), 'A');
      assert.equal(await lab.say('T\r'), 'T\r');
      assert.equal(await lab.say('\n'), `\n${ok}`);
    }));

  it('leaves NUL out of the echo, but not out of the line', () =>
    inLab({}, async (lab) => {
      assert.equal(await lab.command('\x00\xff\x00\xf8AT'), `\xff\xf8AT\r\n${error}`);
    }));

  it('responds ERROR to noise, unknown names and stray spaces', () =>
    inLab({}, async (lab) => {
      for (const line of ['', 'HELLO', 'xxAT', 'AT+NOPE', 'AT ', 'AT+WSCLOSE =0', 'AT+CMD?x']) {
        assert.equal(await lab.command(line), `${line}\r\n${error}`);
      }
    }));

  it('responds ERROR to a form that a command does not have', () =>
    inLab({}, async (lab) => {
      for (const line of ['AT+WSOPEN=?', 'AT+WSSEND?', 'AT+WSCLOSE', 'AT+WSCFG?', 'AT+GMR=1']) {
        assert.equal(await lab.command(line), `${line}\r\n${error}`);
      }
    }));

  it('accepts 256 bytes with the CR LF and refuses 257', () =>
    inLab({}, async (lab) => {
      await lab.command('ATE0');
      const line = (length: number) =>
        `AT+WSOPEN=0,"ws://server.test/${'a'.repeat(length - 33)}"\r\n`;
      assert.equal(line(256).length, 256);
      assert.equal(await lab.say(line(256)), `+WS_CONNECTED:0\r\n${ok}`);
      await lab.command('AT+WSCLOSE=0', 1100);
      assert.equal(await lab.say(line(257)), error);
      assert.equal(await lab.say('y'.repeat(3000)), '');
      assert.equal(await lab.say('\r\n'), error);
      assert.equal(await lab.command('AT'), ok);
    }));

  it('interleaves URCs with the echo of a partial command', () =>
    inLab({}, async (lab) => {
      const server = await lab.open();
      await lab.command('ATE1');
      assert.equal(await lab.say('AT+W'), 'AT+W');
      server.send({ fin: true, opcode: 1, payload: Buffer.from('mid-line') });
      assert.equal(await lab.hear(), '+WS_DATA:0,8,mid-line\r\n');
      assert.match(await lab.command('SOPEN?'), /^SOPEN\?\r\n\+WSOPEN:0,2,/);
    }));
});

describe('a busy simulated device', () => {
  it('drops bytes after a command in the same write, with one busy p...', () =>
    inLab({}, async (lab) => {
      assert.equal(await lab.say('AT\r\nAT+GMR\r\n'), `AT\r\n\r\nbusy p...\r\n${ok}`);
      assert.equal(await lab.say('AT\r\nAT\r\nAT+WSOPEN?\r\n'), `AT\r\n\r\nbusy p...\r\n${ok}`);
      assert.equal(await lab.say('\r\nAT\r\n'), `\r\n\r\nbusy p...\r\n${error}`);
      assert.equal(await lab.command('AT'), `AT\r\n${ok}`);
    }));

  it('responds busy p... once for each chunk that comes while a command runs', () =>
    inLab({}, async (lab) => {
      await lab.open();
      assert.equal(await lab.command('AT+WSCLOSE=0'), '');
      assert.equal(await lab.command('AT'), '\r\nbusy p...\r\n');
      assert.equal(await lab.say('noise'), '\r\nbusy p...\r\n');
      assert.equal(await lab.hear(1000), ok);
      assert.equal(await lab.command('AT'), ok);
    }));

  it('calls the hook for each refused chunk', () => {
    let refused = 0;
    return inLab({ hooks: { refused: () => refused++ } }, async (lab) => {
      await lab.open();
      await lab.command('AT+WSCLOSE=0');
      assert.equal(refused, 0);
      await lab.say('noise');
      await lab.say('noise');
      assert.equal(refused, 2);
    });
  });

  it('restarts on AT+RST', () =>
    inLab({}, async (lab) => {
      await lab.open();
      await lab.command('AT+WSCLOSE=0');
      assert.equal(await lab.command('AT+RST'), `\r\nWill force to restart!!!\r\n${ok}`);
      assert.equal((await lab.next()).said, '\r\nready\r\n');
    }));

  it('accepts a command written at the instant the previous response is complete', () =>
    inLab({}, async (lab) => {
      let answers = 0;
      lab.device.onOutput(() => {
        if (++answers < 1000) lab.device.write(Buffer.from('AT+WSOPEN?\r\n'));
      });
      lab.device.write(Buffer.from('ATE0\r\n'));
      await lab.clock.advance(1);
      assert.equal(answers, 1000);
    }));
});

describe('AT+SYSLOG=1', () => {
  it('prints an error code for some failed commands, and none for others', () =>
    inLab({}, async (lab) => {
      await lab.command('ATE0');
      assert.equal(await lab.command('AT+SYSLOG?'), `+SYSLOG:0\r\n${ok}`);
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
        assert.equal(await lab.command(line), `${reason}${error}`, line);
      }
      await lab.command('AT+SYSLOG=0');
      assert.equal(await lab.command('AT+NOPE'), error);
    }));

  it('prints an error code for busy, too', () =>
    inLab({}, async (lab) => {
      await lab.command('ATE0');
      await lab.command('AT+SYSLOG=1');
      const busy = 'ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n';
      assert.equal(await lab.say('AT\r\nAT\r\n'), busy + ok);
    }));

  it('has a code for a command that only later firmware knows', () =>
    inLab({ firmware: 'C' }, async (lab) => {
      await lab.command('ATE0');
      await lab.command('AT+SYSLOG=1');
      assert.equal(await lab.command('AT+WSDATAFMT=0,0,55'), `ERR CODE:0x01090000\r\n${error}`);
    }));
});
