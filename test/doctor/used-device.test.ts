import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networksAt } from '../../driver/doctor/networks';
import type { PortMemory } from '../../driver/device/options';
import { PortClaims } from '../../nodes/shared/device/port-claims';
import { PortVisits } from '../../nodes/shared/device/port-visits';
import { Hosts, RecordingUser } from '../harness/nodes/device-hosts';
import { testWith } from '../harness/test-with';
import { Patient, serial, wrong } from './report';

/** Opens the first link of the patient's Device. */
async function open({ clock, device }: Patient) {
  device.start();
  await clock.wait(device.ready());
  const [link] = device.links;
  await clock.wait(link.open({ uri: 'ws://host/echo' }));
  return link;
}

describe('the doctor, on a device that a driver has used before', () => {
  for (const firmware of ['C', 'D'] as const) {
    const testPatient = testWith(() => new Patient({ firmware, serial }));

    testPatient(
      `class ${firmware}: understands the echo in the data format of before`,
      async (patient) => {
        await open(patient);
        await patient.clock.wait(patient.device.disconnect());
        const report = await patient.examine({ uri: 'ws://host/echo' });
        assert.deepEqual(wrong(report), []);
        assert.ok(report.facts.echoServerMs !== undefined);
      },
    );
  }
});

/** Has the device delay the prompt of a message, and the Device begin a resync meanwhile. */
async function delayPrompt(patient: Patient, delay: number): Promise<void> {
  const link = await open(patient);
  patient.outcome = (line) =>
    line.startsWith('AT+WSSEND=0,16') ? { kind: 'late', delay } : undefined;
  link.send('0123456789abcdef').catch(() => undefined);
  await patient.clock.advance(10);
  patient.say('+WS_DA~A:0,5,hello\r\n');
  assert.equal(patient.device.state.name, 'resyncing');
}

describe('a Device that ends while the prompt of a message is late: no command of the next becomes payload', () => {
  const questions: readonly (readonly [
    string,
    (patient: Patient, memory: PortMemory) => Promise<unknown>,
  ])[] = [
    ['examine()', (patient, memory) => patient.examine({ memory })],
    ['networksAt()', ({ port, clock }, memory) => networksAt(port, { clock, memory })],
    [
      'an examination of the freed port',
      ({ port, clock }, memory) => {
        const visits = new PortVisits(new PortClaims(String), clock, () => memory);
        return visits.examine({ opener: port, key: '', hasAutomaticRate: false });
      },
    ],
  ];
  for (const delay of [1500, 6000])
    for (const [name, ask] of questions)
      it(`${name}, after ${delay} ms`, async () => {
        const memory: PortMemory = {};
        await using patient = new Patient({ device: { memory } });
        await delayPrompt(patient, delay);
        await patient.clock.wait(patient.device.disconnect());
        assert.equal(memory.pendingPrompt, true);
        await patient.clock.wait(ask(patient, memory));
        assert.equal(memory.pendingPrompt, false);
        assert.match(patient.received().join(), /^[\r\n]*$/);
      });

  it('an examination of the deployed device', async () => {
    const memory: PortMemory = {};
    await using patient = new Patient({ device: { memory } });
    const { clock, device, port } = patient;
    const host = new Hosts(clock, memory).host('a', () => device, port.address);
    new RecordingUser(host);
    await delayPrompt(patient, 6000);
    const report = await clock.wait(host.examine(port, new AbortController()));
    assert.deepEqual(wrong(report), []);
    assert.match(patient.received().join(), /^[\r\n]*$/);
  });

  it('examine() that an abort ends at a prompt: the memory says so', async () => {
    const memory: PortMemory = {};
    await using patient = new Patient({});
    const { clock, port } = patient;
    patient.outcome = (line) =>
      line.startsWith('AT+WSSEND') ? { kind: 'late', delay: 6000 } : undefined;
    const controller = new AbortController();
    patient.reached = (_, line) => {
      if (line.startsWith('AT+WSSEND')) controller.abort(new Error('enough'));
    };
    const { signal } = controller;
    await assert.rejects(patient.examine({ uri: 'ws://host/echo', memory, signal }), /enough/);
    assert.equal(memory.pendingPrompt, true);
    assert.equal(port.isOpen, false);
    await clock.wait(patient.examine({ memory }));
    assert.match(patient.received().join(), /^[\r\n]*$/);
  });
});
