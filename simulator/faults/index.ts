export { faults } from './all';
export type { Fault, FaultGroup, FaultSettings, FaultyPort, Hit, Place, Setting } from './fault';
export { faultyDevice, Faults, Injection, type FaultyDevice } from './injector';
export { formatSettings, parseSettings } from './settings';
export { faultNamed, parseFault, type ParsedFault } from './table';
export type { Direction } from '../serial/direction';
