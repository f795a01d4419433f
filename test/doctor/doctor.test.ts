import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine, findingInWords, type DoctorReport } from '../../driver';
import { openerAt } from '../../nodes/shared/device/make-device';
import { portAt } from '../../driver/port/open';
import { DeviceRecorder } from '../../driver/recorder/device-recorder';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { listen } from '../../simulator/serial/server';
import { startPathServer } from '../harness/network/path-server';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { openPty, whyNoPty } from '../harness/port/pty';
import { answering, Patient } from './patient';
import { wrong } from './report';

const codes = ({ findings }: DoctorReport) => findings.map(({ code }) => code);

describe('the doctor, over a pty', { skip: whyNoPty() ?? false, concurrency: 4 }, () => {
  it('finds nothing wrong with a good device, tells what it is, and leaves it as it was', async () => {
    await using patient = new Patient();
    const server = await startPathServer();
    const uri = `${server.url}/echo`;
    const report = await examine(patient.opener, { uri }).finally(() => server.close());
    assert.deepEqual(wrong(report), [], JSON.stringify(report));
    assert.equal(report.ok, true);
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
    const again = await examine(patient.opener);
    assert.deepEqual([again.facts.baudRate, again.facts.commandEcho], [115_200, true]);
    assert.doesNotMatch(patient.written, /SYSSTORE=|UART_DEF=|CWJAP=|RST/);
  });

  it('names a rate that another program left, and leaves the device there', async () => {
    await using patient = new Patient();
    await patient.runFromOtherProgram('AT+UART_CUR=921600,8,1,0,1');
    const report = await examine(patient.opener);
    assert.deepEqual(wrong(report), ['LEFTOVER_RATE']);
    assert.equal((await examine(patient.opener)).facts.baudRate, 921_600);
  });

  it('claims nothing of a restart where the device does not say the rate in its flash', async () => {
    await using patient = new Patient({
      input: answering('AT+UART_DEF?', '\r\nERROR\r\n'),
    });
    await patient.runFromOtherProgram('AT+UART_CUR=921600,8,1,0,1');
    assert.deepEqual(wrong(await examine(patient.opener)), ['WRONG_RATE']);
  });

  it('names an echo that is on, and no echo where it is off', async () => {
    await using patient = new Patient();
    assert.ok(codes(await examine(patient.opener)).includes('ECHO_ON'));
    await patient.runFromOtherProgram('ATE0');
    assert.ok(!codes(await examine(patient.opener)).includes('ECHO_ON'));
    assert.equal((await examine(patient.opener)).facts.commandEcho, false);
  });

  it('names stock firmware, with its module', async () => {
    await using patient = new Patient({
      // Older firmware has no AT+CMD either.
      input: answering('AT+CMD?', '\r\nERROR\r\n'),
      simulator: {
        hooks: {
          outcome: (line) => ({ kind: line.startsWith('AT+WS') ? 'error' : 'execute' }),
        },
      },
    });
    const report = await examine(patient.opener);
    assert.deepEqual(wrong(report), ['STOCK_FIRMWARE']);
    assert.ok(report.facts.module);
    assert.equal(report.findings[0]?.details.module, report.facts.module);
  });

  it('names firmware with WebSocket commands of its own', async () => {
    await using patient = new Patient({
      input: answering('AT+WSOPEN?', '+WSOPEN:CLOSED\r\n\r\nOK\r\n'),
    });
    assert.deepEqual(wrong(await examine(patient.opener)), ['LOOK_ALIKE']);
  });

  it('names a modem that answers AT, but no query of ESP-AT', async () => {
    const pty = openPty((chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        const isVersion = line === 'AT+GMR';
        const isGood = isVersion || line === 'AT';
        pty.write(
          Buffer.from(`${isVersion ? 'SIM7600 V1\r\n' : ''}${isGood ? 'OK' : 'ERROR'}\r\n`),
        );
      }
    });
    const report = await examine(portAt(pty.path, { rate: 115_200 }));
    await pty.close();
    assert.deepEqual(wrong(report), ['LOOK_ALIKE']);
    assert.equal(report.findings[0]?.details.version, 'SIM7600 V1');
  });

  it('names a port that another program has, and one that is not there', async () => {
    await using patient = new Patient();
    const handlers = { data: () => undefined, lost: () => undefined };
    const other = await portAt(patient.pty.path, { rate: 115_200 }).open(handlers, {
      flowControl: false,
    });
    assert.deepEqual(codes(await examine(patient.opener)), ['PORT_BUSY']);
    await other.close();
    const nowhere = portAt('/dev/ttyNOWHERE', { rate: 115_200 });
    assert.deepEqual(codes(await examine(nowhere)), ['PORT_NOT_FOUND']);
  });

  it('names a prompt left open, and ends it', async () => {
    await using patient = new Patient();
    await patient.runFromOtherProgram('AT+WSHEAD=3000');
    assert.deepEqual(wrong(await examine(patient.opener)), ['PROMPT_OPEN']);
    assert.deepEqual(wrong(await examine(patient.opener)), []);
  });

  it('names certificates that are not valid today, and a wrong clock', async () => {
    await using patient = new Patient({ simulator: { time: () => Date.UTC(2021, 0, 1) } });
    await patient.runFromOtherProgram('ATE0', 'AT+CIPSNTPCFG=1,0,"time.example"');
    const authority = makeAuthority('Old CA', { to: Date.UTC(2025, 0, 1) });
    const good = makeAuthority('Good CA');
    const early = makeIdentity(good, 'early', { from: Date.UTC(2090, 0, 1) });
    await patient.store('wss_ca', 0, authority.certificate);
    await patient.store('wss_ca', 1, good.certificate);
    await patient.store('wss_cert', 1, `${early.certificate}${good.certificate}`);
    await patient.store('wss_cert', 0, 'something else');
    const report = await examine(patient.opener);
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
    assert.doesNotMatch(patient.written, /SYSMFG=1,"wss_key"|SYSMFG=2,/);
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

  it('finds the device again after an abort in the search for its best rate', async () => {
    let controller = new AbortController();
    let changes = 0;
    await using patient = new Patient({
      input: (bytes) => {
        if (bytes.includes('AT+UART_CUR=') && ++changes === 2)
          controller.abort(new Error('enough'));
        return false;
      },
    });
    // On a busy machine the search may end before its second change, which raises the rate.
    do {
      changes = 0;
      controller = new AbortController();
      await examine(patient.opener, { signal: controller.signal }).catch((error: unknown) =>
        assert.match(String(error), /enough/),
      );
    } while (!controller.signal.aborted);
    const { facts } = await examine(patient.opener);
    assert.ok((facts.baudRate ?? 0) > 115_200, String(facts.baudRate));
  });

  it('decides in a replay of its recording as it did, the climb to its best rate included', async () => {
    await using patient = new Patient();
    const recorder = new DeviceRecorder({ port: patient.opener }, 4 * 1024 * 1024);
    recorder.called('examine');
    const { facts } = await examine(recorder.port, { clock: recorder.clock });
    assert.equal(facts.bestBaudRate, 3_000_000);
    const recording = parseDriverRecording(recorder.text('doctor', undefined));
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

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
