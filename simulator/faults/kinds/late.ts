import { fateFault } from '../fates';

export const late = fateFault({
  name: 'late',
  description: 'a command is carried out and answered late; duration: by how much',
  defaults: { duration: 5_000 },
  takesDuration: true,
  fate: ({ duration = 0 }) => ({ kind: 'late', delay: duration }),
});
