import {
  faultNamed,
  faults,
  parseFault,
  type ParsedFault,
  type FaultSettings,
} from '../../../simulator/faults';
import type { Random } from '../../../simulator';
import { between, pick } from '../../harness/random';

/** A fault of the simulator, or the one of the host. */
export type ScheduledFault =
  | ({ readonly kind: 'simulator' } & ParsedFault)
  /** The port is lost, and another program has it open once it is back. */
  | { readonly kind: 'port busy' };

/** The name of the host's fault. */
export const PORT_BUSY = 'port-busy';

/** All faults by name. */
export const faultNames: readonly string[] = [...faults.map(({ name }) => name), PORT_BUSY];

export function nameOf(scheduled: ScheduledFault): string {
  return scheduled.kind === 'port busy' ? PORT_BUSY : scheduled.fault.name;
}

/** A fault with the fault that triggers it: boot noise needs a restart. */
export function withPrerequisite(scheduled: ScheduledFault): readonly ScheduledFault[] {
  return nameOf(scheduled) === 'boot-noise'
    ? [scheduled, { kind: 'simulator', ...parseFault('restart') }]
    : [scheduled];
}

const commands = ['AT+WSSEND', 'AT+WSOPEN=', 'AT+WSCLOSE', 'AT+WSCFG', 'AT+WSOPEN?', 'AT'] as const;
const points = ['command', 'prompt', 'payload', 'sent', 'answered'] as const;

/**
 * Draws a fault with its trigger.
 * @param only draws from these names, or names with settings (`lose=to-device,@12`); empty: all faults
 */
export function drawFault(random: Random, only: readonly string[]): ScheduledFault {
  const [first, ...rest] = only.length > 0 ? only : faultNames;
  const text = pick(random, [first ?? PORT_BUSY, ...rest]);
  if (text === PORT_BUSY) return { kind: 'port busy' };
  if (text.includes('=')) return { kind: 'simulator', ...parseFault(text) };
  const fault = faultNamed(text);
  return {
    kind: 'simulator',
    fault,
    settings: { ...fault.defaults, ...drawSettings(random, text) },
  };
}

function drawSettings(random: Random, name: string): FaultSettings {
  const { takes, group, defaults } = faultNamed(name);
  const duration = takes.includes('duration')
    ? { duration: Math.round((defaults.duration ?? 1000) * (0.2 + 1.3 * random())) }
    : {};
  if (group === 'command') {
    const command = random() < 0.6 ? 'AT+WSSEND' : pick(random, commands);
    return { ...duration, command, count: random() < 0.8 ? 1 : between(random, 2, 4) };
  }
  const isOfBytes = group === 'line' && !takes.includes('point') && takes.includes('offset');
  if (isOfBytes) return { ...drawPlace(random), count: drawCount(random) };
  if (!takes.includes('point')) return duration;
  const chance = random();
  if (chance < 0.3) return duration;
  if (chance < 0.6) return { ...duration, ...drawPlace(random) };
  return { ...duration, point: pick(random, points), command: pick(random, ['AT+WSSEND', 'AT']) };
}

function drawPlace(random: Random): FaultSettings {
  const offset = between(random, 0, pick(random, [20, 200, 2000, 8000]));
  return { direction: random() < 0.5 ? 'to-host' : 'to-device', offset };
}

const drawCount = (random: Random): number =>
  random() < 0.6 ? 1 : random() < 0.8 ? between(random, 2, 5) : between(random, 6, 60);
