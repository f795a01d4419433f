import { episode } from '../episode';

export const stall = episode({
  name: 'stall',
  group: 'line',
  description: 'nothing the device says comes through for a while, then all of it',
  defaults: { duration: 3_000 },
  begin: (site) => site.line.hold(),
});
