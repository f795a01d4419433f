import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine } from '../../driver';
import { networksAt } from '../../driver/doctor/networks';
import type { Outcome } from '../../simulator/device/hooks';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { simulatedPort } from '../../simulator';
import { Patient, report, serial, wrong } from './report';

/** Loses the responses to the commands that `isLost` names. */
const losing = (isLost: (line: string) => boolean) => ({
  hooks: {
    outcome: (line: string): Outcome => ({ kind: isLost(line) ? 'answer lost' : 'execute' }),
  },
});

const bridged = (latencyMs: number) => ({ baudRate: 115_200, bridged: true, latencyMs });

/** Stores texts of so many bytes as certificates. */
async function storeCertificates(patient: Patient, bytes = 2000): Promise<void> {
  await patient.write('ATE0\r\n');
  for (const store of ['wss_ca', 'wss_cert'])
    for (const slot of [0, 1])
      await patient.write(
        `AT+SYSMFG=2,"${store}","${store}.${slot}",8,${bytes}\r\n`,
        'x'.repeat(bytes),
      );
}

/** Has the device store a network that is not in reach. */
async function leaveNetwork(patient: Patient): Promise<void> {
  await patient.write('AT+CWMODE=1\r\n', 'AT+CWJAP="away","password"\r\n');
  await patient.clock.advance(30_000);
}

const openPrompt = (patient: Patient) => patient.write('AT+WSHEAD=500\r\n');

describe('the doctor, within the 60 s of a dialog', () => {
  const states: readonly (readonly [
    state: string,
    codes: readonly string[],
    corruptLines: number | undefined,
    ...prepare: readonly ((patient: Patient) => Promise<void>)[],
  ])[] = [
    ['certificates of 3600 bytes', [], 0, (patient) => storeCertificates(patient, 3600)],
    ['a network out of reach', ['WIFI_NOT_FOUND'], 0, storeCertificates, leaveNetwork],
    ['an open prompt', ['PROMPT_OPEN'], 0, storeCertificates, openPrompt],
    [
      'an open prompt and a network out of reach',
      ['WIFI_NOT_FOUND', 'PROMPT_OPEN'],
      undefined,
      storeCertificates,
      leaveNetwork,
      openPrompt,
    ],
  ];
  for (const [state, codes, lines, ...prepare] of states)
    it(`${state}, behind a bridge of 700 ms each way: ${lines === 0 ? 'tells no certificates' : 'tells neither certificates nor corrupt lines'}`, async () => {
      await using patient = new Patient({ serial: bridged(700) });
      for (const each of prepare) await each(patient);
      const start = patient.clock.now();
      const report = await patient.examine();
      const { certificates, corruptLines } = report.facts;
      assert.deepEqual([wrong(report), certificates, corruptLines], [codes, undefined, lines]);
      const ms = patient.clock.now() - start;
      assert.ok(ms < 55_000, `${ms} ms`);
    });

  it('a simulated device, which boots as its port opens: finds it within 5 s, because it is behind no bridge', async () => {
    const clock = new VirtualClock();
    let found = Infinity;
    const report = await clock.wait(
      examine(simulatedPort('sim:quick', { clock }), {
        clock,
        onStep: (step) => {
          if (step === 'firmware') found = clock.now();
        },
      }),
    );
    assert.deepEqual(wrong(report), []);
    assert.ok(found < 5000, `${found} ms`);
  });

  it('a bridge without a device, where a prompt may be pending: names it, and has tried all', async () => {
    await using patient = new Patient({ serial: bridged(20) });
    patient.alterInput = () => '';
    const report = await patient.examine({ memory: { pendingPrompt: true } });
    assert.deepEqual(wrong(report), ['NO_ANSWER_BRIDGE']);
    const { clock } = patient;
    assert.ok(clock.now() < 49_000, `${clock.now()} ms`);
  });

  for (const [port, code] of [
    ['a bridge', 'NO_ANSWER_BRIDGE'],
    ['a serial port', 'UNREADABLE'],
  ] as const)
    it(`${port} that is never idle, without a response: names it`, async () => {
      await using patient = new Patient({
        serial: { ...bridged(20), bridged: port === 'a bridge' },
      });
      patient.alterInput = () => '';
      const flood = () => {
        patient.say(`${'log '.repeat(28)}\r\n`);
        patient.clock.after(9, flood);
      };
      flood();
      const report = await patient.examine();
      assert.deepEqual(wrong(report), [code]);
      const { clock } = patient;
      assert.ok(clock.now() < 55_000, `${clock.now()} ms`);
    });

  for (const latencyMs of [800, 2000])
    it(`networksAt() scans behind a bridge of ${latencyMs} ms each way, too slow for an examination`, async () => {
      await using patient = new Patient({ serial: bridged(latencyMs) });
      const { clock, hostClock, port } = patient;
      const { networks } = await clock.wait(networksAt(port, { clock: hostClock }));
      assert.equal(networks[0]?.ssid, 'espressif');
      assert.ok(clock.now() < 55_000, `${clock.now()} ms`);
    });
});

