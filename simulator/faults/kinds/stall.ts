import { episodeFault } from '../episode';

export const stall = episodeFault({
  name: 'stall',
  group: 'line',
  description: 'nothing the device says comes through for a while, then all of it',
  defaults: { duration: 3_000 },
  begin: (site) => site.line.hold(),
});
