import type { Fault } from './fault';
import { commandFaults } from './kinds/command';
import { deviceFaults, portFaults } from './kinds/device';
import { lineFaults } from './kinds/line';
import { networkFaults } from './kinds/network';

/** All kinds of faults. */
export const faults: readonly Fault[] = [
  ...lineFaults,
  ...commandFaults,
  ...deviceFaults,
  ...networkFaults,
  ...portFaults,
];
