import { randomBytes } from '../../random';
import { event } from '../episode';

/** Bytes that the boot loader leaves on the line by default. */
const BOOT_NOISE_BYTES = 24;

export const restart = event({
  name: 'restart',
  group: 'device',
  description:
    'the device restarts, as after a crash or by its watchdog; count: bytes of boot noise',
  defaults: { count: BOOT_NOISE_BYTES },
  takesCount: true,
  loses: true,
  happen({ device, rules }, { count = BOOT_NOISE_BYTES }, run) {
    const remove = rules.addBoot(() => {
      remove();
      return randomBytes(count, run.random);
    });
    device.restart();
    remove();
    return undefined;
  },
});
