import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { World } from '../../harness/harness';

const USUAL = 115_200;
const RAISED = 921_600;
const BOOT = 400;
/** Milliseconds from power-up of the simulated device to an address. */
const BOOT_AND_JOIN = 1500;
const uri = 'ws://host/plain';

/** A ready world at the raised rate, with two links that are kept open. */
async function raisedWorld(): Promise<World> {
  const world = new World({
    line: { rate: USUAL },
    device: { raiseTo: RAISED },
    simulator: { bootMs: BOOT },
  });
  await world.ready();
  assert.equal(world.hostRate, RAISED);
  for (const id of [0, 1] as const)
    await world.clock.wait(world.device.links[id].open({ uri, keepOpen: true }));
  world.links.length = 0;
  world.events.length = 0;
  return world;
}

/** Whether all is as it was, after it was lost. */
function isBack({ device, links, hostRate }: World): boolean {
  const reopened = links.filter(({ event }) => event === 'reopened').length === 2;
  return reopened && device.links[0].state === 2 && hostRate === RAISED;
}

/** From now on the host's port swallows what it reads at the raised rate, as some do with framing errors. */
function deafen(world: World): void {
  const deliver = world.port.deliver.bind(world.port);
  world.port.deliver = (bytes) => {
    if (world.hostRate !== USUAL) return;
    world.port.deliver = deliver;
    deliver(bytes);
  };
}

const steps = (world: World): (string | undefined)[] =>
  world.events.filter(({ event }) => event === 'recovery').map(({ detail }) => detail);

describe('a restart at a raised rate', () => {
  it('is found out by what is heard, when nothing is said', async () => {
    const world = await raisedWorld();
    const start = world.clock.now();
    world.simulator.restart();
    assert.ok(await world.clock.until(() => isBack(world), 60_000));
    const took = world.clock.now() - start;
    assert.ok(took < 2000 + BOOT_AND_JOIN, `${took} ms`);
    assert.ok(!world.port.text.includes('AT+RST'));
    await world.end();
  });

  for (const text of ['x', 'x'.repeat(5000)]) {
    for (const after of [0, 200, 500, 5000]) {
      it(`is found out by ${text.length} bytes said ${after} ms later, when nothing is heard`, async () => {
        const world = await raisedWorld();
        world.simulator.restart();
        deafen(world);
        await world.clock.advance(after);
        const start = world.clock.now();
        const outcome = await world.clock.wait(
          world.device.links[0].send(text).then(
            () => 'sent',
            (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
          ),
        );
        assert.equal(outcome, 'not-sent');
        assert.ok(await world.clock.until(() => isBack(world), 60_000));
        const took = world.clock.now() - start;
        assert.ok(took < 2000 + BOOT_AND_JOIN, `${took} ms`);
        assert.ok(!world.port.text.includes('AT+RST'));
        await world.end();
      });
    }
  }

  it('is found out in the middle of a payload', async () => {
    const world = await raisedWorld();
    const { simulator } = world;
    const write = simulator.write.bind(simulator);
    const start = world.clock.now();
    simulator.write = (bytes) => {
      write(bytes);
      if (bytes.length < 5000) return;
      simulator.write = write;
      simulator.restart();
      deafen(world);
    };
    await assert.rejects(world.clock.wait(world.device.links[0].send('x'.repeat(5000))), {
      outcome: 'unknown',
    });
    assert.ok(await world.clock.until(() => isBack(world), 60_000));
    const took = world.clock.now() - start;
    assert.ok(took < 2000 + BOOT_AND_JOIN, `${took} ms`);
    await world.end();
  });
});

describe('at a raised rate, no restart', () => {
  it('is a lost payload byte: its prompt is filled, and only its link opened afresh', async () => {
    const world = await raisedWorld();
    const { simulator } = world;
    const write = simulator.write.bind(simulator);
    simulator.write = (bytes) => {
      if (bytes.length !== 300) return write(bytes);
      simulator.write = write;
      write(bytes.subarray(100));
    };
    const start = world.clock.now();
    await assert.rejects(world.clock.wait(world.device.links[0].send('x'.repeat(300))), {
      outcome: 'unknown',
    });
    const isReopened = () => world.links.some(({ event }) => event === 'reopened');
    assert.ok(await world.clock.until(isReopened, 15_000));
    assert.ok(world.clock.now() - start < 4000, `${world.clock.now() - start} ms`);
    assert.deepEqual(steps(world), ['crlf', 'fill']);
    assert.deepEqual(
      world.links.filter(({ link }) => link !== 0),
      [],
    );
    await world.end();
  });

  it('is a byte of noise, or a length that was damaged', async () => {
    const world = await raisedWorld();
    for (const noise of [Buffer.of(0xff), Buffer.from('+WS_DATA:0,2,1,9000,9000,x')]) {
      world.events.length = 0;
      world.simulator.inject(noise);
      await world.clock.wait(world.device.query());
      await world.clock.advance(5000);
      assert.deepEqual(
        world.events.map(({ event }) => event).filter((event) => event !== 'unknown-line'),
        ['out-of-step', 'recovery', 'recovered'],
      );
    }
    assert.equal(world.hostRate, RAISED);
    assert.deepEqual(world.device.links[1].state, 2);
    assert.ok(!world.links.some(({ event }) => event === 'lost'));
    await world.end();
  });

  it('is a name of a network that is no ASCII', async () => {
    const world = await raisedWorld();
    world.simulator.inject(Buffer.from('+CWLAP:(3,"Caf\u00e9'));
    await world.clock.advance(100);
    world.simulator.inject(Buffer.from('",-50)\r\n'));
    await world.clock.advance(5000);
    assert.deepEqual(
      world.events.map(({ event }) => event),
      ['unknown-line'],
    );
    await world.end();
  });
});

describe('a raised rate at which the device hears but is not heard', () => {
  it('is taken back, and a warning told', async () => {
    const world = new World({ line: { rate: USUAL }, device: { raiseTo: RAISED } });
    const deliver = world.port.deliver.bind(world.port);
    world.port.deliver = (bytes) => {
      if (world.hostRate === USUAL) deliver(bytes);
    };
    await world.ready();
    assert.equal(world.hostRate, USUAL);
    assert.ok(world.clock.now() < 5000, `${world.clock.now()} ms`);
    assert.deepEqual(
      world.events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code),
      ['RATE_NOT_RAISED'],
    );
    await world.end();
  });
});
