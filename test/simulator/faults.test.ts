import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { faults, formatSettings, parseFault, parseSettings } from '../../simulator/faults';
import { commandScenarios } from './faults/command';
import { deviceScenarios } from './faults/device';
import { lineScenarios } from './faults/line';
import { networkScenarios } from './faults/network';
import { PacedLine } from '../../simulator/serial/paced-line';
import { frame, it, joined, Lab, ok, type Scenario } from './lab';

const scenarios = new Map<string, Scenario>(
  [lineScenarios, commandScenarios, deviceScenarios, networkScenarios].flatMap(Object.entries),
);

describe('the bytes of each fault', () => {
  for (const { name, description } of faults) {
    it(`${name}: ${description}`, { bootMs: 100, seed: 7 }, async (lab) => {
      const scenario = scenarios.get(name);
      assert.ok(scenario, `no scenario shows the fault ${name}`);
      await scenario(lab);
    });
  }

  it('every scenario belongs to an existing fault', async () => {
    const names = faults.map(({ name }) => name);
    assert.deepEqual([...scenarios.keys()].sort(), names.sort());
  });
});

describe('a fault with a chance', () => {
  /** The device's output under several faults with a chance. */
  async function run(seed: number): Promise<string> {
    const lab = new Lab({ bootMs: 100, seed });
    for (const fault of [
      'lose=to-host,1%',
      'flip=to-device,1%',
      'double=1%',
      'late=200ms,10%',
      'busy=10%',
      'noise=to-device,5%,3',
      'restart=answered,5%',
    ]) {
      lab.faults.inject(fault);
    }
    let said = '';
    for (let round = 0; round < 60; round++) {
      said += await lab.command(round % 3 === 0 ? 'AT+GMR' : 'AT+SYSLOG=1', 300);
    }
    await lab.end();
    return said;
  }

  it('repeats byte for byte with the same seed, and differs with another seed', async () => {
    const first = await run(11);
    assert.ok(first.includes('ready'), 'there were restarts');
    assert.equal(await run(11), first);
    assert.notEqual(await run(12), first);
  });

  it('applies as often as its chance says', async (lab) => {
    const lost = lab.faults.inject('lose=to-host,5%');
    const before = lab.faults.passed['to-host'];
    for (let round = 0; round < 200; round++) await lab.command('AT+GMR');
    const passed = lab.faults.passed['to-host'] - before;
    assert.ok(Math.abs(lost.count / passed - 0.05) < 0.01, `${lost.count} of ${passed}`);
  });

  it('applies almost never where 1 minus its chance rounds to 1', async (lab) => {
    const lost = lab.faults.inject('lose', { direction: 'to-host', chance: 1e-17 });
    for (let round = 0; round < 100; round++) await lab.expect('AT', ok);
    assert.equal(lost.count, 0);
  });
});

describe('wrong-rate', () => {
  it(
    'corrupts bytes at another rate than the one of the line, 9600 here',
    { baud: 9600, uart: new PacedLine().factory },
    async (lab) => {
      await lab.hear(100);
      const right = lab.faults.inject('wrong-rate=1s,9600');
      await lab.expect('AT', ok, 20);
      right.end();
      lab.faults.inject('wrong-rate=1s,115200');
      assert.ok(!(await lab.command('AT', 1_100)).includes('OK'));
    },
  );
});

describe('a frozen device with a full transmit ring', () => {
  const line = () => ({ uart: new PacedLine().factory });
  for (const [kind, options] of [
    ['a line without a rate', () => ({})],
    ['a paced line', line],
  ] as const) {
    it(`continues when the fault ends, on ${kind}`, options(), async (lab) => {
      const connection = await lab.open();
      lab.device.pauseOutput();
      for (let count = 0; count < 20; count++) connection.send(frame('x'.repeat(1000)));
      await lab.command('AT', 1_000);
      const frozen = lab.faults.inject('freeze');
      await lab.hear(1_000);
      frozen.end();
      lab.device.resumeOutput();
      await lab.hear(3_000);
      await lab.expect('AT', ok, 50);
      connection.send(frame('hi'));
      assert.equal(await lab.hear(50), '+WS_DATA:0,2,hi\r\n');
    });
  }
});

