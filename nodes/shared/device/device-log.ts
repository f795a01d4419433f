import type { Node } from 'node-red';
import type { DeviceChange } from '../../../driver/device/events';
import { sentenceOf } from '../errors/sentence';
import { translateOr, type Translate } from '../message/translate';
import type { FlowError } from '../errors/node-error';
import type { DeviceApi } from './device-api';
import type { DeviceUser, HostedState } from './device-host-options';
import {
  listenToDevice,
  milestoneOf,
  type FlowDeviceEvent,
  type FlowDeviceEventName,
} from './flow-events';

type Level = 'log' | 'warn' | 'debug';

const levels: Readonly<Record<FlowDeviceEventName, Level>> = {
  initializing: 'debug',
  ready: 'log',
  joined: 'log',
  address: 'log',
  'wifi-lost': 'warn',
  'clock-set': 'log',
  lost: 'warn',
  restarted: 'warn',
  'out-of-sync': 'warn',
  'resync-step': 'log',
  'in-sync': 'log',
  warning: 'warn',
  'unknown-line': 'debug',
  'recording-saved': 'warn',
};

/** Writes the events of a device to Node-RED's log. A sentence that repeats is written once. */
export class DeviceLog implements DeviceUser {
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #state: () => HostedState;
  #stopListening: (() => void) | undefined;
  #lastSentence = '';

  constructor(node: Node, translate: Translate, state: () => HostedState) {
    this.#node = node;
    this.#translate = translate;
    this.#state = state;
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.#stopListening?.();
    this.#stopListening = device && this.#listen(device);
    this.#error(this.#state().error);
  }

  recordingSaved(detail: string): void {
    this.#event({ event: 'recording-saved', detail });
  }

  #listen(device: DeviceApi): () => void {
    // The event `lost` names the error itself.
    const onChange = (change: DeviceChange) => {
      if (milestoneOf(change) !== 'lost') this.#error(change.error);
    };
    const onOmitted = ({ event, count }: { readonly event: string; readonly count: number }) =>
      this.#node.warn(this.#translate('events.omitted', { event, count }));
    device.on('statechange', onChange).on('omitted', onOmitted);
    const remove = listenToDevice(device, (event) => this.#event(event));
    return () => {
      device.off('statechange', onChange).off('omitted', onOmitted);
      remove();
    };
  }

  #event({ event, detail, command, error }: FlowDeviceEvent): void {
    if (event === 'ready') this.#lastSentence = '';
    const about = error ? sentenceOf(this.#translate, error) : this.#detail(detail, command);
    if (error && this.#repeats(about)) return;
    const text = this.#translate(`events.${event}`);
    this.#node[levels[event]](about === '' ? text : `${text}: ${about}`);
  }

  /** The catalog's text for a code of a reason or a step; any other detail as it is. */
  #detail(detail = '', command?: string): string {
    const text = translateOr(this.#translate, `details.${detail}`, detail);
    return command === undefined ? text : `${text} (${command})`;
  }

  #error(error: FlowError | undefined): void {
    if (!error) return;
    const sentence = sentenceOf(this.#translate, error);
    if (!this.#repeats(sentence)) this.#node.warn(sentence);
  }

  /** The driver tries a port every second; the same sentence each time would fill the log. */
  #repeats(sentence: string): boolean {
    const repeats = sentence === this.#lastSentence;
    this.#lastSentence = sentence;
    return repeats;
  }
}
