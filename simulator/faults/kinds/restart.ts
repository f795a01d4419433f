import { eventFault } from '../episode';
import { BOOT_NOISE_BYTES, startWithNoise } from './boot-noise';

export const restart = eventFault({
  name: 'restart',
  group: 'device',
  description:
    'the device restarts, as after a crash or by its watchdog; count: bytes of boot noise',
  defaults: { count: BOOT_NOISE_BYTES },
  takesCount: true,
  losesOutput: true,
  apply({ device, rules }, { count = BOOT_NOISE_BYTES }, run) {
    startWithNoise(rules, count, run, () => device.restart());
    return undefined;
  },
});
