import type { Outcome } from '../device/hooks';
import type { Fault, FaultSettings } from './fault';
import { beginsWith } from './trigger';

/** A fault that changes the outcome of commands: the next one, the next of a kind, or each with a probability. */
export function outcomeFault(kind: {
  readonly name: string;
  readonly description: string;
  readonly defaults?: FaultSettings;
  outcome(settings: FaultSettings): Outcome;
}): Fault {
  const { name, description, defaults = {} } = kind;
  return {
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
      let left = settings.count ?? 1;
      return site.rules.addOutcome((line) => {
        if (!beginsWith(line, settings.command)) return undefined;
        if (settings.chance !== undefined && run.random() >= settings.chance) return undefined;
        run.hit({ kind: 'command', point: 'command', line });
        if (settings.chance === undefined && --left <= 0) run.over();
        return kind.outcome(settings);
      });
    },
  };
}
