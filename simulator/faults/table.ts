import { faults } from './all';
import type { Fault, FaultSettings } from './fault';
import { parseSettings } from './settings';

/** @throws Error for an unknown name */
export function faultNamed(name: string): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (!found) throw new Error(`there is no fault "${name}"`);
  return found;
}

/** A fault with its settings. */
export interface ParsedFault {
  /** The kind of fault. */
  readonly fault: Fault;
  /** Its settings, defaults included. */
  readonly settings: FaultSettings;
}

/**
 * Reads `NAME` or `NAME=SETTINGS`, such as `lose=to-device,@12` or `late=AT+WSSEND,3s`.
 *
 * @throws Error that names the invalid part
 */
export function parseFault(text: string): ParsedFault {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  return checkedFault(name, equals < 0 ? {} : parseSettings(text.slice(equals + 1)));
}

/** @throws Error for a setting that the fault does not take, and a value out of range */
export function checkedFault(name: string, settings: FaultSettings): ParsedFault {
  const fault = faultNamed(name);
  // A setting may be present though undefined: it has its default.
  const given: FaultSettings = Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  );
  const { chance, count, direction, offset, point, command } = given;
  const foreign = Object.keys(given).find(
    (setting) => !fault.takes.some((taken) => taken === setting),
  );
  if (foreign !== undefined) throw new Error(`the fault ${name} takes no ${foreign}`);
  if (chance !== undefined && !(chance > 0 && chance <= 1)) {
    throw new Error('a chance is more than 0 and at most 1');
  }
  for (const name of ['delay', 'duration'] as const) {
    if (!((given[name] ?? 0) >= 0)) throw new Error(`the ${name} of a fault is 0 or more`);
  }
  if (!isWhole(offset, 0)) throw new Error('the offset of a fault is a whole number of 0 or more');
  const { minCount = 1 } = fault;
  if (!isWhole(count, minCount)) {
    throw new Error(`the fault ${name} takes a whole count of at least ${minCount}`);
  }
  // A trigger is an offset in bytes or a command, never both.
  const isOfCommands = point !== undefined || command !== undefined || chance !== undefined;
  if (offset !== undefined && isOfCommands && fault.takes.includes('point')) {
    throw new Error(`the fault ${name} takes no point, command or chance beside an offset`);
  }
  // `noise` has a direction of its own: its bytes go there.
  const isOfTrigger = fault.takes.includes('point') && fault.defaults.direction === undefined;
  if (direction !== undefined && offset === undefined && isOfTrigger) {
    throw new Error(`the fault ${name} takes a direction only with an offset: ${direction},@0`);
  }
  return { fault, settings: { ...fault.defaults, ...given } };
}

const isWhole = (value: number | undefined, least: number): boolean =>
  value === undefined || (Number.isSafeInteger(value) && value >= least);
