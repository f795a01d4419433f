import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { networksAt } from '../../driver/doctor/networks';
import type { PortOpener } from '../../driver/port/port';
import { examine, type DoctorReport } from '../../driver';
import type { SimulatorOptions } from '../../simulator';
import type { Outcome } from '../../simulator/device/hooks';
import type { Harness, HarnessOptions } from '../harness/harness';
import { errors, report, serial, wrong } from './report';

const uri = 'ws://user:hunter22@host/plain';

/** Loses the responses to `count` commands that begin with a text, after `skipped` others. */
function losing(command: string, count: number, skipped = 0): Partial<SimulatorOptions> {
  let seen = 0;
  const outcome = (line: string): Outcome => {
    const isLost = line.startsWith(command) && ++seen > skipped && seen <= skipped + count;
    return { kind: isLost ? 'answer lost' : 'execute' };
  };
  return { hooks: { outcome } };
}

/** Makes the server echo messages after a delay in milliseconds. */
const echoing =
  (delayMs: number) =>
  ({ clock, server }: Harness): void => {
    server.behavior.onFrame = (connection, { opcode, payload }) => {
      if (opcode === 1)
        clock.after(delayMs, () => connection.send({ fin: true, opcode: 1, payload }));
    };
  };

/** Has the device join its network again. */
function rejoin({ simulator }: Harness): void {
  simulator.wifi.lose();
  simulator.wifi.recover();
}

/** Refuses the commands that begin with a text. */
const refusing = (command: string): Partial<SimulatorOptions> => ({
  hooks: { outcome: (line) => ({ kind: line.startsWith(command) ? 'error' : 'execute' }) },
});

