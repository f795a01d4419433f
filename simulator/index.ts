export { systemClock, type Clock } from './clock';
export type { BuildOptions } from './device/build';
export { SimulatedDevice } from './device/device';
export {
  faults,
  faultyDevice,
  parseFault,
  type Direction,
  type Fault,
  type FaultGroup,
  type ParsedFault,
  type Faults,
  type FaultSettings,
  type FaultyDevice,
  type FaultyPort,
  type Hit,
  type Injection,
  type Place,
  type Setting,
} from './faults';
export { firmwareClasses, type FirmwareClass, type Weakness } from './device/firmware';
export type { Outcome, Hooks, Point } from './device/hooks';
export type {
  Connection,
  ConnectionHandlers,
  ConnectionTarget,
  Network,
  TlsOptions,
} from './network/network';
export type { AccessPoint, DnsAnswer, SimulatorOptions } from './device/options';
export type { NetworkPathOptions } from './network/network-path';
export type { SegmentOptions } from './network/segmenter';
export {
  simulatedPort,
  type SimulatedPort,
  type SimulatedPortHandlers,
  type SimulatedPortOpener,
} from './serial/port';
export { seededRandom, type Random } from './random';
export { listen, type SimulatorServer, type SimulatorServerOptions } from './serial/server';
export type { Uart, UartEnds, UartFactory, UartSettings } from './serial/uart';
