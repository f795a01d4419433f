import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../../driver/device/device';
import type { PortMemory } from '../../../../driver/device/options';
import { seededRandom } from '../../../../simulator';
import { corruptsAbove } from '../../../../simulator/serial/paced-line';
import { Harness, type SerialOptions } from '../../../harness/harness';
import { onRateSet } from './rate-set';
import { transfer } from './transfer';
import { Deferred } from '../../../../driver/deferred';
import { AutomaticRate } from '../../../../driver/device/baud-rate/automatic-rate';
import { PortKnowledge } from '../../../../driver/device/session/port-knowledge';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { unchecked } from '../../../harness/refused';

const START = 115_200;
const uri = 'ws://host/plain';

const automatic = (serial: Partial<SerialOptions> = {}, memory?: PortMemory): Harness =>
  new Harness({
    serial: { baudRate: START, rtsCts: true, ...serial },
    device: { negotiatedRate: 'automatic', memory },
  });

/** The settings that the driver sent with `AT+UART_CUR`, in order: baud rate and flow control. */
const settings = (harness: Harness): string[] =>
  [...harness.port.text.matchAll(/AT\+UART_CUR=(\d+),8,1,0,(\d)/g)].map(
    ([, rate, flow]) => `${rate} ${flow}`,
  );

