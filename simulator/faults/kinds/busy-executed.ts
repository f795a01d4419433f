import { fateFault } from '../fates';

export const busyExecuted = fateFault({
  name: 'busy-executed',
  description: 'a command is answered with "busy p..." and carried out all the same',
  fate: () => ({ kind: 'busy', executed: true }),
});
