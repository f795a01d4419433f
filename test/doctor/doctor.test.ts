import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  EspAtError,
  examine,
  findingInWords,
  type DoctorReport,
  type Port,
  type PortHandlers,
} from '../../driver';
import { networksAt } from '../../driver/doctor/networks';
import { openerAt } from '../../nodes/shared/device/make-device';
import { portAt } from '../../driver/port/open';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { listen } from '../../simulator/serial/server';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { openPty, whyNoPty } from '../harness/port/pty';
import { testWith } from '../harness/test-with';
import { Patient, serial, wrong } from './report';

const codes = ({ findings }: DoctorReport) => findings.map(({ code }) => code);

const testPatient = testWith(() => new Patient({ serial }));

describe('the doctor', () => {
  testPatient(
    'finds nothing wrong with a good device, tells what it is, and leaves it as it was',
    async (patient) => {
      const report = await patient.examine({ uri: 'ws://host/echo' });
      assert.deepEqual([wrong(report), report.ok], [[], true], JSON.stringify(report));
      const { baudRate, firmware, ssid, signal, rtsCtsWired, corruptLines, commandEcho } =
        report.facts;
      assert.deepEqual(
        { baudRate, firmware, ssid, signal, rtsCtsWired, corruptLines, commandEcho },
        {
          baudRate: 115_200,
          firmware: 'D',
          ssid: 'espressif',
          signal: -50,
          rtsCtsWired: true,
          corruptLines: 0,
          commandEcho: true,
        },
      );
      assert.equal(report.facts.bestBaudRate, 3_000_000);
      assert.ok((report.facts.echoServerMs ?? 0) > 0);
      const again = await patient.examine();
      assert.deepEqual([again.facts.baudRate, again.facts.commandEcho], [115_200, true]);
      assert.doesNotMatch(patient.port.text, /SYSSTORE=|UART_DEF=|CWJAP=|RST/);
    },
  );

  testPatient(
    'names a rate that another program left, and leaves the device there',
    async (patient) => {
      await patient.write('AT+UART_CUR=921600,8,1,0,1\r\n');
      assert.deepEqual(wrong(await patient.examine()), ['LEFTOVER_RATE']);
      assert.equal((await patient.examine()).facts.baudRate, 921_600);
    },
  );

  testPatient(
    'claims nothing of a restart where the device does not say the rate in its flash',
    async (patient) => {
      patient.answer('AT+UART_DEF?', '\r\nERROR\r\n');
      await patient.write('AT+UART_CUR=921600,8,1,0,1\r\n');
      assert.deepEqual(wrong(await patient.examine()), ['WRONG_RATE']);
    },
  );

  testPatient('names an echo that is on, and no echo where it is off', async (patient) => {
    assert.ok(codes(await patient.examine()).includes('ECHO_ON'));
    await patient.write('ATE0\r\n');
    const report = await patient.examine();
    assert.deepEqual([codes(report).includes('ECHO_ON'), report.facts.commandEcho], [false, false]);
  });

  for (const maxPortBaudRate of [115_200, 921_600])
    it(`returns the flow control from ${maxPortBaudRate} baud, although the first command is lost`, async () => {
      await using patient = new Patient({ serial: { ...serial, maxPortBaudRate } });
      await patient.write('AT+UART_CUR=115200,8,1,0,0\r\n');
      let sent = 0;
      patient.alterInput = (text) =>
        text === 'AT+UART_CUR=115200,8,1,0,0\r\n' && sent++ === 0 ? '' : text;
      await patient.examine();
      assert.equal(sent, 2);
      assert.equal((await patient.examine()).facts.flowControl, 'none');
    });

  testPatient('names stock firmware, with its module', async (patient) => {
    // Older firmware has no AT+CMD either.
    patient.outcome = (line) => (/^AT\+(WS|CMD\?)/.test(line) ? { kind: 'error' } : undefined);
    const report = await patient.examine();
    assert.deepEqual(wrong(report), ['STOCK_FIRMWARE']);
    assert.ok(report.facts.module);
    assert.equal(report.findings[0]?.details.module, report.facts.module);
  });

  testPatient('names firmware with WebSocket commands of its own', async (patient) => {
    patient.answer('AT+WSOPEN?', '+WSOPEN:CLOSED\r\n\r\nOK\r\n');
    assert.deepEqual(wrong(await patient.examine()), ['LOOK_ALIKE']);
  });

  testPatient('names a prompt left open, and ends it', async (patient) => {
    await patient.write('AT+WSHEAD=3000\r\n');
    assert.deepEqual(wrong(await patient.examine()), ['PROMPT_OPEN']);
    assert.deepEqual(wrong(await patient.examine()), []);
  });

  testPatient(
    'scans for networks, and says that it has ended a prompt left open, also where the scan fails',
    async (patient) => {
      const scan = () => patient.clock.wait(networksAt(patient.port, { clock: patient.hostClock }));
      await patient.write('AT+WSHEAD=3000\r\n');
      const { networks, endedPrompt } = await scan();
      assert.deepEqual([networks[0]?.ssid, endedPrompt], ['espressif', true]);
      assert.deepEqual(await scan(), { networks, endedPrompt: false });
      patient.outcome = (line) => (line === 'AT+CWLAP' ? { kind: 'error' } : undefined);
      await assert.rejects(scan(), { code: 'COMMAND_FAILED' });
      await patient.write('AT+WSHEAD=3000\r\n');
      const { error, ...failed } = await scan();
      assert.deepEqual(
        [failed, error?.code],
        [{ networks: [], endedPrompt: true }, 'COMMAND_FAILED'],
      );
    },
  );

  it('names no prompt where a board behind a bridge boots until the doctor pads', async () => {
    await using patient = new Patient({ serial: { ...serial, bridged: true } });
    let hasBooted = false;
    patient.alterInput = (text) => (hasBooted ? text : '');
    patient.clock.after(2000, () => {
      hasBooted = true;
      patient.say('\r\nready\r\n');
    });
    const report = await patient.examine();
    assert.deepEqual([wrong(report), report.facts.firmware], [[], 'D']);
  });

  it('names a port that is lost while it opens, and asks no device', async () => {
    const calls: string[] = [];
    const port: Port = {
      pendingBytes: 0,
      write: () => void calls.push('write'),
      close: async () => void calls.push('close'),
    };
    const open = async (handlers: PortHandlers) => {
      handlers.lost(new EspAtError('PORT_LOST', { port: 'gone' }));
      return port;
    };
    const report = await examine({ address: 'gone', open }, { clock: new VirtualClock() });
    assert.deepEqual([wrong(report), calls], [['PORT_LOST'], ['close']]);
  });

  it('names certificates that are not valid today, and a wrong clock', async () => {
    await using patient = new Patient({ serial, simulator: { time: () => Date.UTC(2021, 0, 1) } });
    const store = (space: string, slot: number, text: string) =>
      patient.write(
        `AT+SYSMFG=2,"${space}","${space}.${slot}",8,${text.length + 1}\r\n`,
        `${text}\0`,
      );
    await patient.write('ATE0\r\n', 'AT+CIPSNTPCFG=1,0,"time.example"\r\n');
    const authority = makeAuthority('Old CA', { to: Date.UTC(2025, 0, 1) });
    const good = makeAuthority('Good CA');
    const early = makeIdentity(good, 'early', { from: Date.UTC(2090, 0, 1) });
    await store('wss_ca', 0, authority.certificate);
    await store('wss_ca', 1, good.certificate);
    await store('wss_cert', 1, `${early.certificate}${good.certificate}`);
    await store('wss_cert', 0, 'something else');
    const report = await patient.examine();
    assert.deepEqual(wrong(report), ['CLOCK_WRONG', 'CERTIFICATE_INVALID', 'CERTIFICATE_INVALID']);
    const [clock, ...outdated] = report.findings;
    assert.match(String(clock?.details.time), /^2021-01-01T/);
    assert.deepEqual(outdated.slice(0, 2).map(findingInWords), [
      'Replace the CA in slot 0: it expired on 2025-01-01.',
      'Replace the client certificate in slot 1: it is not valid before 2090-01-01.',
    ]);
    assert.deepEqual(report.facts.certificates, [
      ...['wss_ca.0', 'wss_ca.1', 'wss_cert.0', 'wss_cert.1'],
    ]);
    assert.doesNotMatch(patient.port.text, /SYSMFG=1,"wss_key"|SYSMFG=2,/);
  });

  testPatient(
    'finds the device again after an abort in the search for its best rate',
    async (patient) => {
      const controller = new AbortController();
      let changes = 0;
      patient.outcome = (line) => {
        if (line.startsWith('AT+UART_CUR=') && ++changes === 2)
          controller.abort(new Error('enough'));
        return undefined;
      };
      await assert.rejects(patient.examine({ signal: controller.signal }), /enough/);
      const { facts } = await patient.examine();
      assert.ok((facts.baudRate ?? 0) > 115_200, String(facts.baudRate));
    },
  );

  testPatient(
    'decides in a replay of its recording as it did, the climb to its best rate included',
    async (patient) => {
      const recording = await patient.recording();
      assert.match(recording, /UART_CUR=3000000/);
      assert.equal((await replayDriver(parseDriverRecording(recording))).difference, undefined);
    },
  );

  it('refuses a wrong URI of the echo server before it opens the port', async () => {
    const opener = { address: 'closed', open: () => assert.fail('opened') };
    await assert.rejects(examine(opener, { uri: 'http://no.websocket/' }), { code: 'INVALID_URI' });
  });

  it('names a bridge over TCP, and examines what is behind it', async () => {
    const bridge = await listen({ port: 0, firmware: 'D', joined: true });
    const report = await examine(portAt(`tcp://127.0.0.1:${bridge.port}`, { rate: 115_200 }));
    await bridge.close();
    assert.deepEqual(wrong(report), []);
    assert.ok(codes(report).includes('BRIDGE'));
    assert.equal(report.facts.ssid, 'espressif');
  });
});

