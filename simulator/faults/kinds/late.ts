import { outcomeFault } from '../outcomes';

export const late = outcomeFault({
  name: 'late',
  description: 'a command is carried out and answered late; duration: by how much',
  defaults: { duration: 5_000 },
  takesDuration: true,
  outcome: ({ duration = 0 }) => ({ kind: 'late', delay: duration }),
});
