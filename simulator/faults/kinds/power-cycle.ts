import { randomBytes } from '../../random';
import { episode } from '../episode';

/** Bytes that the boot loader leaves on the line by default. */
const bootNoise = 24;

export const powerCycle = episode({
  name: 'power-cycle',
  group: 'device',
  description: 'power goes and comes back; duration: without power, count: bytes of boot noise',
  defaults: { duration: 1_000, count: bootNoise },
  takesCount: true,
  loses: true,
  begin({ device, rules }, { count = bootNoise }, run) {
    device.powerOff();
    return () => {
      const remove = rules.addBoot(() => {
        remove();
        return randomBytes(count, run.random);
      });
      device.powerOn();
      remove();
    };
  },
});
