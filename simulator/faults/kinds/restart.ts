import { randomBytes } from '../../random';
import { event } from '../episode';

/** Bytes that the boot loader leaves on the line by default. */
const bootNoise = 24;

export const restart = event({
  name: 'restart',
  group: 'device',
  description:
    'the device restarts, as after a crash or by its watchdog; count: bytes of boot noise',
  defaults: { count: bootNoise },
  takesCount: true,
  loses: true,
  happen({ device, rules }, { count = bootNoise }, run) {
    const remove = rules.addBoot(() => {
      remove();
      return randomBytes(count, run.random);
    });
    device.restart();
    remove();
    return undefined;
  },
});
