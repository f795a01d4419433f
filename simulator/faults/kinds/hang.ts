import { outcomeFault } from '../outcomes';

export const hang = outcomeFault({
  name: 'hang',
  description: 'a command never ends; the device is busy until AT+RST, a reset or a power cycle',
  outcome: () => ({ kind: 'hang' }),
});
