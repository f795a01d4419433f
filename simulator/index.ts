export { systemClock, type Clock } from './clock';
export type { BuildOptions } from './build';
export { SimulatedDevice } from './device';
export {
  faults,
  faultyDevice,
  formatSettings,
  Injection,
  parseFault,
  parseSettings,
  type Direction,
  type Fault,
  type FaultGroup,
  type FaultOrder,
  type Faults,
  type FaultSettings,
  type FaultyDevice,
  type FaultyPort,
  type Hit,
  type Place,
  type Setting,
} from './faults';
export { firmwareClasses, type FirmwareClass } from './firmware';
export type { Outcome, Hooks, Point } from './hooks';
export {
  realNetwork,
  type Connection,
  type ConnectionHandlers,
  type ConnectionTarget,
  type Network,
  type TlsOptions,
} from './network';
export {
  defaultAccessPoints,
  type AccessPoint,
  type DnsAnswer,
  type SimulatorOptions,
} from './options';
export { damagedAbove, PacedLine, type PacedLineOptions } from './paced-uart';
export {
  simulatedPort,
  type SimulatedPort,
  type SimulatedPortHandlers,
  type SimulatedPortOpener,
} from './port';
export { seededRandom, type Random } from './random';
export { listen, type SimulatorServer, type SimulatorServerOptions } from './server';
export {
  defaultUartSettings,
  directUart,
  transmitRing,
  type Uart,
  type UartEnds,
  type UartFactory,
  type UartSettings,
} from './uart';
