import type { EventEmitter } from 'node:events';
import type { Device } from '../../driver/device/device';
import type { DeviceEvents } from '../../driver/device/events';
import type { EspAtError } from '../../driver/errors';
import type { LinkChangeCause, LinkEvent, LinkEvents } from '../../driver/link/events';
import type { LinkStateNumber } from '../../driver/commands/wsopen';

/** An event of the device, other than those of its state, its send queues and omitted events. */
export interface LoggedDeviceEvent {
  readonly event: Exclude<keyof DeviceEvents, 'statechange' | 'sendqueue' | 'omitted'>;
  /** Its text argument; for `outofsync` its `reason`. */
  readonly detail?: string;
  readonly error?: EspAtError;
}

/** A change of a link, a data loss or a retry. */
export interface LoggedLinkEvent extends LinkEvent {
  readonly event: LinkChangeCause | 'dataloss' | 'retry';
  readonly state: LinkStateNumber;
  readonly error?: EspAtError;
  readonly retryInMs?: number;
}

/** Calls the listener with the events of a device, and with the warnings of its links. */
export function onDeviceEvents(device: Device, listener: (event: LoggedDeviceEvent) => void): void {
  for (const event of ['restart', 'insync', 'clockset'] as const)
    device.on(event, () => listener({ event }));
  for (const event of ['resyncstep', 'wifi', 'unknownline'] as const)
    device.on(event, (detail: string) => listener({ event, detail }));
  device.on('outofsync', ({ reason }) => listener({ event: 'outofsync', detail: reason }));
  device.on('warning', (error) => listener({ event: 'warning', error }));
  for (const link of device.links)
    link.on('warning', ({ error }) => listener({ event: 'warning', error }));
}

/** Calls the listener with the events of all links. */
export function onLinkEvents(device: Device, listener: (event: LoggedLinkEvent) => void): void {
  for (const each of device.links) {
    each.on('statechange', ({ link, cause, stateNumber, uri, owner, error }) =>
      listener({ link, event: cause, state: stateNumber, uri, owner, ...(error && { error }) }),
    );
    each.on('dataloss', (loss) =>
      listener({ ...loss, event: 'dataloss', state: each.stateNumber }),
    );
    each.on('retry', (retry) => listener({ ...retry, event: 'retry', state: each.stateNumber }));
  }
}

/** Counts the listeners of a device and its links. */
export function listenerCount(
  device: EventEmitter<DeviceEvents> & { readonly links: readonly EventEmitter<LinkEvents>[] },
): number {
  const counts = [
    ...device.eventNames().map((event) => device.listenerCount(event)),
    ...device.links.flatMap((link) => link.eventNames().map((event) => link.listenerCount(event))),
  ];
  return counts.reduce((sum, count) => sum + count, 0);
}
