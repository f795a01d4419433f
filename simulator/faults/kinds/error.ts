import { fateFault } from '../fates';

export const error = fateFault({
  name: 'error',
  description: 'a command is refused with ERROR',
  fate: () => ({ kind: 'error' }),
});