describe('a fault that its listener ends', () => {
  /** Injects a fault without a trigger, or one at its trigger; ends each in its first hit. */
  function injectEnding(lab: Lab, ...faults: readonly string[]): void {
    for (const fault of faults) {
      lab.faults.inject(fault, undefined, () => lab.faults.clear());
    }
  }

  it('has no effect at its trigger', async (lab) => {
    injectEnding(lab, 'freeze=to-device,@2');
    await lab.expect('AT', ok);
    injectEnding(lab, 'restart=AT');
    await lab.expect('AT', ok, 2_000);
    injectEnding(lab, 'lose=@2');
    await lab.expect('AT', ok);
    injectEnding(lab, 'error=AT');
    await lab.expect('AT', ok);
  });

  it('has no effect when it applies at once', async (lab) => {
    injectEnding(lab, 'freeze', 'stray', 'restart', 'noise=to-host,3');
    assert.equal(await lab.hear(2_000), '');
    await lab.expect('AT', ok);
  });

  for (const name of ['freeze', 'restart', 'power-cycle']) {
    it(`drops no output: ${name}`, async (lab) => {
      lab.device.pauseOutput();
      await lab.command('AT');
      injectEnding(lab, name);
      injectEnding(lab, `${name}=to-device,@0`);
      await lab.command('AT');
      injectEnding(lab, `${name}=to-host,@${ok.length + 1}`);
      lab.device.resumeOutput();
      assert.equal(await lab.hear(2_000), ok + ok);
    });
  }

  it('has no effect on a start, or on memory', async (lab) => {
    await lab.open();
    injectEnding(lab, 'heap=1');
    await lab.expect('AT+WSSEND=0,2', `${ok}\r\n>`);
    injectEnding(lab, 'boot-noise');
    lab.device.restart();
    assert.equal(await lab.hear(2_000), `\r\nready\r\n${joined}`);
  });

  it('cuts no frame', async (lab) => {
    const connection = await lab.open();
    injectEnding(lab, 'frame-stalled');
    connection.send(frame('0123456789'));
    assert.equal(await lab.hear(10), '+WS_DATA:0,10,0123456789\r\n');
  });
});

describe('fault settings', () => {
  it('have their defaults where they are undefined', async (lab) => {
    const none: object = { duration: undefined, count: undefined };
    for (const { name, defaults, group } of faults) {
      lab.faults.port ??= { unplug: () => undefined, plugIn: () => undefined };
      const injection = lab.faults.inject(name, none);
      assert.deepEqual(injection.settings, defaults, `${name} (${group})`);
      injection.end();
    }
    await lab.hear(5_000);
    const stall: object = { duration: undefined };
    const stalled = lab.faults.inject('stall', stall);
    await lab.expect('AT', '', 2_999);
    assert.equal((await lab.hear(2)).slice(-ok.length), ok);
    assert.ok(stalled.over);
  });

  const orders = [
    ['lose=to-device,@12', { direction: 'to-device', offset: 12, count: 1 }],
    ['flip=to-host,0.01', { direction: 'to-host', chance: 0.01, count: 1 }],
    ['flip=1%', { chance: 0.01, count: 1 }],
    ['late=AT+WSSEND,3s', { command: 'AT+WSSEND', duration: 3000, count: 1 }],
    [
      'restart=AT+WSSEND,prompt,+500ms,4',
      { command: 'AT+WSSEND', point: 'prompt', delay: 500, count: 4 },
    ],
    ['unplug', { duration: 2000 }],
    ['heap=0', { count: 0 }],
    ['flip=@3,50%', { offset: 3, chance: 0.5, count: 1 }],
  ] as const;
  for (const [text, settings] of orders) {
    it(`are read: ${text}`, async () => {
      const order = parseFault(text);
      assert.deepEqual(order.settings, settings);
      assert.deepEqual(parseSettings(formatSettings(order.settings)), settings);
    });
  }

  const refusals = [
    ['nope', /there is no fault "nope"/],
    ['lose=often', /"often" is not a setting of a fault/],
    ['noise=to-host,4000000000', /"4000000000" is not a setting of a fault/],
    ['lose=prompt', /the fault lose takes no point/],
    ['lose=0%', /a chance is more than 0 and at most 1/],
    ['lose=200%', /a chance is more than 0 and at most 1/],
    ['heap=5s', /the fault heap takes no duration/],
    ['lose=0', /the fault lose takes a whole count of at least 1/],
    ['busy=0', /the fault busy takes a whole count of at least 1/],
    ['segments-split=0', /the fault segments-split takes a whole count of at least 1/],
    ['stall=to-device,2s', /the fault stall takes a direction only with an offset: to-device,@0/],
    ['unplug=to-host', /the fault unplug takes a direction only with an offset/],
    ['echo=@3,50%', /the fault echo takes no point, command or chance beside an offset/],
  ] as const;
  for (const [text, message] of refusals) {
    it(`are refused: ${text}`, async () => {
      assert.throws(() => parseFault(text), message);
    });
  }

  for (const [name, settings] of [
    ['delay', { delay: -1 }],
    ['duration', { duration: Number.NaN }],
    ['offset', { offset: -1 }],
    ['offset', { offset: 1.5 }],
  ] as const) {
    it(`are refused: ${JSON.stringify(settings)}`, async (lab) => {
      assert.throws(
        () => lab.faults.inject('stall', settings),
        new RegExp(`the ${name} of a fault is .*0 or more`),
      );
    });
  }

  it('of a port fault need a port that can be unplugged', async (lab) => {
    assert.throws(() => lab.faults.inject('unplug'), /needs a port/);
  });

  it('of an ended fault never apply', async (lab) => {
    const lost = lab.faults.inject('lose=@3');
    assert.equal(lab.faults.active.length, 1);
    lost.end();
    assert.deepEqual(lab.faults.active, []);
    await lost.finished;
    await lab.expect('AT', ok);
    assert.equal(lost.count, 0);
  });
});
