import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine } from '../../driver';
import { networksAt } from '../../driver/doctor/networks';
import type { PortOpener } from '../../driver/port/port';
import { Harness, type HarnessOptions } from '../harness/harness';

const serial = { baudRate: 115_200, rtsCts: true };

async function bestRate(options: HarnessOptions): Promise<number | undefined> {
  const harness = new Harness(options);
  const { clock, port, simulator } = harness;
  const { facts } = await clock.wait(examine(port, { clock }));
  simulator.destroy();
  assert.equal(facts.corruptLines, 0);
  return facts.bestBaudRate;
}

describe('the doctor', () => {
  for (const step of ['firmware', 'network', 'wiring'] as const)
    it(`says that a device which dies at the step ${step} does not answer, and nothing of noise`, async () => {
      const { clock, port, simulator } = new Harness({ serial });
      const onStep = (begun: string) => {
        if (begun === step) simulator.powerOff();
      };
      const { findings } = await clock.wait(examine(port, { clock, onStep }));
      simulator.destroy();
      const errors = findings.filter(({ severity }) => severity !== 'note');
      assert.deepEqual(
        errors.map(({ code, details }) => [code, details]),
        [['DEVICE_UNRESPONSIVE', { port: 'memory' }]],
      );
    });

  it('tells the best baud rate, but not where the device is too slow or does not say its rate', async () => {
    assert.equal(await bestRate({ serial }), 3_000_000);
    assert.equal(await bestRate({ serial: { ...serial, latencyMs: 60 } }), undefined);
    const outcome = (line: string) =>
      ({ kind: line === 'AT+UART_CUR?' ? 'error' : 'execute' }) as const;
    assert.equal(await bestRate({ serial, simulator: { hooks: { outcome } } }), undefined);
  });
});

describe('networksAt()', () => {
  it('says that a board which answers AT, but no query of ESP-AT, has unknown firmware', async () => {
    const modem: PortOpener = {
      address: 'modem',
      open: (handlers) =>
        Promise.resolve({
          pendingBytes: 0,
          write: (bytes) => {
            for (const line of Buffer.from(bytes).toString().split('\r\n').slice(0, -1)) {
              const isGood = line === 'AT' || line === 'AT+GMR';
              setImmediate(() => handlers.data(Buffer.from(isGood ? 'OK\r\n' : 'ERROR\r\n')));
            }
          },
          close: () => Promise.resolve(),
        }),
    };
    await assert.rejects(networksAt(modem), { code: 'FIRMWARE_UNKNOWN' });
  });
});
