import { fateFault } from '../fates';

export const hang = fateFault({
  name: 'hang',
  description: 'a command never ends; the device is busy until AT+RST, a reset or a power cycle',
  fate: () => ({ kind: 'hang' }),
});
