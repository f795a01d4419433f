import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networksAt } from '../../driver/doctor/networks';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import type { DoctorReport, PortMemory } from '../../driver';
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

describe('the doctor, on a device whose links were open when their program was killed', () => {
  /** Has the server send these texts on all connections, and close the last one in the end, as often as the time in ms. */
  const talk = (patient: Patient, texts: readonly string[], ms: number) => {
    let count = 0;
    const speak = () => {
      const connections = patient.server.connections.filter(({ open }) => open);
      for (const connection of connections)
        patient.serve(texts[count % texts.length] ?? '', connection);
      if (++count === 60) patient.serve('', connections.at(-1), 8);
      patient.clock.after(ms, speak);
    };
    patient.clock.after(ms, speak);
  };
  const openLinks = async (patient: Patient, links: number, format: 'short' | 'long') => {
    await patient.write('ATE0\r\n');
    for (let link = 0; link < links; link++) {
      if (format === 'long') await patient.write(`AT+WSDATAFMT=${link},0,55\r\n`);
      await patient.write(`AT+WSOPEN=${link},"ws://host/plain"\r\n`);
    }
  };
  const texts = ['hello', 'x\r\ny', '+WS_CLOSED:0', 'z'.repeat(60)];
  const ok = ['a\r\nOK\r\nb'];
  const kinds = [
    ['C', 'short', 2, texts],
    ['D', 'long', 2, texts],
    ['D', 'short', 2, texts],
    ['D', 'long', 3, texts],
    ['C', 'short', 3, ok],
    ['D', 'short', 2, ok],
  ] as const;
  for (const [firmware, format, links, said] of kinds)
    it(`takes what ${links} links say for no noise (class ${firmware}, data in the ${format} format, ${said === ok ? 'with lines OK' : 'texts'})`, async () => {
      await using patient = new Patient({ firmware, serial });
      await openLinks(patient, links, format);
      talk(patient, said, 20);
      const report = await patient.examine();
      assert.deepEqual(wrong(report), links === 3 ? ['ALL_LINKS_OPEN'] : []);
      assert.deepEqual([report.facts.corruptLines, report.facts.testLines], [0, 32]);
      assert.equal(report.facts.bestBaudRate, 3_000_000);
    });

  it('counts the one line that is corrupt, and not those of the other data format', async () => {
    await using patient = new Patient({ serial });
    await openLinks(patient, 2, 'long');
    talk(patient, texts, 20);
    let count = 0;
    patient.alterInput = (text) =>
      text.startsWith('#') && count++ === 0 ? text.replace('#', '$') : text;
    const { facts } = await patient.examine();
    assert.deepEqual([facts.corruptLines, facts.testLines], [1, 32]);
  });
});

