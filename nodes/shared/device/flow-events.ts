import type { DeviceChange } from '../../../driver/device/events';
import type { EspAtError } from '../../../driver/errors';
import type {
  LinkChange,
  LinkChangeCause,
  LinkDataLoss,
  LinkEvent,
  LinkRetry,
  LinkWarning,
  Message,
} from '../../../driver/link/events';
import type { FlowError } from '../errors/node-error';
import type { DeviceApi, LinkApi } from './device-api';
import type { LinkStateNumber } from '../../../driver/commands/wsopen';
import type { OutOfSyncCause } from '../../../driver/at/events';

/** An event of a link, as a flow sees it. `asked`: the device's answer to a question. */
export interface FlowLinkEvent extends LinkEvent {
  readonly event: LinkChangeCause | 'retrying' | 'data-loss' | 'warning' | 'asked';
  readonly state: LinkStateNumber;
  readonly error?: EspAtError;
  /** Milliseconds. */
  readonly retryIn?: number;
  /** Of a `data-loss`: how many were left out before it. */
  readonly omitted?: number;
}

export type FlowDeviceEventName =
  | ('initializing' | 'ready' | 'lost' | 'restarted' | 'out-of-sync' | 'resync-step' | 'in-sync')
  | ('joined' | 'address' | 'wifi-lost' | 'clock-set' | 'warning' | 'unknown-line')
  | 'recording-saved';

/** An event of the device, as a flow and the log see it. */
export interface FlowDeviceEvent {
  readonly event: FlowDeviceEventName;
  /** A version, a line, the path of a file; or the code of a reason or a step. Never a secret. */
  readonly detail?: string;
  /** Name of the AT command that the event is about. */
  readonly command?: string;
  readonly error?: FlowError;
}

/** Listens to links; the function it returns removes the listeners. */
export function listenToLinks(
  links: readonly LinkApi[],
  listener: (event: FlowLinkEvent) => void,
  onMessage?: (message: Message, link: LinkApi) => void,
): () => void {
  const removals = links.map((each) => {
    const onChange = ({ link, cause, stateNumber, uri, owner, error }: LinkChange) =>
      listener({ link, event: cause, state: stateNumber, uri, owner, ...(error && { error }) });
    const onLoss = (loss: LinkDataLoss) =>
      listener({ ...loss, event: 'data-loss', state: each.stateNumber });
    const onRetry = ({ retryInMs, ...event }: LinkRetry) =>
      listener({ ...event, event: 'retrying', state: each.stateNumber, retryIn: retryInMs });
    const onWarning = (warning: LinkWarning) =>
      listener({ ...warning, event: 'warning', state: each.stateNumber });
    each.on('statechange', onChange).on('dataloss', onLoss).on('retry', onRetry);
    each.on('warning', onWarning);
    const onEachMessage = onMessage && ((message: Message) => onMessage(message, each));
    if (onEachMessage) each.on('message', onEachMessage);
    return () => {
      each.off('statechange', onChange).off('dataloss', onLoss).off('retry', onRetry);
      each.off('warning', onWarning);
      if (onEachMessage) each.off('message', onEachMessage);
    };
  });
  return () => removals.forEach((remove) => remove());
}

/** Listens to a device, and to the warnings of its links; the function it returns removes the listeners. */
export function listenToDevice(
  device: DeviceApi,
  listener: (event: FlowDeviceEvent) => void,
): () => void {
  const onChange = (change: DeviceChange) => {
    const event = milestoneOf(change);
    const detail = event === 'ready' ? device.capabilities?.version : undefined;
    const error = event === 'lost' ? change.error : undefined;
    if (event) listener({ event, ...(detail && { detail }), ...(error && { error }) });
  };
  const onRestart = () => listener({ event: 'restarted' });
  const onOutOfSync = ({ reason, command }: OutOfSyncCause) =>
    listener({ event: 'out-of-sync', detail: reason, ...(command && { command }) });
  const onStep = (detail: string) => listener({ event: 'resync-step', detail });
  const onInSync = () => listener({ event: 'in-sync' });
  const onWifi = (change: 'joined' | 'address' | 'lost') =>
    listener({ event: change === 'lost' ? 'wifi-lost' : change });
  const onClock = () => listener({ event: 'clock-set' });
  const onWarning = (error: EspAtError) => listener({ event: 'warning', error });
  const onLinkWarning = ({ error }: { readonly error: EspAtError }) => onWarning(error);
  const onLine = (detail: string) => listener({ event: 'unknown-line', detail });
  device
    .on('statechange', onChange)
    .on('restart', onRestart)
    .on('outofsync', onOutOfSync)
    .on('resyncstep', onStep)
    .on('insync', onInSync)
    .on('wifi', onWifi)
    .on('clockset', onClock)
    .on('warning', onWarning)
    .on('unknownline', onLine);
  for (const link of device.links) link.on('warning', onLinkWarning);
  return () => {
    device
      .off('statechange', onChange)
      .off('restart', onRestart)
      .off('outofsync', onOutOfSync)
      .off('resyncstep', onStep)
      .off('insync', onInSync)
      .off('wifi', onWifi)
      .off('clockset', onClock)
      .off('warning', onWarning)
      .off('unknownline', onLine);
    for (const link of device.links) link.off('warning', onLinkWarning);
  };
}

/** The event that a flow gets in addition to `state` when the device's state changes; undefined if there is none. */
export function milestoneOf({ from, to, error }: DeviceChange): FlowDeviceEventName | undefined {
  if (to === 'initializing' && from !== to) return 'initializing';
  if (to === 'ready' && from === 'initializing') return 'ready';
  const wasOpen = from !== 'absent' && from !== 'stopped';
  return to === 'absent' && error && wasOpen ? 'lost' : undefined;
}
