import type { Node } from 'node-red';
import type { DeviceEvent, DeviceEventName, DeviceStatus } from '../../../driver/device/options';
import type { DeviceUser } from './device-host';
import { sentenceOf } from '../message/node-error';
import type { Translate } from '../message/translate';

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

/** Writes what happens to a device to Node-RED's log; what lasts, only once. */
export class DeviceLog implements DeviceUser {
  readonly #node: Node;
  readonly #translate: Translate;
  #last = '';

  constructor(node: Node, translate: Translate) {
    this.#node = node;
    this.#translate = translate;
  }

  event({ event, detail, error }: DeviceEvent): void {
    if (event === 'ready') this.#last = '';
    // Being stopped is nothing that went wrong.
    if (error?.code === 'DEVICE_STOPPED') return;
    const about = error ? sentenceOf(this.#translate, error) : (detail ?? '');
    if (error && this.#again(about)) return;
    const text = this.#translate(`events.${event}`);
    this.#node[levels[event]](about === '' ? text : `${text}: ${about}`);
  }

  status({ error }: DeviceStatus): void {
    if (!error) return;
    const sentence = sentenceOf(this.#translate, error);
    if (!this.#again(sentence)) this.#node.warn(sentence);
  }

  /** A port that is tried every second would fill the log with the same sentence. */
  #again(sentence: string): boolean {
    const again = sentence === this.#last;
    this.#last = sentence;
    return again;
  }
}
