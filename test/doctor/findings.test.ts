import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine, type DoctorOptions, type DoctorReport } from '../../driver';
import type { SimulatorOptions } from '../../simulator';
import type { Outcome } from '../../simulator/device/hooks';
import { Harness, type HarnessOptions } from '../harness/harness';

const uri = 'ws://user:hunter22@host/plain';
const serial = { baudRate: 115_200, rtsCts: true };

const wrong = ({ findings }: DoctorReport) =>
  findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);

/** Examines a device in virtual time. @param before commands of another program */
async function report(
  options: HarnessOptions,
  { before = [], ...doctor }: DoctorOptions & { readonly before?: readonly string[] } = {},
): Promise<DoctorReport & { readonly harness: Harness }> {
  const harness = new Harness(options);
  const { clock, port, simulator } = harness;
  for (const line of before) {
    simulator.write(Buffer.from(`${line}\r\n`));
    await clock.advance(1000);
  }
  const examined = await clock.wait(examine(port, { clock, ...doctor }));
  simulator.destroy();
  return { ...examined, harness };
}

/** Loses the responses to `count` commands that begin with a text, after `skipped` others. */
function losing(command: string, count: number, skipped = 0): Partial<SimulatorOptions> {
  let seen = 0;
  const outcome = (line: string): Outcome => {
    const isLost = line.startsWith(command) && ++seen > skipped && seen <= skipped + count;
    return { kind: isLost ? 'answer lost' : 'execute' };
  };
  return { hooks: { outcome } };
}

/** A server that echoes messages after a delay in milliseconds. */
function echoing(harness: Harness, delayMs: number): void {
  harness.server.behavior.onFrame = (connection, { opcode, payload }) => {
    if (opcode === 1)
      harness.clock.after(delayMs, () => connection.send({ fin: true, opcode: 1, payload }));
  };
}

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
      assert.equal(noise?.details.corrupt, 1, JSON.stringify(findings));
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
      const harness = new Harness();
      echoing(harness, delayMs);
      const { clock, port, simulator } = harness;
      const examined = await clock.wait(examine(port, { clock, uri }));
      simulator.destroy();
      assert.deepEqual(wrong(examined), codes);
      assert.equal(examined.facts.echoServerMs !== undefined, codes.length === 0);
    }
  });

  it('tells a refused message from a refused connection', async () => {
    for (const [command, code] of [
      ['AT+WSOPEN=', 'ECHO_NOT_OPEN'],
      ['AT+WSSEND=', 'ECHO_NOT_SENT'],
    ] as const) {
      const outcome = (line: string): Outcome => ({
        kind: line.startsWith(command) ? 'error' : 'execute',
      });
      const examined = await report({ simulator: { hooks: { outcome } } }, { uri });
      assert.deepEqual(wrong(examined), [code]);
    }
  });

  it('says that it did not try the echo server where all links are open', async () => {
    const before = [0, 1, 2].map((link) => `AT+WSOPEN=${link},"ws://host/plain"`);
    const { findings } = await report({}, { before, uri });
    const found = findings.find(({ code }) => code === 'ECHO_NO_LINK');
    assert.deepEqual([found?.severity, found?.details], ['warning', { uri: 'ws://host/plain' }]);
  });

  it('tries the echo server with firmware that has no Wi-Fi commands', async () => {
    const outcome = (line: string): Outcome => ({
      kind: line.startsWith('AT+CW') ? 'error' : 'execute',
    });
    const harness = new Harness({ simulator: { hooks: { outcome } } });
    echoing(harness, 10);
    const { clock, port, simulator } = harness;
    const { facts } = await clock.wait(examine(port, { clock, uri }));
    simulator.destroy();
    assert.ok((facts.echoServerMs ?? 0) >= 10);
  });

  it('names an access point that gives no address', async () => {
    const point = { ssid: 'office', password: '', dhcp: true };
    const harness = new Harness({ simulator: { wifi: [point] } });
    const { clock, port, simulator } = harness;
    point.dhcp = false;
    simulator.wifi.lose();
    simulator.wifi.recover();
    const examined = await clock.wait(examine(port, { clock }));
    simulator.destroy();
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
});
