import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { PacedLine } from '../../simulator/serial/paced-line';
import { busy, error, frame, it, joined, ok, words } from './lab';

/** Behavior that no recording shows: test/verification/conformance replays the recordings. */
describe('system commands', () => {
  it('end some responses with one CR LF before OK', async (lab) => {
    await lab.expect('AT+SYSRAM?', '+SYSRAM:180000,160000\r\nOK\r\n');
    await lab.hear(2000);
    await lab.expect('AT+SYSTIMESTAMP?', '+SYSTIMESTAMP:2\r\nOK\r\n');
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

  it(
    'change the baud rate behind an OK that waits for room in the transmit ring',
    { uart: new PacedLine({ hostRate: 115200 }).factory },
    async (lab) => {
      const server = await lab.open();
      const payload = 'x'.repeat(1000);
      for (let count = 0; count < 20; count++) server.send(frame(payload));
      const said = `+WS_DATA:0,1000,${payload}\r\n`.repeat(20) + ok;
      await lab.expect('AT+UART_CUR=921600,8,1,0,0', said, 5000);
    },
  );
});

describe('a restart', () => {
  it('comes 25 ms after OK, forgets settings, and joins Wi-Fi again', async (lab) => {
    await lab.open();
    await lab.command('AT+WSDATAFMT=0,0,63');
    await lab.command('AT+WSHEAD=4');
    await lab.say('A: b');
    await lab.command('AT+UART_CUR=9600,8,1,0,0');
    await lab.expect('AT+RST', ok);
    // 5 ms of the 25 have passed. The boot takes 400 ms.
    assert.deepEqual(await lab.next(), { said: '\r\nready\r\n', after: 420 });
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

  it(
    'comes 25 to 30 ms after the last byte of the OK on a slow line',
    { baud: 1200, uart: new PacedLine().factory },
    async (lab) => {
      await lab.hear(1000);
      await lab.expect('AT+RST', '', 0);
      // 14 bytes: the line, then the OK.
      const byteMs = 10_000 / 1200;
      await lab.clock.advance(14 * byteMs + 425);
      assert.equal(await lab.hear(0), ok);
      // A check of the output every 5 ms, and the first byte of "ready".
      const { said, after } = await lab.next();
      assert.equal(said, '\r');
      assert.ok(after <= 5 + byteMs + 0.01, String(after));
      assert.match(await lab.hear(1000), /^\nready\r\n/);
    },
  );

  it(
    'comes 3 s after AT+RST when the output cannot leave',
    { uart: new PacedLine({ rtsCts: false }).factory },
    async (lab) => {
      await lab.command('AT+UART_CUR=115200,8,1,0,3');
      await lab.expect('AT+RST', '', 3420);
      assert.equal(await lab.hear(20), '\r\nready\r\n');
    },
  );

  it('comes 3 s after AT+RST when the transmit ring is full', async (lab) => {
    const server = await lab.open();
    lab.device.pauseOutput();
    for (let count = 0; count < 10; count++) server.send(frame('x'.repeat(1000)));
    await lab.expect('AT+RST', '', 3500);
    lab.device.resumeOutput();
    assert.match(await lab.hear(), /\r\nready\r\n$/);
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

describe('a fault at the end of a command that restarts the device', () => {
  for (const command of ['AT+RST', 'AT+RST=0', 'AT+RESTORE']) {
    it(`restart: one restart after ${command}`, async (lab) => {
      lab.faults.inject('restart=answered,0');
      await lab.expect(command, ok);
      assert.equal((await lab.hear(5000)).match(/ready/g)?.length, 1);
    });

    it(`no power: no start after ${command} before it comes back`, async (lab) => {
      const plugIn = () => lab.device.powerOn();
      lab.faults.port = { unplug: () => lab.device.powerOff(), plugIn };
      lab.faults.inject('unplug=answered,3s');
      await lab.expect(command, '', 2995);
      assert.equal(lab.device.powered, false);
      assert.equal(await lab.hear(405), '\r\nready\r\n');
    });
  }

  it('restart: the device starts at the rate in flash after AT+UART_CUR and AT+UART_DEF', async (lab) => {
    for (const [name, rate] of [
      ['CUR', 115200],
      ['DEF', 9600],
    ] as const) {
      lab.faults.inject('restart=answered,0');
      await lab.command(`AT+UART_${name}=9600,8,1,0,0`, 5000);
      assert.match(await lab.command('AT+UART_CUR?'), new RegExp(`:${rate},`));
      await lab.command('ATE0');
    }
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

  it('off: the date does not go on, and is 1970 at each start', { running: false }, async (lab) => {
    const expectAge = async (seconds: number) =>
      assert.match(await lab.command('AT+SYSTIMESTAMP?'), new RegExp(`:${seconds}\\r\\nOK`));
    await lab.hear(600_000);
    lab.device.powerOn();
    await lab.hear(2000);
    await expectAge(2);
    lab.device.restart();
    await lab.hear(1000);
    await expectAge(1);
    lab.faults.inject('power-cycle=10s');
    await lab.hear(13_000);
    await expectAge(3);
  });

  it('on: class D drops noise', { running: false }, async (lab) => {
    lab.device.powerOn();
    await lab.say('\xff\xff', 2000);
    assert.match(await lab.command('AT'), /\r\nOK\r\n$/);
  });
});

describe('a busy simulated device', () => {
  let refused = 0;
  it(
    'calls the hook `refused` for each chunk that it refuses',
    { hooks: { refused: () => refused++ } },
    async (lab) => {
      await lab.open();
      await lab.command('AT+WSCLOSE=0');
      assert.equal(refused, 0);
      await lab.say('noise');
      await lab.say('noise');
      assert.equal(refused, 2);
    },
  );

  it('reads what the host wrote before it changed its buffer, while an echo waits', async (lab) => {
    await lab.command('ATE1');
    lab.device.pauseOutput();
    lab.device.inject(Buffer.alloc(8192));
    await lab.say('A');
    const buffer = Buffer.from('T\r\n');
    lab.device.write(buffer);
    buffer.fill('x');
    lab.device.resumeOutput();
    assert.ok((await lab.hear()).endsWith(`\0AT\r\n${ok}`));
  });

  it('prints an error code before busy p... with AT+SYSLOG=1', async (lab) => {
    await lab.command('AT+SYSLOG=1');
    await lab.expect('AT\r\nAT', `ERR CODE:0x010b0000\r\n${busy}${ok}`);
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
