import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Run } from '../../../driver/at/command';
import { cipsntptime } from '../../../driver/commands/sntp';
import {
  configureSntp,
  isPlausible,
  waitForSntp,
  type SntpOptions,
} from '../../../driver/provisioning/sntp';
import { rejected } from '../../harness/refused';
import { ScriptedRun } from '../../harness/scripted-run';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

const UNSET = '+CIPSNTPTIME:Thu Jan  1 00:00:09 1970';
const SET = '+CIPSNTPTIME:Mon Nov 23 20:22:07 2026';
const options = { timezone: 8, servers: ['a.example', 'b.example'] };

/** A device whose time is set `after` milliseconds; its SNTP settings are `settings`. */
function device(clock: VirtualClock, after: number, settings = '+CIPSNTPCFG:0,0'): ScriptedRun {
  return new ScriptedRun((line) => {
    if (line === 'AT+CIPSNTPCFG?') return [settings];
    if (line === 'AT+CIPSNTPTIME?') return [clock.now() >= after ? SET : UNSET];
    return [];
  });
}

interface Wait {
  readonly clock: VirtualClock;
  readonly signal?: AbortSignal;
  readonly isSet?: () => boolean;
}

async function setTime(run: Run, settings: SntpOptions, wait: Wait): Promise<void> {
  await configureSntp(run, settings);
  await waitForSntp(run, {
    signal: new AbortController().signal,
    isSet: () => false,
    ...wait,
  });
}

describe('SNTP', () => {
  it('is configured with the servers, then the time is polled every 500 ms until it is set', async () => {
    const clock = new VirtualClock();
    const { run, asked } = device(clock, 1200);
    await clock.wait(setTime(run, options, { clock }));
    assert.deepEqual(asked.slice(0, 2), [
      'AT+CIPSNTPCFG?',
      'AT+CIPSNTPCFG=1,8,"a.example","b.example"',
    ]);
    assert.equal(clock.now(), 1500);
    assert.equal(clock.pending, 0);
  });

  it('is not polled any more after +TIME_UPDATED', async () => {
    const clock = new VirtualClock();
    const { run, asked } = device(clock, Infinity);
    await clock.wait(setTime(run, options, { clock, isSet: () => clock.now() > 600 }));
    assert.equal(asked.filter((line) => line === 'AT+CIPSNTPTIME?').length, 2);
  });

  for (const [settings, wanted] of [
    ['+CIPSNTPCFG:1,8,"a.example","b.example"', options],
    ['+CIPSNTPCFG:1,8,"cn.ntp.org.cn","ntp.sjtu.edu.cn"', { timezone: 8, servers: [] }],
  ] as const) {
    it(`is not configured again when the device responds ${settings}`, async () => {
      const clock = new VirtualClock();
      const { run, asked } = device(clock, 0, settings);
      await setTime(run, wanted, { clock });
      assert.deepEqual(asked, ['AT+CIPSNTPCFG?', 'AT+CIPSNTPTIME?']);
    });
  }

  for (const settings of ['+CIPSNTPCFG:1,8,"a.example"', '+CIPSNTPCFG:1,80', '+CIPSNTPCFG:0,8']) {
    it(`is configured when the device responds ${settings}`, async () => {
      const clock = new VirtualClock();
      const { run, asked } = device(clock, 0, settings);
      await setTime(run, options, { clock });
      assert.equal(asked.length, 3);
    });
  }

  it('is asked again at once after a corrupt time', async () => {
    const clock = new VirtualClock();
    const times = ['+CIPSNTPTIME:Mon Nov 2', UNSET, SET];
    const { run, asked } = new ScriptedRun(() => times.splice(0, 1));
    const signal = new AbortController().signal;
    await clock.wait(waitForSntp(run, { clock, signal, isSet: () => false }));
    assert.equal(asked.length, 3);
    assert.equal(clock.now(), 500);
  });

  it('rejects with CLOCK_NOT_SET after 20 s without the time', async () => {
    const clock = new VirtualClock();
    const { run } = device(clock, Infinity);
    const error = await rejected('CLOCK_NOT_SET', clock.wait(setTime(run, options, { clock })));
    assert.equal(clock.now(), 20_000);
    assert.match(error.message, /within 20 s/);
    assert.equal(clock.pending, 0);
  });

  it('rejects at once when its signal aborts, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const { run } = device(clock, Infinity);
    const controller = new AbortController();
    const setting = setTime(run, options, { clock, signal: controller.signal });
    await clock.advance(100);
    controller.abort(new Error('stopped'));
    await assert.rejects(setting, /stopped/);
    assert.equal(clock.pending, 0);
  });

  for (const [line, isKnown] of [
    [SET, true],
    [UNSET, false],
    // Time zones west of Greenwich begin a day before 1970.
    ['+CIPSNTPTIME:Wed Dec 31 16:00:00 1969', false],
  ] as const) {
    it(`reads ${line} as ${isKnown ? 'a' : 'no'} time`, () => {
      const time = cipsntptime.parse([line]);
      assert.equal(time && isPlausible(time), isKnown);
    });
  }
});
