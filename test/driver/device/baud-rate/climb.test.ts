import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SequenceAccess } from '../../../../driver/at/command-sequence';
import { PortLease } from '../../../../driver/at/port-lease';
import { TimedPort } from '../../../../driver/at/timing/timed-port';
import type { UartSetting } from '../../../../driver/commands/uart';
import { Climb, type ClimbOptions } from '../../../../driver/device/baud-rate/climb';
import { LADDER, likelyRates, misheardRates } from '../../../../driver/device/baud-rate/rates';
import { SessionPort } from '../../../../driver/device/session/session-port';
import { DeviceCounters } from '../../../../driver/statistics/device-counters';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { PortKnowledge } from '../../../../driver/device/session/port-knowledge';

const START = { rate: 115_200, flowControl: 'rts' } as const;
const OPTIONS: ClimbOptions = {
  ladder: LADDER,
  ceiling: Infinity,
  isTested: true,
  unwiredFlowControl: 'rts',
  wires: 'unknown',
};
/** Answers and changes until a climb ends, at most. */
const MAX_STEPS = 500;

/** What happens on the line. */
interface Line {
  /** Whether the device holds CTS active. */
  readonly isCtsActive: () => boolean;
  /** The response to `AT+UART_CUR`; undefined: it is lost. */
  readonly change: (setting: string) => 'OK' | 'ERROR' | undefined;
  readonly answers: (rate: number, setting: string) => boolean;
  /** Whether a resync has to restart the device before it answers. */
  readonly mustRestart: (rate: number) => boolean;
  readonly passesData: (rate: number) => boolean;
}

/** A line on which everything works. */
const GOOD: Line = {
  isCtsActive: () => true,
  change: () => 'OK',
  answers: () => true,
  mustRestart: () => false,
  passesData: () => true,
};

