import type { Fault } from './fault';
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

/** All kinds of faults. */
export const faults: readonly Fault[] = [
  ...[lose, flip, double, insert, noise, stall, overrun, wrongRate],
  ...[busy, busyExecuted, late, answerLost, answerFalse, error, hang],
  ...[freeze, restart, powerCycle, bootNoise, echo, stray, heap],
  ...[segmentsJoined, segmentsSplit],
  ...[wifiLost, blackHole, serverSlow, serverSilent, serverReset, serverRefuse, frameStalled],
  unplug,
];
