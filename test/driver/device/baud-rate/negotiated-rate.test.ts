import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { Harness } from '../../../harness/harness';
import { testWith } from '../../../harness/test-with';
import { onRateSet } from './rate-set';

const START = 115_200;
const NEGOTIATED = 921_600;
const BOOT_MS = 400;
/** Milliseconds from power-up of the simulated device to an address. */
const BOOT_AND_JOIN_MS = 1500;
const uri = 'ws://host/plain';

/** A ready harness at the negotiated rate, with two links that are kept open. */
async function negotiatedHarness(): Promise<Harness> {
  const harness = await new Harness({
    serial: { baudRate: START },
    device: { negotiatedRate: NEGOTIATED },
    simulator: { bootMs: BOOT_MS },
  }).ready();
  assert.equal(harness.hostRate, NEGOTIATED);
  for (const id of [0, 1] as const)
    await harness.clock.wait(harness.device.links[id].open({ uri, keepOpen: true }));
  // The first pings are over.
  await harness.clock.advance(50);
  harness.linkEvents.length = 0;
  harness.events.length = 0;
  return harness;
}

const test = testWith(() => negotiatedHarness());

/** Whether both links have reopened at the negotiated rate. */
function isBack({ device, linkEvents: links, hostRate }: Harness): boolean {
  const reopened = links.filter(({ event }) => event === 'reopened').length === 2;
  return reopened && device.links[0].stateNumber === 2 && hostRate === NEGOTIATED;
}

/** From now on the host's port drops what it receives at the negotiated rate, as some do after framing errors. */
function deafen(harness: Harness): void {
  const deliver = harness.port.deliver.bind(harness.port);
  harness.port.deliver = (bytes) => {
    if (harness.hostRate !== START) return;
    harness.port.deliver = deliver;
    deliver(bytes);
  };
}

const steps = (harness: Harness): (string | undefined)[] =>
  harness.events.filter(({ event }) => event === 'resyncstep').map(({ detail }) => detail);

describe('a restart at the negotiated rate', () => {
  test('is detected from received bytes while the host sends nothing', async (harness) => {
    harness.simulator.restart();
    await harness.until(() => isBack(harness), 2000 + BOOT_AND_JOIN_MS);
    assert.ok(!harness.port.text.includes('AT+RST'));
    assert.equal(harness.events.filter(({ event }) => event === 'restart').length, 1);
    assert.equal(harness.device.statistics().restarts, 1);
  });

  it('is counted and emitted once where `ready` comes while the port changes to the start rate', async () => {
    await using harness = new Harness({
      serial: { baudRate: START },
      device: { negotiatedRate: NEGOTIATED },
      simulator: { bootMs: BOOT_MS },
    });
    const open = harness.port.open.bind(harness.port);
    let readies = 0;
    harness.port.open = async (handlers) => {
      const port = await open(handlers);
      return {
        ...port,
        setRate: async (rate) => {
          await port.setRate?.(rate);
          if (harness.device.state.name !== 'resyncing' || rate !== START) return;
          readies++;
          handlers.data(Buffer.from('\r\nready\r\n'));
        },
      };
    };
    await harness.ready();
    deafen(harness);
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name === 'resyncing', 60_000);
    await harness.until(() => harness.device.state.name === 'ready', 60_000);
    assert.equal(readies, 1);
    assert.equal(harness.events.filter(({ event }) => event === 'restart').length, 1);
    assert.equal(harness.device.statistics().restarts, 1);
  });

  for (const text of ['x', 'x'.repeat(5000)]) {
    for (const after of [0, 200, 500, 5000]) {
      test(`is detected from ${text.length} bytes sent ${after} ms later while nothing is received`, async (harness) => {
        harness.simulator.restart();
        deafen(harness);
        await harness.clock.advance(after);
        const start = harness.clock.now();
        const outcome = await harness.clock.wait(
          harness.link.send(text).then(
            () => 'sent',
            (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
          ),
        );
        assert.equal(outcome, 'not-sent');
        await harness.until(() => isBack(harness), 60_000);
        const took = harness.clock.now() - start;
        assert.ok(took < 2000 + BOOT_AND_JOIN_MS, `${took} ms`);
        assert.ok(!harness.port.text.includes('AT+RST'));
      });
    }
  }

  test('is detected in the middle of a payload', async (harness) => {
    const { simulator } = harness;
    const write = simulator.write.bind(simulator);
    const start = harness.clock.now();
    simulator.write = (bytes) => {
      write(bytes);
      if (bytes.length < 5000) return;
      simulator.write = write;
      simulator.restart();
      deafen(harness);
    };
    await assert.rejects(harness.clock.wait(harness.link.send('x'.repeat(5000))), {
      outcome: 'unknown',
    });
    await harness.until(() => isBack(harness), 60_000);
    const took = harness.clock.now() - start;
    assert.ok(took < 2000 + BOOT_AND_JOIN_MS, `${took} ms`);
  });
});