/** Runs a climb, and returns the settings that it sends, and the rates at which it asks. */
async function run(line: Partial<Line>, good: UartSetting = START, more?: Partial<ClimbOptions>) {
  const { isCtsActive, change, answers, mustRestart, passesData } = { ...GOOD, ...line };
  const clock = new VirtualClock();
  const changes: string[] = [];
  const asked: (number | undefined)[] = [];
  const take = (response: string | undefined) => {
    if (response !== undefined) lease.take(response);
  };
  const writer = {
    pendingBytes: 0,
    write: (bytes: Uint8Array) => {
      const text = Buffer.from(bytes).toString('latin1').trim();
      const [, rate, flow] = /^AT\+UART_CUR=(\d+),8,1,0,(\d)$/.exec(text) ?? [];
      if (rate !== undefined) {
        assert.ok(changes.push(`${rate} ${flow}`) < MAX_STEPS, 'it does not end');
        take(change(`${rate} ${flow}`));
      }
      if (text === 'AT+CMD?') take('OK');
      if (text.startsWith('#') && passesData(port.baudRate ?? 0)) {
        take(text);
        take('ERROR');
      }
    },
  };
  const port = new SessionPort(
    {
      ...writer,
      setRate: () => Promise.resolve(),
      readCts: () => Promise.resolve(isCtsActive()),
      setFlowControl: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    {
      options: {
        port: { address: 'fake', rate: good.rate, open: () => Promise.reject(new Error()) },
        clock,
        random: Math.random,
        memory: {},
      },
      counters: new DeviceCounters(clock),
      knowledge: new PortKnowledge(),
    },
  );
  const lease = new PortLease(new TimedPort(port, clock), 'search');
  const access: SequenceAccess = {
    run: () => Promise.reject(new Error('no command')),
    resync: () => {
      assert.ok(asked.push(port.baudRate) < MAX_STEPS, 'it does not end');
      const rate = port.baudRate ?? 0;
      if (!answers(rate, changes.at(-1) ?? '')) return Promise.resolve({ kind: 'noAnswer' });
      const kind = mustRestart(rate) ? 'restarted' : 'inSync';
      return Promise.resolve({ kind, padded: false });
    },
    lendPort: (body) => body(lease),
  };
  const climb = new Climb(access, port, good, { ...OPTIONS, ...more });
  const isFound = await clock.wait(climb.run());
  return { changes, asked, climb, isFound, usesFlowControl: port.usesFlowControl };
}

describe('a climb', () => {
  it('tries the wires first, then every rate up to 3 Mbit/s', async () => {
    const { changes, isFound, climb, usesFlowControl } = await run({});
    assert.deepEqual(changes, [
      ...['115200 3', '230400 3', '460800 3', '921600 3'],
      ...['1500000 3', '2000000 3', '3000000 3'],
    ]);
    assert.ok(isFound && usesFlowControl);
    assert.deepEqual(climb.good, { rate: 3_000_000, flowControl: 'both' });
  });

  it('ends at 460800 where CTS is not active, and never lets the device wait for it', async () => {
    const { changes, climb, usesFlowControl } = await run({ isCtsActive: () => false });
    assert.deepEqual(changes, ['230400 1', '460800 1']);
    assert.equal(climb.good.rate, 460_800);
    assert.equal(usesFlowControl, false);
  });

  it('tries a rate that fails twice, then stays below', async () => {
    const { changes, climb } = await run({ passesData: (rate) => rate <= 921_600 });
    assert.deepEqual(changes.slice(4), ['1500000 3', '921600 3', '1500000 3', '921600 3']);
    assert.equal(climb.good.rate, 921_600);
    assert.equal(climb.failedRate, 1_500_000);
    assert.equal(climb.mayHaveRestarted, false);
  });

  it('says that the device may have restarted where a resync restarted it', async () => {
    const { climb, isFound } = await run({ mustRestart: (rate) => rate === 921_600 });
    assert.ok(isFound && climb.mayHaveRestarted);
  });

  for (const flowControl of ['none', 'cts'] as const)
    it(`lets a device with the flow control ${flowControl} drive RTS before it reads CTS`, async () => {
      let drivesRts = false;
      const line: Partial<Line> = {
        isCtsActive: () => drivesRts,
        change: () => {
          drivesRts = true;
          return 'OK';
        },
      };
      const { changes } = await run(line, { rate: 115_200, flowControl });
      assert.deepEqual(changes.slice(0, 2), ['115200 1', '115200 3']);
    });

  it('uses the wires of a device that waits for CTS and answers, although it has the best rate already', async () => {
    const { changes, usesFlowControl } = await run({}, { rate: 3_000_000, flowControl: 'both' });
    assert.deepEqual(changes, []);
    assert.ok(usesFlowControl);
  });

  it('goes on without the wires when the device does not answer with them', async () => {
    const { changes, climb } = await run({ answers: (_, setting) => !setting.endsWith('3') });
    assert.deepEqual(changes, ['115200 3', '115200 1', '230400 1', '460800 1']);
    assert.ok(climb.wiresFailed && climb.mayHaveRestarted);
  });

  it('repeats a change of the flow control whose response is lost', async () => {
    let losses = 1;
    const change = () => (losses-- > 0 ? undefined : 'OK');
    const { changes, climb } = await run({ change });
    assert.deepEqual(changes.slice(0, 3), ['115200 3', '115200 3', '230400 3']);
    assert.equal(climb.wiresFailed, false);
  });

  it('takes the wires for failed where the device responds to no change of the flow control', async () => {
    const change = (setting: string) => (setting.endsWith('3') ? undefined : 'OK');
    const { changes, climb, usesFlowControl } = await run({ change });
    assert.deepEqual(changes, ['115200 3', '115200 3', '115200 1', '230400 1', '460800 1']);
    assert.ok(climb.wiresFailed && !usesFlowControl);
  });

  it('lowers the rate of a device without wires that was found above 460800', async () => {
    const good = { rate: 2_000_000, flowControl: 'rts' } as const;
    const { changes } = await run({ isCtsActive: () => false }, good);
    assert.deepEqual(changes, ['460800 1']);
  });

  it('checks the old and the new rate when the response to AT+UART_CUR is lost', async () => {
    const line = { change: () => undefined, answers: (rate: number) => rate === START.rate };
    const { changes, asked, isFound } = await run(line, START, { wires: 'none' });
    assert.deepEqual(changes, ['230400 1', '115200 1', '230400 1', '115200 1']);
    assert.deepEqual(asked, [230_400, 115_200, 230_400, 115_200]);
    assert.ok(isFound);
  });

  it('searches at every rate that the device may have understood when it does not answer at the rate before', async () => {
    const { asked, isFound } = await run({ answers: () => false }, START, { wires: 'none' });
    for (const rate of [...LADDER, 230_500, 220_400, 30_400]) assert.ok(asked.includes(rate));
    assert.equal(isFound, false);
  });

  it('goes on where it has found a lost device, below the rate that lost it, until the second loss', async () => {
    let lost = 0;
    const answers = (rate: number, setting: string) => {
      if (rate === 57_600 || rate === 230_500) return ++lost > 0;
      return lost === 0 && setting === '115200 3';
    };
    const { changes, climb, isFound } = await run({ answers });
    assert.deepEqual(changes.slice(0, 5), [
      ...['115200 3', '230400 3', '115200 3', '230400 3', '115200 3'],
    ]);
    assert.ok(isFound);
    assert.equal(climb.failedRate, 230_400);
  });

  it('ends after any events, waits for CTS only where it is active, and exceeds 460800 only with it', async () => {
    const setting = fc.record({
      rate: fc.constantFrom(...LADDER, 9600, 250_000),
      flowControl: fc.constantFrom('none', 'rts', 'cts', 'both'),
    });
    const events = fc.array(fc.nat(2), { maxLength: MAX_STEPS });
    await fc.assert(
      fc.asyncProperty(setting, events, async (good, drawn) => {
        let wasActive = false;
        let rateBefore = good.rate;
        const draw = () => drawn.shift() ?? 0;
        await run(
          {
            isCtsActive: () => {
              const isActive = draw() > 0;
              wasActive ||= isActive;
              return isActive;
            },
            change: (text) => {
              const [rate = 0, flow] = text.split(' ').map(Number);
              const waited = good.flowControl === 'both' || good.flowControl === 'cts';
              if (flow === 2 || flow === 3) assert.ok(wasActive || waited, text);
              else assert.ok(rate <= 460_800 || rate === rateBefore, text);
              return (['OK', 'ERROR', undefined] as const)[draw()];
            },
            answers: (rate) => {
              const isAnswer = draw() > 0;
              if (isAnswer) rateBefore = rate;
              return isAnswer;
            },
            passesData: () => draw() > 0,
          },
          good,
        );
      }),
    );
  });
});

describe('the rates of a search', () => {
  it('are those known, then the ladder from its top', () => {
    const rates = likelyRates([115_200, undefined, 0], false);
    assert.deepEqual(rates.slice(0, 3), [115_200, 3_000_000, 2_000_000]);
    assert.equal(rates.length, LADDER.length);
  });

  it('include what a rate becomes by one bit or one digit', () => {
    const rates = misheardRates(921_600);
    for (const rate of [121_600, 821_600, 961_600, 92_160]) assert.ok(rates.includes(rate));
    assert.ok(rates.every((rate) => rate >= 80 && rate <= 5_000_000 && rate !== 921_600));
  });
});
