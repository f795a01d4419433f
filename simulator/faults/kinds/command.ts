import type { Outcome } from '../../device/hooks';
import { fault } from '../builders';
import type { Fault, FaultSettings } from '../fault';
import { beginsWith } from '../trigger';

/** A fault that changes the outcome of commands: the next one, the next of a kind, or each with a probability. */
function outcomeFault({
  name,
  description,
  defaults = {},
  outcome,
}: Pick<Fault, 'name' | 'description'> & {
  readonly defaults?: FaultSettings;
  readonly outcome: (settings: FaultSettings) => Outcome;
}): Fault {
  return fault<{ readonly count: number }>({
    name,
    group: 'command',
    description,
    lasting: false,
    takes: [
      ...(['delay', 'command', 'chance', 'count'] as const),
      ...(defaults.duration === undefined ? [] : (['duration'] as const)),
    ],
    defaults: { count: 1, ...defaults },
    start(site, settings, run) {
      let left = settings.count;
      return site.rules.addOutcome((line) => {
        if (!beginsWith(line, settings.command)) return undefined;
        if (settings.chance !== undefined && run.random() >= settings.chance) return undefined;
        if (!run.hit({ kind: 'command', point: 'command', line })) return undefined;
        if (settings.chance === undefined && --left <= 0) run.over();
        return outcome(settings);
      });
    },
  });
}

export const commandFaults = [
  outcomeFault({
    name: 'busy',
    description: 'a command is answered with "busy p..." and thrown away',
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
