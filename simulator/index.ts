export { systemClock, type Clock } from './clock';
export { SimulatedDevice } from './device';
export { firmwareClasses, type FirmwareClass } from './firmware';
export type { Fate, Hooks, Point } from './hooks';
export {
  realNetwork,
  type Connection,
  type ConnectionHandlers,
  type ConnectionTarget,
  type Network,
  type TlsOptions,
} from './network';
export { defaultAccessPoints, type AccessPoint, type SimulatorOptions } from './options';
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
