import { outcomeFault } from '../outcomes';

export const busy = outcomeFault({
  name: 'busy',
  description: 'a command is answered with "busy p..." and thrown away; count: how many commands',
  outcome: () => ({ kind: 'busy', executed: false }),
});
