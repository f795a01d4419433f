import { setMaxListeners } from 'node:events';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { LinkId } from '../driver/at/types';
import { shown } from '../driver/commands/check';
import { EspAtError } from '../driver/errors';
import type { LinkEvent } from '../driver/link/options';
import { Canvas } from './shared/message/node-status';
import type { LinkApi } from './shared/device/device-api';
import type { DeviceUser } from './shared/device/device-host';
import { findDevice, required, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { chosenLink, type LinkSetting } from './shared/device/link-setting';
import { messageTimeout } from './shared/message/open-settings';
import { outgoing } from './shared/message/outgoing';
import { settingNumber, settingText } from './shared/message/settings';
import { translator, type Translate } from './shared/message/translate';

/** The settings of ws-send as the dialog stores them. */
export interface WsSendDef extends NodeDef {
  device?: string;
  link?: string | number;
  /** Milliseconds; empty is the firmware's default. */
  timeout?: string | number;
  /** What to do while the link is not open. */
  whenAway?: 'fail' | 'hold';
  holdSeconds?: string | number;
  holdMessages?: string | number;
}

/** The node `ws-send`. */
export default function wsSend(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsSend(this: Node, def: WsSendDef): void {
    RED.nodes.createNode(this, def);
    const sender = new Sender(RED, this, translate, def);
    onInput(this, translate, (msg, send) => sender.send(msg, send));
    this.on('close', () => sender.end());
  }

  RED.nodes.registerType('ws-send', WsSend);
}

/** Sends messages over links, in the order they come. */
class Sender implements DeviceUser {
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #timeout: number | undefined;
  /** Seconds; 0 is not to wait. */
  readonly #hold: number;
  readonly #holdMessages: number;
  readonly #withdrawal = new AbortController();
  /** Messages on their way, by link. */
  readonly #waiting = new Map<LinkId, number>();
  readonly #canvas: Canvas;
  /** How full the queue was when it was last heard of, 0 to 1. */
  #level = 0;

  constructor(RED: NodeAPI, node: Node, translate: Translate, def: WsSendDef) {
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    this.#timeout = settingNumber(RED, node, def.timeout);
    this.#hold = def.whenAway === 'hold' ? (settingNumber(RED, node, def.holdSeconds) ?? 30) : 0;
    this.#holdMessages = settingNumber(RED, node, def.holdMessages) ?? 100;
    this.#device = findDevice(RED, def.device);
    this.#canvas = new Canvas(node, translate, this.#device, this.#link);
    // Every message that waits listens; their number says nothing about leaks.
    setMaxListeners(0, this.#withdrawal.signal);
    this.#device?.host.join(this);
  }

  /** Passes the message on once the device has handed its payload to the network. */
  async send(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const link = required(this.#device).host.link(chosenLink(this.#link, msg));
    const { payload, opcode } = outgoing(msg.payload, msg.opcode);
    const timeout = messageTimeout(msg.timeout, 0, 60_000) ?? this.#timeout;
    const fin = finOf(msg.fin);
    this.#count(link, payload);
    try {
      await link.send(payload, {
        opcode,
        hold: this.#hold,
        signal: this.#withdrawal.signal,
        ...(timeout === undefined ? {} : { timeout }),
        ...(fin === undefined ? {} : { fin }),
      });
    } finally {
      this.#waiting.set(link.id, (this.#waiting.get(link.id) ?? 1) - 1);
    }
    send(msg);
  }

  /** Withdraws what has not been sent. */
  end(): void {
    this.#canvas.end();
    this.#withdrawal.abort(new EspAtError('ABORTED', {}, { outcome: 'not-sent' }));
    this.#device?.host.leave(this);
  }

  // --- what the device says ------------------------------------------------------------------------

  status(): void {
    this.#show();
  }

  link(event: LinkEvent): void {
    this.#canvas.link(event);
    this.#show();
  }

  queue(level: number): void {
    this.#level = level;
    this.#show();
  }

  // --- inside --------------------------------------------------------------------------------------

  /** @throws EspAtError `QUEUE_FULL` when as many wait for the link as may */
  #count(link: LinkApi, payload: Uint8Array | string): void {
    const messages = this.#waiting.get(link.id) ?? 0;
    if (this.#hold > 0 && link.state !== 2 && messages >= this.#holdMessages) {
      const bytes = Buffer.byteLength(payload);
      throw new EspAtError('QUEUE_FULL', { messages, bytes }, { outcome: 'not-sent' });
    }
    this.#waiting.set(link.id, messages + 1);
  }

  #show(): void {
    const percent = Math.round(this.#level * 100);
    this.#canvas.show(percent < 25 ? undefined : this.#translate('status.queue', { percent }));
  }
}

function finOf(fin: unknown): boolean | undefined {
  if (fin === undefined || fin === null) return undefined;
  if (fin === true || fin === 1) return true;
  if (fin === false || fin === 0) return false;
  throw new EspAtError('INVALID_PAYLOAD', {
    reason: `msg.fin is ${shown(fin)}, not true or false`,
  });
}
