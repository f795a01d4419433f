import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MessageLog } from '../../message-log';
import { slowRecoveries } from './recovery-limits';

/** A restart at 0 that the driver saw. The device has an address after 1500 ms, the links are open after 7400 ms. */
function recoveryAfter(line: string): string[] {
  const log = new MessageLog(() => 1);
  log.event('restart');
  const place = { kind: 'command', point: 'answered', line } as const;
  const hit = { fault: 'restart', at: 0, place, passed: { 'to-device': 0, 'to-host': 0 } };
  const times = { from: 0, gone: 0, recovered: 8000, usable: 8000, reopened: 7400 };
  const episode = { names: ['restart'], hits: [hit], ...times, flooded: 0, blocked: 0 };
  return slowRecoveries(episode, log, { bootAndJoinMs: 1500, padMs: 0 });
}

it('a restart behind the answer to AT+WSCFG may take 5 s longer: the device reads the AT+WSOPEN that follows', () => {
  assert.deepEqual(recoveryAfter('AT+WSCFG=2,5,12,1024'), []);
  assert.deepEqual(recoveryAfter('AT+WSOPEN?'), [
    'restart at 0: opening the links took 7400 ms of 3500',
  ]);
});