describe('at the negotiated rate, the driver detects no restart', () => {
  test('after a lost payload byte: it pads the prompt, and only the link reconnects', async (harness) => {
    const { simulator } = harness;
    const write = simulator.write.bind(simulator);
    simulator.write = (bytes) => {
      if (bytes.length !== 300) return write(bytes);
      simulator.write = write;
      write(bytes.subarray(100));
    };
    const start = harness.clock.now();
    await assert.rejects(harness.clock.wait(harness.link.send('x'.repeat(300))), {
      outcome: 'unknown',
    });
    const isReopened = () => harness.linkEvents.some(({ event }) => event === 'reopened');
    assert.ok(await harness.clock.until(isReopened, 15_000));
    assert.ok(harness.clock.now() - start < 4000, `${harness.clock.now() - start} ms`);
    assert.deepEqual(steps(harness), ['lineEnd', 'pad']);
    assert.deepEqual(
      harness.linkEvents.filter(({ link }) => link !== 0),
      [],
    );
  });

  test('after a byte of noise, or a corrupt length', async (harness) => {
    for (const noise of [Buffer.of(0xff), Buffer.from('+WS_DATA:0,2,1,9000,9000,x')]) {
      harness.events.length = 0;
      harness.simulator.inject(noise);
      await harness.clock.wait(harness.device.checkLinks());
      await harness.clock.advance(5000);
      assert.deepEqual(
        harness.events.map(({ event }) => event).filter((event) => event !== 'unknownline'),
        ['outofsync', 'resyncstep', 'insync'],
      );
    }
    assert.equal(harness.hostRate, NEGOTIATED);
    assert.deepEqual(harness.device.links[1].stateNumber, 2);
    assert.ok(!harness.linkEvents.some(({ event }) => event === 'lost'));
  });

  test('in a network name that is not ASCII', async (harness) => {
    harness.simulator.inject(Buffer.from('+CWLAP:(3,"Caf\u00e9'));
    await harness.clock.advance(100);
    harness.simulator.inject(Buffer.from('",-50,"aa:bb:cc:dd:ee:ff",6,-1,-1,5,3,0)\r\n'));
    await harness.clock.advance(5000);
    assert.deepEqual(
      harness.events.map(({ event }) => event),
      ['unknownline'],
    );
  });
});

it('a change of the rate in the initialization that takes over a resync: insync follows outofsync', async () => {
  await using harness = new Harness({
    serial: { baudRate: START },
    device: { negotiatedRate: NEGOTIATED },
  });
  let injects = true;
  onRateSet(harness, () => {
    // Before the command: the driver first tries whether the port takes the rate.
    if (injects) harness.say('+WS_DATA:0,x\r\n');
    injects = false;
  });
  await harness.ready();
  assert.equal(harness.hostRate, NEGOTIATED);
  assert.deepEqual(
    harness.events.map(({ event }) => event).filter((event) => event.endsWith('sync')),
    ['outofsync', 'insync'],
  );
});

it('a device that is lost for a while on a pty, which ignores rates, counts as no restart', async () => {
  await using harness: Harness = new Harness({
    device: {
      negotiatedRate: NEGOTIATED,
      port: {
        address: 'pty',
        rate: START,
        open: async (handlers) => ({
          ...(await harness.port.open(handlers)),
          setRate: () => Promise.resolve(),
        }),
      },
    },
  });
  await harness.ready();
  const { device } = harness;
  assert.equal(device.statistics().port.baudRate, NEGOTIATED);
  harness.alterOutput = () => '';
  device.on('resyncstep', (step) => {
    if (step === 'search') harness.alterOutput = undefined;
  });
  await assert.rejects(harness.clock.wait(device.checkLinks()));
  await harness.until(() => device.state.name === 'ready');
  assert.deepEqual(steps(harness), ['lineEnd', 'search']);
  assert.equal(device.statistics().port.baudRate, NEGOTIATED);
  assert.equal(device.statistics().restarts, 0);
  assert.deepEqual(
    harness.events.filter(({ event }) => event === 'restart'),
    [],
  );
});
