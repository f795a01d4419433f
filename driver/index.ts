/**
 * An ESP32 with Espressif's ESP-AT firmware as objects: WebSocket links over its serial port, without
 * Node-RED.
 *
 * @example
 * const device = new Device({ port: openerFor('/dev/ttyUSB0', { rate: 115_200 }) });
 * device.on('message', ({ link, bytes }) => console.log(link, bytes.toString()));
 * device.start();
 * await device.links[0].open({ uri: 'wss://example.org/feed', keepOpen: true });
 * await device.links[0].send('hello');
 */
export { Device, type DeviceEvents } from './device/device';
export { Link } from './link/link';
export * from './device/options';
export {
  linkStateNames,
  type CloseOptions,
  type Header,
  type Framing,
  type LinkConfig,
  type LinkEvent,
  type LinkEventName,
  type LinkState,
  type Message,
  type OpenOptions,
  type SendOptions,
  type Wait,
} from './link/options';
export type { Reply, ReplyMatch, RequestOptions, RequestPayload } from './link/request/options';
export * from './errors';
export type { Clock, Cancel } from './clock';
export { systemClock } from './clock';
export type { LinkId } from './at/types';
export type { Port, PortHandlers, PortOpener, PortSettings } from './port/port';
export type { WifiNetwork } from './commands/wifi';
export { portAt, type PortOptions } from './port/open';
export { listPorts, type PortInfo } from './port/list';