describe('an automatic baud rate', () => {
  it('makes 64 KiB pass at least 20 times as fast as at 115200, with RTS and CTS wired', async () => {
    const slow = await new Harness({ serial: { baudRate: START } }).ready();
    const usual = await transfer(slow);
    await slow.end();
    await using harness = await automatic().ready();
    const fast = await transfer(harness);
    assert.equal(harness.hostRate, 3_000_000);
    for (const way of [0, 1] as const) {
      const factor = usual[way] / fast[way];
      assert.ok(
        factor >= 20 && factor < 26.1,
        `${usual[way]} ms and ${fast[way]} ms: ${factor} times`,
      );
    }
    assert.deepEqual(harness.warnings(), []);
  });

  it('leaves the device ready as early as without it, and opens a link within 2 s more', async () => {
    const plain = await new Harness({ serial: { baudRate: START } }).ready();
    const usual = plain.clock.now();
    await plain.end();
    await using harness = await automatic().ready();
    assert.ok(harness.clock.now() <= usual + 1, `${harness.clock.now()} ms, not ${usual}`);
    await harness.clock.wait(harness.link.open({ uri }), 2000);
  });

  it('stays at 921600 where the line corrupts bytes above it, and loses no message', async () => {
    await using harness = await automatic({ corruption: corruptsAbove(921_600) }).ready();
    await transfer(harness);
    assert.equal(harness.hostRate, 921_600);
    await harness.clock.advance(60_000);
    await transfer(harness);
    assert.equal(harness.messages.length, 2);
    assert.deepEqual(
      harness.linkEvents.filter(({ event }) => event === 'dataloss'),
      [],
    );
  });

  it('is lowered when bytes are corrupt, tried again only after a long time, and back then', async () => {
    let limit = Infinity;
    await using harness = await automatic({
      corruption: (rate) => (rate > limit ? 0.003 : 0),
    }).ready();
    const { clock, device } = harness;
    await clock.wait(device.links[0].open({ uri: 'ws://host/echo', keepOpen: true }));
    limit = 1_500_000;
    for (let count = 0; count < 300 && (harness.hostRate ?? 0) > limit; count++) {
      await clock.wait(device.links[0].send('x'.repeat(1000)).catch(() => undefined));
      await clock.advance(200);
    }
    assert.equal(harness.hostRate, 1_500_000);
    const warnings = harness.events.filter(({ event }) => event === 'warning');
    assert.ok(warnings.some(({ error }) => error?.code === 'RATE_NOT_NEGOTIATED'));
    limit = Infinity;
    await clock.advance(20 * 60_000);
    assert.equal(harness.hostRate, 1_500_000);
    await clock.wait(device.links[0].close());
    await clock.advance(24 * 60 * 60_000);
    assert.equal(harness.hostRate, 3_000_000);
    harness.port.written.length = 0;
    await clock.advance(60 * 60_000);
    assert.doesNotMatch(harness.port.text, /UART_CUR/);
  });

  for (const [title, delayMs, pairs] of [
    ['takes over a resync', 0, 3],
    ['reads corrupt bytes', 5, 2],
  ] as const)
    it(`is lowered by a climb that ${title}: insync follows each outofsync`, async () => {
      await using harness = automatic();
      const garbage = '+WS_DATA:0,x\r\n';
      let injects = false;
      onRateSet(harness, () => {
        if (injects && delayMs === 0) harness.say(garbage);
        else if (injects) harness.clock.after(delayMs, () => harness.say(garbage));
        injects = false;
      });
      await harness.ready();
      await harness.clock.wait(harness.link.open({ uri }));
      for (const count of [1, 2]) {
        harness.say(garbage);
        injects = count === 2;
        await harness.until(() => harness.device.state.name === 'ready');
      }
      await harness.clock.advance(5000);
      const heard = harness.events.map(({ event }) => event);
      assert.deepEqual(
        heard.filter((event) => event === 'outofsync' || event === 'insync'),
        Array.from({ length: pairs }, () => ['outofsync', 'insync']).flat(),
      );
      assert.equal(harness.device.state.name, 'ready');
      assert.equal(injects, false);
    });

  it('is negotiated at once when a lost device is found at its start rate', async () => {
    let refuses = true;
    const outcome = (line: string) =>
      ({ kind: refuses && line === 'AT+UART_CUR?' ? 'error' : 'execute' }) as const;
    await using harness = new Harness({
      serial: { baudRate: START, rtsCts: true },
      device: { negotiatedRate: 'automatic' },
      simulator: { hooks: { outcome } },
    });
    const { clock, device, simulator } = harness;
    await harness.ready();
    await clock.advance(1000);
    refuses = false;
    simulator.powerOff();
    assert.ok(await clock.until(() => device.state.name !== 'ready', 60_000));
    assert.ok(await clock.until(() => device.state.name !== 'resyncing', 60_000));
    simulator.powerOn();
    await clock.wait(device.ready());
    assert.ok(await clock.until(() => harness.hostRate === 3_000_000, 10_000));
  });

  it('changes nothing on a pty, which takes any rate', async () => {
    await using harness = automatic();
    const open = harness.port.open.bind(harness.port);
    harness.port.open = async (handlers) => {
      const port = await open(handlers);
      return { ...port, readCts: () => Promise.reject(new Error('Inappropriate ioctl')) };
    };
    await harness.ready();
    await harness.clock.advance(5000);
    assert.deepEqual(settings(harness), []);
  });

  it('changes nothing on a port without modem lines', async () => {
    await using harness = await new Harness({
      serial: { baudRate: START },
      device: { negotiatedRate: 'automatic' },
    }).ready();
    await harness.clock.advance(5000);
    assert.deepEqual(settings(harness), []);
  });
});

/** Milliseconds after `ready` at which a test interrupts the climb: all of its rates are among them. */
const INSTANTS = Array.from({ length: 16 }, (_, index) => index * 97);
/** Milliseconds until a device has to be ready again. */
const READY_LIMIT_MS = 15_000;

