import type { Node } from 'node-red';
import type { DeviceEvent, DeviceEventName, DeviceState } from '../../../driver/device/options';
import type { EspAtError } from '../../../driver/errors';
import { sentenceOf } from '../message/node-error';
import type { Translate } from '../message/translate';
import { listen, type DeviceApi } from './device-api';
import type { DeviceUser } from './device-host';

type Level = 'log' | 'warn' | 'debug';

const levels: Readonly<Record<DeviceEventName, Level>> = {
  starting: 'debug',
  ready: 'log',
  joined: 'log',
  address: 'log',
  'wifi-lost': 'warn',
  'clock-set': 'log',
  lost: 'warn',
  restarted: 'warn',
  'out-of-step': 'warn',
  recovery: 'log',
  recovered: 'log',
  warning: 'warn',
  'unknown-line': 'debug',
};

/** Writes the events of a device to Node-RED's log. A sentence that repeats is written once. */
export class DeviceLog implements DeviceUser {
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #status: () => DeviceState;
  #stopListening: (() => void) | undefined;
  #lastSentence = '';

  constructor(node: Node, translate: Translate, status: () => DeviceState) {
    this.#node = node;
    this.#translate = translate;
    this.#status = status;
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.#stopListening?.();
    this.#stopListening =
      device &&
      listen(device, {
        status: ({ error }) => this.#error(error),
        event: (event) => this.#event(event),
      });
    this.#error(this.#status().error);
  }

  #event({ event, detail, error }: DeviceEvent): void {
    if (event === 'ready') this.#lastSentence = '';
    // The user stopped the device: no failure.
    if (error?.code === 'DEVICE_STOPPED') return;
    const about = error ? sentenceOf(this.#translate, error) : (detail ?? '');
    if (error && this.#repeats(about)) return;
    const text = this.#translate(`events.${event}`);
    this.#node[levels[event]](about === '' ? text : `${text}: ${about}`);
  }

  #error(error: EspAtError | undefined): void {
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