describe('the doctor, in virtual time', () => {
  for (const [step, command] of [
    ['the wiring', 'ATE1'],
    ['the best rate', 'AT+UART_CUR?'],
    ['the network', 'AT+CWSTATE?'],
  ] as const) {
    it(`reports noise where a lost response ends the step of ${step}`, async () => {
      const skipped = command === 'AT+UART_CUR?' ? 1 : 0;
      const { ok, findings, harness } = await report({
        serial,
        simulator: losing(command, 3, skipped),
      });
      assert.equal(ok, false);
      const noise = findings.find(({ code }) => code === 'NOISE');
      assert.deepEqual(noise?.details, { rate: 115_200, corrupt: 1 }, JSON.stringify(findings));
      assert.equal(harness.hostRate, 115_200);
    });
  }

  for (const [what, command, count, skipped] of [
    ['the end of a climb', 'ATE0', 3, 0],
    ['the return to its baud rate', 'AT+UART_CUR=115200,8,1,0,1', 1, 0],
  ] as const) {
    it(`returns the device to its baud rate and echo where it loses a response at ${what}`, async () => {
      const { harness, facts } = await report({
        serial,
        simulator: losing(command, count, skipped),
      });
      assert.deepEqual([facts.commandEcho, harness.hostRate], [true, 115_200]);
      const rates = [...harness.port.text.matchAll(/UART_CUR=(\d+),8,1,0,(\d)/g)];
      assert.deepEqual(rates.at(-1)?.slice(1), ['115200', '1']);
      assert.match(harness.port.text, /ATE1\r\n$/);
    });
  }

  for (const baudRate of [115_200, 9600])
    it(`goes on after a silence of 2 s, with the port set to ${baudRate} baud`, async () => {
      const prepare = (harness: Harness) => {
        let silentUntil = Infinity;
        harness.alterInput = (text) => {
          if (text === 'AT+CMD?\r\n')
            silentUntil = Math.min(silentUntil, harness.clock.now() + 2000);
          const isSilent = silentUntil !== Infinity && harness.clock.now() < silentUntil;
          return isSilent ? '' : text;
        };
      };
      const examined = await report({ serial: { ...serial, baudRate } }, { prepare });
      assert.deepEqual(wrong(examined), baudRate === 9600 ? ['WRONG_RATE'] : []);
      assert.equal(examined.facts.firmware, 'D');
    });

  for (const [command, before, version, bestBaudRate] of [
    ['ATE1', ['ATE0'], '4.2.0.0-dev', undefined],
    ['AT+GMR', [], undefined, 3_000_000],
  ] as const)
    it(`goes on where the device refuses ${command}, and names it once`, async () => {
      const outcome = (line: string): Outcome => ({ kind: line === command ? 'error' : 'execute' });
      const examined = await report({ serial, simulator: { hooks: { outcome } } }, { before });
      const { facts, findings } = examined;
      assert.deepEqual(wrong(examined), ['COMMAND_FAILED'], JSON.stringify(findings));
      assert.equal(findings[0]?.details.command, command);
      assert.deepEqual([facts.version, facts.bestBaudRate], [version, bestBaudRate]);
    });

  it('tells nothing about RTS and CTS where the port has none, or the device does not drive RTS', async () => {
    const isAbout = ({ findings, facts }: DoctorReport) => [
      findings.some(({ code }) => code === 'RTS_CTS_NOT_WIRED'),
      facts.rtsCtsWired,
    ];
    const wires = { baudRate: 115_200 };
    assert.deepEqual(isAbout(await report({ serial: wires })), [false, undefined]);
    const before = ['AT+UART_CUR=115200,8,1,0,0'];
    assert.deepEqual(isAbout(await report({ serial }, { before })), [false, undefined]);
    const unwired = { ...serial, rtsCts: false };
    assert.deepEqual(isAbout(await report({ serial: unwired })), [true, false]);
  });

  it('waits 5 s for an echo from the end of its send, also where the link opens at once', async () => {
    for (const [delayMs, codes] of [
      [4900, []],
      [5200, ['ECHO_NOT_BACK']],
    ] as const) {
      const examined = await report({}, { prepare: echoing(delayMs), uri });
      assert.deepEqual(wrong(examined), codes);
      assert.equal(examined.facts.echoServerMs !== undefined, codes.length === 0);
    }
  });

  it('tells a refused message from a refused connection', async () => {
    for (const [command, code] of [
      ['AT+WSOPEN=', 'ECHO_NOT_OPEN'],
      ['AT+WSSEND=', 'ECHO_NOT_SENT'],
    ] as const) {
      assert.deepEqual(wrong(await report({ simulator: refusing(command) }, { uri })), [code]);
    }
  });

  it('says that it could not identify the firmware or try a server where all links are open', async () => {
    const before = [0, 1, 2].map((link) => `AT+WSOPEN=${link},"ws://host/plain"`);
    for (const more of [{}, { uri }]) {
      const examined = await report({}, { before, ...more });
      assert.deepEqual([wrong(examined), examined.facts.firmware], [['ALL_LINKS_OPEN'], undefined]);
    }
  });

  it('tries the echo server with firmware that has no Wi-Fi commands', async () => {
    const options = { prepare: echoing(10), uri };
    const { facts } = await report({ simulator: refusing('AT+CW') }, options);
    assert.ok((facts.echoServerMs ?? 0) >= 10);
  });

  it('reports no missing address where the device refuses the question for it', async () => {
    const examined = await report({ simulator: refusing('AT+CIPSTA?') });
    assert.deepEqual([wrong(examined), examined.facts.address], [[], undefined]);
  });

  it('names an access point that gives no address', async () => {
    const point = { ssid: 'office', password: '', dhcp: true };
    const prepare = (harness: Harness) => {
      point.dhcp = false;
      rejoin(harness);
    };
    const examined = await report({ simulator: { wifi: [point] } }, { prepare });
    assert.deepEqual(wrong(examined), ['WIFI_NO_ADDRESS']);
  });

  it('names an unset clock also west of UTC, where it shows 1969', async () => {
    const { findings } = await report(
      { simulator: { time: () => undefined } },
      { before: ['AT+CIPSNTPCFG=1,-8'] },
    );
    const codes = findings.map(({ code }) => code);
    assert.ok(codes.includes('CLOCK_UNSET') && !codes.includes('CLOCK_WRONG'), String(codes));
  });

  it('blames neither clock nor certificates on a host that does not know the date yet', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 60_000 });
    const { findings } = await report(
      { simulator: { time: () => Date.UTC(2026, 10, 24) } },
      { before: ['AT+CIPSNTPCFG=1,0'] },
    );
    assert.deepEqual(
      findings.map(({ code }) => code).filter((code) => /CLOCK|CERTIFICATE/.test(code)),
      [],
    );
  });

  for (const step of ['firmware', 'network', 'wiring'] as const)
    it(`says that a device which dies at the step ${step} does not answer, and nothing of noise`, async () => {
      let powerOff = (): void => undefined;
      const examined = await report(
        { serial },
        {
          prepare: ({ simulator }) => (powerOff = () => simulator.powerOff()),
          onStep: (begun) => {
            if (begun === step) powerOff();
          },
        },
      );
      assert.deepEqual(
        errors(examined).map(({ code, details }) => [code, details]),
        [['DEVICE_UNRESPONSIVE', { port: 'memory' }]],
      );
    });

  it('climbs again where the device has restarted in a climb', async () => {
    let isFirst = true;
    const outcome = (line: string): Outcome => {
      const restarts = isFirst && line.startsWith('AT+UART_CUR=921600');
      if (restarts) isFirst = false;
      return { kind: restarts ? 'restart' : 'execute' };
    };
    const { facts } = await report({ serial, simulator: { hooks: { outcome } } });
    assert.equal(facts.bestBaudRate, 3_000_000);
  });

  it('tells the best baud rate, but not where the device is too slow or does not say its rate', async () => {
    const bestRate = async (options: HarnessOptions) => {
      const { facts } = await report(options);
      assert.equal(facts.corruptLines, 0);
      return facts.bestBaudRate;
    };
    assert.equal(await bestRate({ serial }), 3_000_000);
    assert.equal(await bestRate({ serial: { ...serial, latencyMs: 60 } }), undefined);
    assert.equal(await bestRate({ serial, simulator: refusing('AT+UART_CUR?') }), undefined);
  });
});

