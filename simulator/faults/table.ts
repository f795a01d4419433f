import type { Fault, FaultSettings } from './fault';
import { answerFalse } from './kinds/answer-false';
import { answerLost } from './kinds/answer-lost';
import { blackHole } from './kinds/black-hole';
import { bootNoise } from './kinds/boot-noise';
import { busy } from './kinds/busy';
import { busyExecuted } from './kinds/busy-executed';
import { double } from './kinds/double';
import { echo } from './kinds/echo';
import { error } from './kinds/error';
import { flip } from './kinds/flip';
import { frameStalled } from './kinds/frame-stalled';
import { freeze } from './kinds/freeze';
import { hang } from './kinds/hang';
import { heap } from './kinds/heap';
import { insert } from './kinds/insert';
import { late } from './kinds/late';
import { lose } from './kinds/lose';
import { noise } from './kinds/noise';
import { overrun } from './kinds/overrun';
import { powerCycle } from './kinds/power-cycle';
import { restart } from './kinds/restart';
import { segmentsJoined } from './kinds/segments-joined';
import { segmentsSplit } from './kinds/segments-split';
import { serverRefuse } from './kinds/server-refuse';
import { serverReset } from './kinds/server-reset';
import { serverSilent } from './kinds/server-silent';
import { serverSlow } from './kinds/server-slow';
import { stall } from './kinds/stall';
import { stray } from './kinds/stray';
import { unplug } from './kinds/unplug';
import { wifiLost } from './kinds/wifi-lost';
import { wrongRate } from './kinds/wrong-rate';
import { parseSettings } from './settings';

/** Every kind of fault there is. */
export const faults: readonly Fault[] = [
  ...[lose, flip, double, insert, noise, stall, overrun, wrongRate],
  ...[busy, busyExecuted, late, answerLost, answerFalse, error, hang],
  ...[freeze, restart, powerCycle, bootNoise, echo, stray, heap],
  ...[segmentsJoined, segmentsSplit],
  ...[wifiLost, blackHole, serverSlow, serverSilent, serverReset, serverRefuse, frameStalled],
  unplug,
];

/** @throws Error for a name that no fault has */
export function faultNamed(name: string): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (!found) throw new Error(`there is no fault "${name}"`);
  return found;
}

/** A fault with settings that it takes. */
export interface FaultOrder {
  readonly fault: Fault;
  readonly settings: FaultSettings;
}

/**
 * Reads `NAME` or `NAME=SETTINGS`, such as `lose=to-device,@12` or `late=AT+WSSEND,3s`.
 *
 * @throws Error that says what is wrong with it
 */
export function parseFault(text: string): FaultOrder {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  return order(name, equals < 0 ? {} : parseSettings(text.slice(equals + 1)));
}

/** @throws Error for a setting that the fault does not take, or a value that cannot be */
export function order(name: string, settings: FaultSettings): FaultOrder {
  const fault = faultNamed(name);
  const { chance } = settings;
  const given = Object.entries(settings).flatMap(([key, value]) =>
    value === undefined ? [] : key,
  );
  const foreign = given.find((setting) => !fault.takes.some((taken) => taken === setting));
  if (foreign !== undefined) throw new Error(`the fault ${name} takes no ${foreign}`);
  if (chance !== undefined && !(chance > 0 && chance <= 1)) {
    throw new Error('a chance is more than 0 and at most 1');
  }
  return { fault, settings: { ...fault.defaults, ...settings } };
}