/** Has the device delay the prompt of a message, and the Device begin a resync meanwhile. */
async function delayPrompt(patient: Patient, delay: number): Promise<void> {
  const link = await open(patient);
  let isAsked = false;
  patient.outcome = (line) => {
    if (!line.startsWith('AT+WSSEND=0,16')) return undefined;
    isAsked = true;
    return { kind: 'late', delay };
  };
  link.send('0123456789abcdef').catch(() => undefined);
  await patient.until(() => isAsked);
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
    await clock.wait(device.ready());
    const recording = parseDriverRecording(device.recording());
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('an examination behind a bridge that delays bytes by 700 ms', async () => {
    const memory: PortMemory = {};
    const bridge = { baudRate: 115_200, bridged: true, latencyMs: 700 };
    await using patient = new Patient({ device: { memory }, serial: bridge });
    await delayPrompt(patient, 1500);
    await patient.clock.wait(patient.device.disconnect());
    assert.equal(memory.pendingPrompt, true);
    const { facts } = await patient.examine({ memory });
    assert.equal(facts.firmware, 'D');
    assert.match(patient.received().join(), /^[\r\n]*$/);
  });

  const ends: readonly (readonly [
    string,
    (patient: Patient, controller: AbortController) => void,
    (examined: Promise<DoctorReport>) => Promise<void>,
  ])[] = [
    [
      'an abort',
      (_, controller) => controller.abort(new Error('enough')),
      (examined) => assert.rejects(examined, /enough/),
    ],
    [
      'a loss of the port',
      ({ port }) => port.unplug(),
      async (examined) => assert.deepEqual(wrong(await examined), ['PORT_LOST']),
    ],
  ];
  for (const [name, end, hasEnded] of ends)
    it(`examine() that ${name} ends at a prompt: the memory says so, and the Device replays`, async () => {
      const memory: PortMemory = {};
      await using patient = new Patient({ device: { memory }, serial });
      const { clock, device, port } = patient;
      device.start();
      await clock.wait(device.ready());
      await clock.wait(device.disconnect());
      patient.outcome = (line) =>
        line.startsWith('AT+WSSEND') ? { kind: 'late', delay: 6000 } : undefined;
      const controller = new AbortController();
      patient.reached = (_, line) => {
        if (!line.startsWith('AT+WSSEND')) return;
        patient.reached = () => undefined;
        end(patient, controller);
      };
      const { signal } = controller;
      await hasEnded(patient.examine({ uri: 'ws://host/echo', memory, signal }));
      assert.deepEqual(memory, { baudRate: 115_200, pendingPrompt: true });
      assert.equal(port.isOpen, false);
      port.plugIn();
      device.start();
      await clock.wait(device.ready());
      assert.match(patient.received().join(), /^[\r\n]*$/);
      const recording = parseDriverRecording(device.recording());
      assert.equal((await replayDriver(recording)).difference, undefined);
    });
});

describe('examine(), where the memory says that a prompt may be pending', () => {
  const remembered = (): PortMemory => ({ baudRate: 460_800, pendingPrompt: true });

  it('a board that opening the port restarts: finds it, and names no prompt', async () => {
    await using patient = new Patient({ serial });
    const memory = remembered();
    let hasBooted = false;
    patient.alterInput = (text) => (hasBooted ? text : '');
    patient.clock.after(2000, () => {
      hasBooted = true;
      patient.say('\r\nready\r\n');
    });
    const report = await patient.examine({ memory });
    assert.deepEqual([wrong(report), report.facts.firmware], [[], 'D']);
    assert.deepEqual(memory, { baudRate: 115_200, pendingPrompt: false });
  });

  it('a board that says no more than `ready`: the memory has no prompt', async () => {
    await using patient = new Patient({ serial });
    const memory = remembered();
    patient.alterInput = () => '';
    patient.clock.after(2000, () => patient.say('\r\nready\r\n'));
    assert.deepEqual(wrong(await patient.examine({ memory })), ['UNREADABLE']);
    assert.equal(memory.pendingPrompt, false);
  });

  it('a device with other firmware: names it', async () => {
    await using patient = new Patient({ serial });
    const memory = remembered();
    patient.outcome = (line) => (/^AT\+(?!GMR)/.test(line) ? { kind: 'error' } : undefined);
    assert.deepEqual(wrong(await patient.examine({ memory })), ['LOOK_ALIKE']);
    assert.equal(memory.pendingPrompt, true);
  });

  it('a seldom rate: the memory has it', async () => {
    await using patient = new Patient({ serial: { baudRate: 115_200 } });
    await patient.write('AT+UART_CUR=57600,8,1,0,0\r\n');
    const memory = remembered();
    await patient.examine({ memory });
    assert.deepEqual(memory, { baudRate: 57_600, pendingPrompt: false });
  });

  it('a climb to the best rate: the memory has the rate at which the device is afterwards', async () => {
    await using patient = new Patient({ serial });
    const memory = remembered();
    assert.equal((await patient.examine({ memory })).facts.bestBaudRate, 3_000_000);
    assert.deepEqual(memory, { baudRate: 115_200, pendingPrompt: false });
  });
});
