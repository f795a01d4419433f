import { randomBytes } from '../../random';
import { episode } from '../episode';

/** Bytes that the boot loader leaves on the line by default. */
const BOOT_NOISE_BYTES = 24;

export const powerCycle = episode({
  name: 'power-cycle',
  group: 'device',
  description: 'power goes and comes back; duration: without power, count: bytes of boot noise',
  defaults: { duration: 1_000, count: BOOT_NOISE_BYTES },
  takesCount: true,
  loses: true,
  begin({ device, rules }, { count = BOOT_NOISE_BYTES }, run) {
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