describe('a climb that is interrupted', () => {
  const endings = {
    'the end of the process': async (harness: Harness) => {
      harness.port.unplug();
      await harness.clock.wait(harness.device.stop());
      harness.port.plugIn();
    },
    'a stop': (harness: Harness) => harness.clock.wait(harness.device.stop()),
    'a restart of the device': async (harness: Harness) => {
      harness.simulator.restart();
      await harness.clock.wait(harness.device.stop());
    },
  };
  for (const [name, end] of Object.entries(endings)) {
    for (const hasMemory of [false, true]) {
      it(`by ${name} leaves the device where the next one finds it${hasMemory ? ' with the same memory' : ''}`, async () => {
        for (const instant of INSTANTS) {
          const memory = hasMemory ? {} : undefined;
          await using harness = automatic({}, memory);
          const { clock, hostClock, port } = harness;
          await harness.ready();
          await clock.advance(instant);
          await end(harness);
          const device = new Device({
            port,
            clock: hostClock,
            random: seededRandom(1),
            negotiatedRate: 'automatic',
            memory,
          });
          const start = clock.now();
          device.start();
          const isReady = await clock.until(() => device.state.name === 'ready', READY_LIMIT_MS);
          assert.ok(isReady, `after ${instant} ms: not within ${clock.now() - start} ms`);
          await clock.wait(device.links[0].open({ uri }));
          assert.equal(harness.hostRate, 3_000_000);
          await clock.wait(device.stop());
        }
      });
    }
  }

  it('by the end of the process at any of its writes leaves the device where the next one finds it', async () => {
    for (let write = 1; ; write++) {
      await using harness = automatic();
      const { clock, device, hostClock, port } = harness;
      await harness.ready();
      port.written.length = 0;
      void device.links[0].open({ uri }).catch(() => undefined);
      assert.ok(await clock.until(() => port.written.length >= write, READY_LIMIT_MS));
      // The climb is over: the driver opens the link.
      if (port.text.includes('AT+WSOPEN=')) {
        await harness.end();
        assert.ok(write > 100, `${write} writes`);
        break;
      }
      await endings['the end of the process'](harness);
      const next = new Device({ port, clock: hostClock, random: seededRandom(1) });
      const start = clock.now();
      next.start();
      const isReady = await clock.until(() => next.state.name === 'ready', READY_LIMIT_MS);
      assert.ok(isReady, `at write ${write}: not within ${clock.now() - start} ms`);
      await clock.wait(next.stop());
    }
  });

  it('by a restart of the device goes on by itself', async () => {
    for (const instant of INSTANTS) {
      await using harness = automatic();
      const { clock, device } = harness;
      await harness.ready();
      const opened = device.links[0].open({ uri, keepOpen: true }).catch(() => undefined);
      await clock.advance(instant);
      harness.simulator.restart();
      const start = clock.now();
      await clock.wait(opened);
      const isOpen = () =>
        device.links[0].state === 'open' && harness.server.connections.at(-1)?.open;
      assert.ok(await clock.until(() => isOpen() === true, READY_LIMIT_MS), `after ${instant} ms`);
      await clock.advance(READY_LIMIT_MS - (clock.now() - start));
      assert.equal(device.links[0].state, 'open');
      await clock.wait(device.links[0].send('x'));
      assert.ok((harness.hostRate ?? 0) >= 921_600, `${harness.hostRate} after ${instant} ms`);
    }
  });
});

it('an automatic rate with two climbs at a time leaves no timer behind when its boot ends', async () => {
  const clock = new VirtualClock();
  const boot = new AbortController();
  const climbs: Deferred<'slow'>[] = [];
  const sequence = () => {
    const climb = new Deferred<'slow'>();
    climbs.push(climb);
    return climb.promise;
  };
  const rate = new AutomaticRate(
    unchecked({
      client: { sequence, hasConnection: false },
      inSync: () => undefined,
      port: {
        isAutomatic: true,
        baudRate: 921_600,
        startRate: START,
        knowledge: new PortKnowledge(),
      },
      context: { options: { clock } },
    }),
    unchecked({ signal: boot.signal }),
    () => assert.fail('began again'),
  );
  for (let count = 0; count < 2; count++) rate.responseLost();
  assert.equal(climbs.length, 2);
  for (const climb of climbs) climb.resolve('slow');
  await clock.advance(1000);
  assert.equal(clock.pending, 1);
  boot.abort();
  assert.equal(clock.pending, 0);
});
