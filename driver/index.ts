/**
 * An ESP32 with Espressif's ESP-AT firmware as objects: WebSocket links over its serial port, without
 * Node-RED.
 *
 * @example
 * const device = new Device({ port: portAt('/dev/ttyUSB0', { rate: 115_200 }) });
 * const [link] = device.links;
 * link.on('message', ({ bytes }) => console.log(bytes.toString()));
 * device.start();
 * await link.open({ uri: 'wss://example.org/feed', keepOpen: true });
 * await link.send('hello');
 */
export { Device } from './device/device';
export type { DeviceChange, DeviceEvents, RecoveryStep, WifiChange } from './device/events';
export type {
  DeviceOptions,
  DeviceState,
  DeviceStateName,
  LinkStatus,
  PortMemory,
  SendQueueLevel,
} from './device/options';
export type { FirmwareClass, Capabilities } from './commands/capabilities';
export type { OutOfSyncReason, OutOfSyncCause, ResyncStep } from './at/events';
export type { Link } from './link/link';
export type {
  DeviceStatistics,
  PortErrors,
  LinkStatistics,
  MessageCount,
  PortCounters,
  PortStatistics,
} from './statistics/statistics';
export type {
  LinkChange,
  LinkChangeCause,
  LinkDataLoss,
  LinkEvent,
  LinkEvents,
  LinkRetry,
  LinkStateName,
  LinkWarning,
  Message,
} from './link/events';
export type { CloseOptions, OpenOptions, SendOptions } from './link/options';
export type { Framing } from './link/receive/options';
export type { Header } from './commands/wshead';
export type { LinkConfig } from './commands/wscfg';
export type { LinkStateNumber } from './commands/wsopen';
export type { WaitOptions } from './wait';
export type { Reply, ReplyMatch, RequestOptions, RequestPayload } from './link/request/options';
export type { WebSocketClassOptions, WebSocketOptions } from './web-socket/options';
export type { DeviceWebSocket } from './web-socket/web-socket';
export type { WebSocketConstructor } from './web-socket/web-socket-class';
export type { WebSocketCloseEvent, WebSocketErrorEvent } from './web-socket/events';
export type { SendCallback, WebSocketData } from './web-socket/send-buffer';
export type { FlowControl } from './commands/uart';
export {
  EspAtError,
  errorCodes,
  type ErrorCode,
  type ErrorDetails,
  type SendOutcome,
} from './errors';
export type { Clock, Cancel } from './clock';
export { systemClock } from './clock';
export type { LinkId } from './at/types';
export type { Port, PortHandlers, PortOpener, PortOpenOptions, PortOptions } from './port/port';
export type { WifiNetwork } from './commands/wifi';
export type { WifiOptions } from './provisioning/wifi';
export type { SntpOptions } from './provisioning/sntp';
export type { CertificateOptions } from './provisioning/certificates';
export { portAt } from './port/open';
export { examine, type DoctorOptions } from './doctor/doctor';
export {
  findingInWords,
  type DoctorCode,
  type Finding,
  type FindingSeverity,
} from './doctor/findings';
export type { DoctorFacts, DoctorReport, DoctorStep } from './doctor/report';
export { listPorts, type PortInfo } from './port/list';
