import type { EventEmitter } from 'node:events';
import type { DeviceEvents } from '../device/events';
import type { EspAtError } from '../errors';
import type { Link } from '../link/link';
import type { DeviceRecorder } from './device-recorder';

/**
 * Records the events of a device and its links, except messages, and except `open` and `close` of a link, which
 * `statechange` shows.
 */
export function recordEvents(
  device: EventEmitter<DeviceEvents>,
  links: readonly Link[],
  recorder: DeviceRecorder,
): void {
  const event = (name: string, detail?: string, error?: EspAtError) =>
    recorder.line({ event: name, detail, error: error?.code });
  device.on('statechange', ({ to, error }) => recorder.line({ state: to, error: error?.code }));
  device.on('restart', () => event('restart'));
  device.on('outofsync', ({ reason, command }) =>
    event('outofsync', command === undefined ? reason : `${reason}, ${command}`),
  );
  device.on('resyncstep', (step) => event('resyncstep', step));
  device.on('insync', () => event('insync'));
  device.on('wifi', (change) => event('wifi', change));
  device.on('clockset', () => event('clockset'));
  device.on('sendqueue', (level) => event('sendqueue', String(level)));
  device.on('warning', (error) => event('warning', undefined, error));
  device.on('unknownline', (line) => recorder.unknownLine(line));
  device.on('omitted', ({ event: name, count }) => event('omitted', `${name} ${count}`));
  for (const link of links) recordLink(link, recorder);
}

function recordLink(link: Link, recorder: DeviceRecorder): void {
  const emitted = (linkEvent: string, detail?: string, error?: EspAtError) =>
    recorder.line({ linkEvent, link: link.id, detail, error: error?.code });
  link.on('statechange', ({ to, cause, error }) =>
    emitted('statechange', cause === to ? to : `${to}, ${cause}`, error),
  );
  link.on('dataloss', ({ error }) => emitted('dataloss', undefined, error));
  link.on('retry', ({ retryInMs }) => emitted('retry', String(retryInMs)));
  link.on('warning', ({ error }) => emitted('warning', undefined, error));
}