/** Milliseconds in which the doctor names a state. */
const LIMIT_MS = 20_000;

const stored = { ssid: 'espressif', password: 'the old one' };
const states: readonly (readonly [
  state: string,
  finding: readonly [code: string, details?: object] | undefined,
  options: HarnessOptions,
  prepare?: (harness: Harness) => void,
])[] = [
  ['a good device', undefined, { serial }],
  [
    'a wrong rate',
    ['WRONG_RATE', { found: 115_200, set: 9600 }],
    { serial: { ...serial, baudRate: 9600 } },
  ],
  ['nothing behind the port', ['NO_ANSWER'], { serial, simulator: { output: () => undefined } }],
  ['a device without Wi-Fi', ['WIFI_NOT_JOINED'], { serial, simulator: { joined: false } }],
  [
    'a wrong password, which the device has stored',
    ['WIFI_PASSWORD', { ssid: 'espressif' }],
    { serial, simulator: { wifi: [stored] } },
    (harness) => {
      stored.password = 'the new one';
      rejoin(harness);
    },
  ],
  ['noise', ['NOISE'], { serial: { ...serial, corruption: () => 0.001 } }],
];
for (const [state, finding, options, prepare] of states) {
  it(`the doctor names ${state} within 20 s`, async () => {
    const examined = await report(options, prepare && { prepare });
    const { clock, hostClock } = examined.harness;
    const [first] = errors(examined);
    const [code, details] = finding ?? [];
    assert.equal(first?.code, code);
    if (details) assert.deepEqual(first?.details, details);
    assert.ok(clock.now() < LIMIT_MS, `${clock.now()} ms`);
    assert.equal(hostClock.pending, 0, 'timers are left');
  });
}

/** A board that answers AT, but no query of ESP-AT. */
const modem = (clock: VirtualClock): PortOpener => ({
  address: 'modem',
  open: (handlers) =>
    Promise.resolve({
      pendingBytes: 0,
      write: (bytes) => {
        for (const line of Buffer.from(bytes).toString().split('\r\n').slice(0, -1)) {
          const version = line === 'AT+GMR' ? 'SIM7600 V1\r\n' : '';
          const said = line === 'AT' || version ? `${version}OK\r\n` : 'ERROR\r\n';
          clock.after(1, () => handlers.data(Buffer.from(said)));
        }
      },
      close: () => Promise.resolve(),
    }),
});

it('the doctor and networksAt() name a board that answers AT, but no query of ESP-AT', async () => {
  const clock = new VirtualClock();
  const examined = await clock.wait(examine(modem(clock), { clock }));
  assert.deepEqual(wrong(examined), ['LOOK_ALIKE']);
  assert.equal(examined.findings[0]?.details.version, 'SIM7600 V1');
  const scan = networksAt(modem(clock), { clock });
  await assert.rejects(clock.wait(scan), { code: 'FIRMWARE_UNKNOWN' });
});
