import { fateFault } from '../fates';

export const busy = fateFault({
  name: 'busy',
  description: 'a command is answered with "busy p..." and thrown away; count: how many commands',
  fate: () => ({ kind: 'busy', executed: false }),
});
