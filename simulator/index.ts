export { systemClock, type Clock } from './clock';
export type { BuildOptions } from './build';
export { SimulatedDevice } from './device';
export {
  faults,
  faultyDevice,
  parseFault,
  type Direction,
  type Fault,
  type FaultGroup,
  type FaultOrder,
  type Faults,
  type FaultSettings,
  type FaultyDevice,
  type FaultyPort,
  type Hit,
  type Injection,
  type Place,
  type Setting,
} from './faults';
export { firmwareClasses, type FirmwareClass } from './firmware';
export type { Outcome, Hooks, Point } from './hooks';
export type {
  Connection,
  ConnectionHandlers,
  ConnectionTarget,
  Network,
  TlsOptions,
} from './network';
export type { AccessPoint, DnsAnswer, SimulatorOptions } from './options';
export {
  simulatedPort,
  type SimulatedPort,
  type SimulatedPortHandlers,
  type SimulatedPortOpener,
} from './port';
export { seededRandom, type Random } from './random';
export { listen, type SimulatorServer, type SimulatorServerOptions } from './server';
export type { Uart, UartEnds, UartFactory, UartSettings } from './uart';
