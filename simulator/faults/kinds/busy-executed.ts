import { outcomeFault } from '../outcomes';

export const busyExecuted = outcomeFault({
  name: 'busy-executed',
  description: 'a command is answered with "busy p..." and carried out all the same',
  outcome: () => ({ kind: 'busy', executed: true }),
});
