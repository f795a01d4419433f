import type { Fault } from './fault';
import { answerFalse, answerLost, busy, busyExecuted, error, hang, late } from './kinds/command';
import { bootNoise, echo, freeze, heap, powerCycle, restart, stray } from './kinds/device';
import { double, flip, insert, lose, noise, overrun, stall, wrongRate } from './kinds/line';
import {
  blackHole,
  frameStalled,
  segmentsJoined,
  segmentsSplit,
  serverRefuse,
  serverReset,
  serverSilent,
  serverSlow,
  wifiLost,
} from './kinds/network';
import { unplug } from './kinds/port';

/** All kinds of faults. */
export const faults: readonly Fault[] = [
  ...[lose, flip, double, insert, noise, stall, overrun, wrongRate],
  ...[busy, busyExecuted, late, answerLost, answerFalse, error, hang],
  ...[freeze, restart, powerCycle, bootNoise, echo, stray, heap],
  ...[segmentsJoined, segmentsSplit],
  ...[wifiLost, blackHole, serverSlow, serverSilent, serverReset, serverRefuse, frameStalled],
  unplug,
];
