import type { FaultSettings, FaultSite, Place, FaultCallbacks, Setting } from './fault';
import type { PassingByte } from './wire';

/** The settings of a trigger. */
export const triggerSettings: readonly Setting[] = [
  'delay',
  'direction',
  'offset',
  'point',
  'command',
  'chance',
];

export interface TriggeredFault {
  /** Whether a fault without a trigger waits until the device has power. */
  readonly needsPower: boolean;
  apply(place: Place): void;
}

/**
 * Applies a fault at the trigger of its settings: after a count of bytes, at a point of a command, with a probability at
 * each command, or now. Applies it once, unless it has a chance. Returns a function that cancels it.
 */
export function onTrigger(
  site: FaultSite,
  settings: FaultSettings,
  run: FaultCallbacks,
  fault: TriggeredFault,
): () => void {
  if (settings.offset !== undefined) {
    return afterBytes(site, { ...settings, offset: settings.offset }, fault);
  }
  if (
    settings.point !== undefined ||
    settings.command !== undefined ||
    settings.chance !== undefined
  ) {
    return atPoint(site, settings, run, fault);
  }
  const apply = () => fault.apply({ kind: 'time' });
  if (fault.needsPower) return oncePowered(site, apply);
  apply();
  return () => undefined;
}

/** Calls `call` once the device has power: now, or after it has begun to start. Returns a function that cancels it. */
function oncePowered(site: FaultSite, call: () => void): () => void {
  if (site.device.powered) {
    call();
    return () => undefined;
  }
  let cancel = site.rules.addBoot(() => {
    cancel();
    cancel = site.clock.after(0, () => {
      cancel = oncePowered(site, call);
    });
    return undefined;
  });
  return () => cancel();
}

function afterBytes(
  site: FaultSite,
  { direction = 'to-host', offset }: FaultSettings & { readonly offset: number },
  fault: TriggeredFault,
): () => void {
  const wire = site.serialLine.wire(direction);
  const tap = {
    next: wire.offset + offset,
    act: ({ chunk, index, offset: at }: PassingByte) => {
      remove();
      const noBytes = Buffer.alloc(0);
      const place: Place = {
        kind: 'bytes',
        direction,
        offset: at,
        chunk,
        index,
        sent: noBytes,
        received: noBytes,
      };
      return {
        kind: 'call' as const,
        call: () => fault.apply(place),
      };
    },
  };
  const remove = wire.tap(tap);
  return remove;
}

function atPoint(
  site: FaultSite,
  { point = 'command', command, chance }: FaultSettings,
  run: FaultCallbacks,
  fault: TriggeredFault,
): () => void {
  const remove = site.rules.addPoint((reached, line) => {
    if (reached !== point || !beginsWith(line, command)) return;
    if (chance === undefined) remove();
    else if (run.random() >= chance) return;
    fault.apply({ kind: 'command', point, line });
  });
  return remove;
}

/** Whether a command line begins with `command`; case is ignored. */
export function beginsWith(line: string, command: string | undefined): boolean {
  return line.toUpperCase().startsWith((command ?? '').toUpperCase());
}
