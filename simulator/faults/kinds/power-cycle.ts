import { episodeFault } from '../episode';
import { BOOT_NOISE_BYTES, startWithNoise } from './boot-noise';

export const powerCycle = episodeFault({
  name: 'power-cycle',
  group: 'device',
  description: 'power goes and comes back; duration: without power, count: bytes of boot noise',
  defaults: { duration: 1_000, count: BOOT_NOISE_BYTES },
  takesCount: true,
  losesOutput: true,
  begin({ device, rules }, { count = BOOT_NOISE_BYTES }, run) {
    device.powerOff();
    return () => startWithNoise(rules, count, run, () => device.powerOn());
  },
});