describe('the doctor, where responses come late or not', () => {
  for (const latencyMs of [150, 500, 700])
    it(`reads each response at the command that it belongs to, behind a bridge of ${latencyMs} ms each way`, async () => {
      const examined = await report({ serial: bridged(latencyMs) });
      const { commandEcho, corruptLines, firmware, roundTripMs = 0, version } = examined.facts;
      assert.deepEqual(wrong(examined), []);
      assert.deepEqual([commandEcho, corruptLines, firmware], [true, 0, 'D']);
      assert.ok(version);
      assert.ok(roundTripMs >= 2 * latencyMs, `${roundTripMs} ms`);
    });

  for (const latencyMs of [800, 1000, 1200, 1500, 2500, 4000])
    it(`names a bridge of ${latencyMs} ms each way as slow, within 30 s`, async () => {
      const examined = await report({ serial: bridged(latencyMs) });
      assert.deepEqual(wrong(examined), ['SLOW_BRIDGE']);
      const { clock } = examined.harness;
      assert.ok(clock.now() < 30_000, `${clock.now()} ms`);
    });

  for (const pauseMs of [2000, 6000])
    it(`does not call a bridge slow that pauses once for ${pauseMs} ms`, async () => {
      await using patient = new Patient({ serial: bridged(20) });
      let held = '';
      let isPaused = true;
      patient.alterInput = (text) => {
        if (!isPaused) return text;
        held += text;
        return '';
      };
      patient.clock.after(pauseMs, () => {
        isPaused = false;
        patient.simulator.write(Buffer.from(held));
      });
      const examined = await patient.examine();
      assert.deepEqual([wrong(examined), examined.facts.firmware], [[], 'D']);
    });

  it('does not call a bridge slow that pauses at the last of three echoes, of which two came corrupt', async () => {
    await using patient = new Patient({ serial: bridged(400) });
    const deliver = patient.port.deliver.bind(patient.port);
    let echoes = 0;
    patient.alterInput = (text) => {
      if (text !== 'AT\r\n' || ++echoes !== 3) return text;
      patient.clock.after(3000, () => patient.simulator.write(Buffer.from(text)));
      return '';
    };
    patient.port.deliver = (bytes) => {
      const text = bytes.toString('latin1');
      deliver(Buffer.from(echoes < 3 ? text.replace('AT\r', '?T\r') : text, 'latin1'));
    };
    const examined = await patient.examine();
    assert.deepEqual([wrong(examined), examined.facts.firmware], [[], 'D']);
  });

  it('reads long certificates behind a bridge of 700 ms each way within the time limit of the dialog', async () => {
    await using patient = new Patient({ serial: bridged(700) });
    await storeCertificates(patient);
    const start = patient.clock.now();
    const { facts } = await patient.examine();
    assert.equal(facts.certificates?.length, 4);
    const ms = patient.clock.now() - start;
    assert.ok(ms < 55_000, `${ms} ms`);
  });

  it('names a port that is lost while it waits for an echo, and not the server', async () => {
    await using patient = new Patient({ serial });
    patient.server.behavior.onFrame = () => patient.clock.after(1000, () => patient.port.unplug());
    assert.deepEqual(wrong(await patient.examine({ uri: 'ws://host/plain' })), ['PORT_LOST']);
  });

  it('does not say which slots hold certificates where a response is lost', async () => {
    const { facts } = await report({ serial });
    assert.deepEqual(facts.certificates, []);
    const simulator = losing((line) => line.startsWith('AT+SYSMFG=1,"wss_cert","wss_cert.1"'));
    const lost = await report({ serial: { ...serial, latencyMs: 60 }, simulator });
    assert.deepEqual([lost.facts.certificates, lost.facts.corruptLines], [undefined, 0]);
    assert.deepEqual(wrong(lost), []);
    assert.ok((lost.facts.testLines ?? 0) > 0);
    assert.ok(lost.facts.roundTripMs !== undefined);
  });

  it('does not say which slots hold certificates where a response is corrupt', async () => {
    await using patient = new Patient({ serial });
    const deliver = patient.port.deliver.bind(patient.port);
    const head = '+SYSMFG:"wss_ca"';
    await patient.write('AT+SYSMFG=2,"wss_ca","wss_ca.0",8,5\r\n', 'text\0');
    let count = 0;
    patient.port.deliver = (bytes) => {
      const text = bytes.toString('latin1');
      count += text.split(head).length - 1;
      deliver(Buffer.from(text.replace(head, '?SYSMFG:"wss_ca"'), 'latin1'));
    };
    const { facts } = await patient.examine();
    assert.deepEqual([facts.certificates, count], [undefined, 1]);
  });

  it('names noise where it has to restart the device', async () => {
    let isLost = false;
    const simulator = losing((line) => {
      isLost ||= line.startsWith('AT+GMR');
      return isLost && line !== 'AT+RST';
    });
    assert.deepEqual(wrong(await report({ serial, simulator })), ['NOISE', 'DEVICE_RESTARTED']);
  });

  it('does not restart a silent device at a rate that another program left: nothing would hear it there', async () => {
    await using patient = new Patient({ serial });
    await patient.write('AT+UART_CUR=921600,8,1,0,1\r\n');
    let isSilent = false;
    patient.alterInput = (text) => {
      isSilent ||= text.startsWith('AT+CWSTATE?');
      return isSilent && !text.startsWith('AT+RST') ? '' : text;
    };
    const memory = {};
    assert.deepEqual(wrong(await patient.examine({ memory })), [
      'DEVICE_UNRESPONSIVE',
      'LEFTOVER_RATE',
    ]);
    assert.equal(patient.count('AT+RST'), 0);
    isSilent = false;
    patient.alterInput = undefined;
    assert.deepEqual(wrong(await patient.examine({ memory })), ['LEFTOVER_RATE']);
  });

  for (const corruptEchoes of [1, 3])
    it(`leaves an echo on of which ${corruptEchoes} came corrupt`, async () => {
      await using patient = new Patient({ serial });
      let count = 0;
      const echo = /(^|\n)AT\r/;
      const deliver = patient.port.deliver.bind(patient.port);
      patient.port.deliver = (bytes) => {
        const text = bytes.toString('latin1');
        const isEcho = echo.test(text) && count++ < corruptEchoes;
        deliver(isEcho ? Buffer.from(text.replace(echo, '$1A?\r'), 'latin1') : bytes);
      };
      const { facts } = await patient.examine();
      assert.equal(facts.commandEcho, true);
    });
});