describe('the doctor, over a pty', { skip: whyNoPty() ?? false }, () => {
  it('names a port that another program has, and one that is not there', async () => {
    const pty = openPty();
    const opener = portAt(pty.path, { rate: 115_200 });
    const handlers = { data: () => undefined, lost: () => undefined };
    const other = await opener.open(handlers, { flowControl: false });
    assert.deepEqual(codes(await examine(opener)), ['PORT_BUSY']);
    await other.close();
    await pty.close();
    const nowhere = portAt('/dev/ttyNOWHERE', { rate: 115_200 });
    assert.deepEqual(codes(await examine(nowhere)), ['PORT_NOT_FOUND']);
  });

  it('ends at an abort, and closes the port', async () => {
    const pty = openPty();
    const opener = portAt(pty.path, { rate: 115_200 });
    const controller = new AbortController();
    const examined = examine(opener, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await assert.rejects(examined, /enough/);
    const handlers = { data: () => undefined, lost: () => undefined };
    await (await opener.open(handlers, { flowControl: false })).close();
    await pty.close();
  });
});

/** Leaves in a device a header, and a connection with a password in its URI, as another program does. */
async function leaveSecrets(patient: Patient): Promise<void> {
  const header = 'X-Key: "swordfish", 22';
  await patient.write('ATE0\r\n', `AT+WSHEAD=${header.length}\r\n`, header);
  await patient.write('AT+WSOPEN=0,"ws://bobby:hunter\\,2@host/echo"\r\n');
}

describe('secrets that another program has left in the device', () => {
  testPatient(
    'headers: the doctor clears them before it opens the echo server',
    async (patient) => {
      await leaveSecrets(patient);
      const report = await patient.examine({ uri: 'ws://host/echo' });
      assert.equal(report.ok, true, JSON.stringify(report));
      const heads = patient.server.requests.map(({ headers }) => JSON.stringify(headers));
      assert.deepEqual(
        heads.map((head) => head.includes('swordfish')),
        [true, false],
      );
    },
  );

  it('headers and URIs: the recording of the doctor has placeholders of their length, and replays', async () => {
    await using patient = new Patient({ serial, firmware: 'C' });
    // Without a list of the commands, the doctor asks for the headers.
    patient.answer('AT+CMD?', '\r\nERROR\r\n');
    await leaveSecrets(patient);
    const text = await patient.recording();
    const recording = parseDriverRecording(text);
    assert.equal((await replayDriver(recording)).difference, undefined);
    const said = recording.lines.map((line) => ('device' in line ? line.device : '')).join('');
    assert.ok(said.includes('+WSOPEN:0,2,"ws://*****:******,*@host/echo"\r\n'), said);
    assert.ok(said.includes('+WSHEAD:0,"X-Key: ,*********,,***"\r\n\r\nOK\r\n'), said);
    assert.doesNotMatch(text, /bobby|hunter|swordfish/);
  });
});

describe('the doctor, on a board that opening the port restarts', { concurrency: 4 }, () => {
  for (const bootMs of [20, 300, 1000, 3000]) {
    it(`waits for a boot of ${bootMs} ms`, async () => {
      const serial = { rate: 115_200, dtr: false, rts: false };
      const opener = openerAt(`sim:boot-${bootMs}?boot-ms=${bootMs}`, serial);
      const report = await examine(opener);
      assert.deepEqual([wrong(report), report.facts.firmware], [[], 'D']);
      assert.ok(!codes(report).includes('BRIDGE'), 'a simulated device has no bridge');
    });
  }
});
