import { outcomeFault } from '../outcomes';

export const commandFaults = [
  outcomeFault({
    name: 'busy',
    description: 'a command is answered with "busy p..." and thrown away; count: how many commands',
    outcome: () => ({ kind: 'busy', executed: false }),
  }),
  outcomeFault({
    name: 'busy-executed',
    description: 'a command is answered with "busy p..." and carried out all the same',
    outcome: () => ({ kind: 'busy', executed: true }),
  }),
  outcomeFault({
    name: 'late',
    description: 'a command is carried out and answered late; duration: by how much',
    defaults: { duration: 5_000 },
    outcome: ({ duration = 0 }) => ({ kind: 'late', delay: duration }),
  }),
  outcomeFault({
    name: 'answer-lost',
    description: 'a command is carried out, its answer never comes',
    outcome: () => ({ kind: 'answer lost' }),
  }),
  outcomeFault({
    name: 'answer-false',
    description: 'a command is carried out and answered with ERROR all the same',
    outcome: () => ({ kind: 'answer false' }),
  }),
  outcomeFault({
    name: 'error',
    description: 'a command is refused with ERROR',
    outcome: () => ({ kind: 'error' }),
  }),
  outcomeFault({
    name: 'hang',
    description: 'a command never ends; the device is busy until AT+RST, a reset or a power cycle',
    outcome: () => ({ kind: 'hang' }),
  }),
];
