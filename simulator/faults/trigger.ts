import type { FaultSettings, FaultSite, Place, Run, Setting } from './fault';
import type { PassingByte } from './wire';

/** The settings that say when a fault applies. */
export const triggerSettings: readonly Setting[] = [
  'delay',
  'direction',
  'offset',
  'point',
  'command',
  'chance',
];

export interface Happening {
  /** Whether what the device was about to say is lost, as in a crash. */
  readonly loses?: boolean;
  happen(place: Place): void;
}

/**
 * Applies a fault at the trigger that the settings name: after a number of bytes, at a point of a
 * command, by chance with each command, or at once. Once, unless there is a chance. Returns its cancel.
 */
export function onTrigger(
  site: FaultSite,
  settings: FaultSettings,
  run: Run,
  happening: Happening,
): () => void {
  if (settings.delay === undefined) return now(site, settings, run, happening);
  let cancel = site.clock.after(settings.delay, () => {
    cancel = now(site, settings, run, happening);
  });
  return () => cancel();
}

function now(site: FaultSite, settings: FaultSettings, run: Run, happening: Happening): () => void {
  if (settings.offset !== undefined) {
    return afterBytes(site, { ...settings, offset: settings.offset }, happening);
  }
  if (
    settings.point !== undefined ||
    settings.command !== undefined ||
    settings.chance !== undefined
  ) {
    return atPoint(site, settings, run, happening);
  }
  if (happening.loses === true) site.line.discard();
  happening.happen({ kind: 'time' });
  return () => undefined;
}

function afterBytes(
  site: FaultSite,
  { direction = 'to-host', offset }: FaultSettings & { readonly offset: number },
  happening: Happening,
): () => void {
  const wire = site.line.wire(direction);
  const tap = {
    next: wire.offset + offset,
    act: ({ unit, index, offset: at }: PassingByte) => {
      remove();
      const nothing = Buffer.alloc(0);
      const place: Place = {
        kind: 'bytes',
        ...{ direction, offset: at, unit, index, sent: nothing, received: nothing },
      };
      return {
        kind: 'happen' as const,
        loses: direction === 'to-host' && happening.loses === true,
        happen: () => happening.happen(place),
      };
    },
  };
  const remove = wire.tap(tap);
  return remove;
}

function atPoint(
  site: FaultSite,
  { point = 'command', command, chance }: FaultSettings,
  run: Run,
  happening: Happening,
): () => void {
  const remove = site.rules.addPoint((reached, line) => {
    if (reached !== point || !begins(line, command)) return;
    if (chance === undefined) remove();
    else if (run.random() >= chance) return;
    happening.happen({ kind: 'command', point, line });
  });
  return remove;
}

/** Whether a command line begins with `command`; case is ignored. */
export function begins(line: string, command: string | undefined): boolean {
  return line.toUpperCase().startsWith((command ?? '').toUpperCase());
}
