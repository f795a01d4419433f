import { randomBytes } from '../../random';
import type { Fault, Run } from '../fault';
import type { Rules } from '../rules';

/** Default length of boot loader noise. */
export const BOOT_NOISE_BYTES = 24;

/** Runs `start`, which starts the device, with `count` random bytes of boot loader noise. */
export function startWithNoise(rules: Rules, count: number, run: Run, start: () => void): void {
  const remove = rules.addBoot(() => {
    remove();
    return randomBytes(count, run.random);
  });
  start();
  remove();
}

export const bootNoise: Fault = {
  name: 'boot-noise',
  group: 'device',
  description: 'every start leaves random bytes on the line before "ready"; count: how many',
  takes: ['count'],
  defaults: { count: BOOT_NOISE_BYTES },
  lasting: true,
  start: ({ rules }, { count = BOOT_NOISE_BYTES }, run) =>
    rules.addBoot(() => {
      run.hit({ kind: 'start' });
      return randomBytes(count, run.random);
    }),
};
