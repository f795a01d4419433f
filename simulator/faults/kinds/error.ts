import { outcomeFault } from '../outcomes';

export const error = outcomeFault({
  name: 'error',
  description: 'a command is refused with ERROR',
  outcome: () => ({ kind: 'error' }),
});
