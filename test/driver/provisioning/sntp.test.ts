import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Run } from '../../../driver/at/command';
import type { ClockOptions } from '../../../driver/device/options';
import {
  clockIsSet,
  configureClock,
  waitForClock,
  type ClockWait,
} from '../../../driver/provisioning/sntp';
import { rejected } from '../../harness/refused';
import { ScriptedRun } from '../../harness/scripted-run';
import { VirtualClock } from '../../harness/virtual-clock';

const UNSET = '+CIPSNTPTIME:Thu Jan  1 00:00:09 1970';
const SET = '+CIPSNTPTIME:Mon Nov 23 20:22:07 2026';
const options = { timezone: 8, servers: ['a.example', 'b.example'] };

/** A device whose clock is set `after` milliseconds; its SNTP settings are `settings`. */
function device(clock: VirtualClock, after: number, settings = '+CIPSNTPCFG:0,0'): ScriptedRun {
  return new ScriptedRun((line) => {
    if (line === 'AT+CIPSNTPCFG?') return [settings];
    if (line === 'AT+CIPSNTPTIME?') return [clock.now() >= after ? SET : UNSET];
    return [];
  });
}

async function setClock(run: Run, settings: ClockOptions, wait: ClockWait): Promise<void> {
  await configureClock(run, settings);
  await waitForClock(run, wait);
}

describe('setting the clock', () => {
  it('tells the device its servers and waits until it has the time', async () => {
    const clock = new VirtualClock();
    const { run, asked } = device(clock, 1200);
    await clock.wait(setClock(run, options, { clock, told: () => false }));
    assert.deepEqual(asked.slice(0, 2), [
      'AT+CIPSNTPCFG?',
      'AT+CIPSNTPCFG=1,8,"a.example","b.example"',
    ]);
    assert.equal(clock.now(), 1500);
    assert.equal(clock.pending, 0);
  });

  it('asks no further once the device has reported it', async () => {
    const clock = new VirtualClock();
    const { run, asked } = device(clock, Infinity);
    await clock.wait(setClock(run, options, { clock, told: () => clock.now() > 600 }));
    assert.equal(asked.filter((line) => line === 'AT+CIPSNTPTIME?').length, 2);
  });

  it('leaves alone what is set up so already', async () => {
    const clock = new VirtualClock();
    const wait = { clock, told: () => false };
    const same = device(clock, 0, '+CIPSNTPCFG:1,8,"a.example","b.example"');
    await setClock(same.run, options, wait);
    assert.deepEqual(same.asked, ['AT+CIPSNTPCFG?', 'AT+CIPSNTPTIME?']);
    const own = device(clock, 0, '+CIPSNTPCFG:1,8,"cn.ntp.org.cn","ntp.sjtu.edu.cn"');
    await setClock(own.run, { timezone: 8, servers: [] }, wait);
    assert.deepEqual(own.asked, ['AT+CIPSNTPCFG?', 'AT+CIPSNTPTIME?']);
    for (const settings of ['+CIPSNTPCFG:1,8,"a.example"', '+CIPSNTPCFG:1,80', '+CIPSNTPCFG:0,8']) {
      const other = device(clock, 0, settings);
      await setClock(other.run, options, wait);
      assert.equal(other.asked.length, 3);
    }
  });

  it('gives up after 20 s, in words', async () => {
    const clock = new VirtualClock();
    const { run } = device(clock, Infinity);
    const setting = setClock(run, options, { clock, told: () => false });
    const error = await rejected('CLOCK_NOT_SET', clock.wait(setting));
    assert.equal(clock.now(), 20_000);
    assert.match(error.message, /within 20 s/);
    assert.equal(clock.pending, 0);
  });

  it('ends at once when nobody waits any more', async () => {
    const clock = new VirtualClock();
    const { run } = device(clock, Infinity);
    const pause = () => Promise.reject(new Error('stopped'));
    await assert.rejects(setClock(run, options, { clock, told: () => false, pause }), /stopped/);
    assert.equal(clock.pending, 0);
  });

  it('asks nothing of the device when the settings cannot be', async () => {
    const clock = new VirtualClock();
    const { run, asked } = device(clock, 0);
    const wrong = { timezone: 99, servers: [] };
    await rejected('INVALID_SETTING', setClock(run, wrong, { clock, told: () => false }));
    assert.deepEqual(asked, []);
  });
});

describe('the question whether the clock is set', () => {
  it('is answered by the year', async () => {
    for (const [line, expected] of [
      [SET, true],
      [UNSET, false],
      // Time zones west of Greenwich begin a day before 1970.
      ['+CIPSNTPTIME:Wed Dec 31 16:00:00 1969', false],
    ] as const) {
      assert.equal(await clockIsSet(new ScriptedRun(() => [line]).run), expected);
    }
  });
});
