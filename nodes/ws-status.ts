import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { Cancel } from '../driver/clock';
import type { DeviceEvent, DeviceStatus } from '../driver/device/options';
import type { LinkEvent } from '../driver/link/options';
import { withConnection } from './shared/message/link-message';
import { Canvas } from './shared/message/node-status';
import type { DeviceHost, DeviceUser } from './shared/device/device-host';
import { withDevice, type DeviceNews } from './shared/message/device-message';
import { findDevice, required, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { concerns, type LinkSetting } from './shared/device/link-setting';
import { toNodeError } from './shared/message/node-error';
import { settingNumber, settingText } from './shared/message/settings';
import { translator, type Translate } from './shared/message/translate';

/** The settings of ws-status as the dialog stores them. */
export interface WsStatusDef extends NodeDef {
  device?: string;
  /** A link, `all` (an input may name one in `msg.linkId`), or `device`. */
  link?: string | number;
  /** Seconds between questions to the device; 0 or empty is never. */
  poll?: string | number;
}

/** The node `ws-status`. */
export default function wsStatus(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsStatus(this: Node, def: WsStatusDef): void {
    RED.nodes.createNode(this, def);
    const watcher = new Watcher(RED, this, translate, def);
    onInput(this, translate, (msg, send) => watcher.ask(msg, send));
    this.on('close', () => watcher.end());
  }

  RED.nodes.registerType('ws-status', WsStatus);
}

/** Tells what happens to links, or to the device as a whole. */
class Watcher implements DeviceUser {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  /** Milliseconds between questions; 0 is never. */
  readonly #poll: number;
  readonly #canvas: Canvas;
  #nextPoll: Cancel | undefined;
  /** State and error that were told last. */
  #told: string | undefined;
  #ended = false;

  constructor(RED: NodeAPI, node: Node, translate: Translate, def: WsStatusDef) {
    this.#RED = RED;
    this.#node = node;
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    this.#poll = 1000 * (settingNumber(RED, node, def.poll) ?? 0);
    this.#device = findDevice(RED, def.device);
    this.#canvas = new Canvas(node, translate, this.#device, this.#link);
    this.#device?.host.join(this);
    this.#pollLater();
  }

  /** Asks the device for the states of its links and sends on what it says. */
  async ask(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const { host } = required(this.#device);
    if (this.#link === 'device') return this.#askDevice(host, msg, send);
    const wanted =
      this.#link === 'all' && msg.linkId === undefined
        ? undefined
        : host.link(this.#link === 'all' ? msg.linkId : this.#link).id;
    const events = await host.device.query();
    const found = events.filter(({ link }) => wanted === undefined || link === wanted);
    const [only] = found;
    if (only && found.length === 1) send(withConnection(this.#translate, only, msg));
    else send([found.map((event) => withConnection(this.#translate, event, { ...msg }))]);
  }

  end(): void {
    this.#ended = true;
    this.#nextPoll?.();
    this.#canvas.end();
    this.#device?.host.leave(this);
  }

  // --- what the device says ------------------------------------------------------------------------

  status({ state, error }: DeviceStatus): void {
    this.#canvas.show();
    const now = `${state} ${error?.code ?? ''}`;
    const changed = this.#told !== undefined && this.#told !== now;
    this.#told = now;
    if (changed) this.#news({ event: 'state', error });
  }

  event(event: DeviceEvent): void {
    this.#news(event);
  }

  queue(level: number): void {
    this.#news({ event: 'queue', level });
  }

  link(event: LinkEvent): void {
    this.#canvas.link(event);
    // What somebody asked is for whoever asked; the changes it brought to light come as their own events.
    if (this.#ended || event.event === 'asked' || !concerns(this.#link, event.link)) return;
    this.#node.send(withConnection(this.#translate, event));
  }

  // --- inside --------------------------------------------------------------------------------------

  #news(news: DeviceNews): void {
    if (this.#ended || this.#link !== 'device' || !this.#device) return;
    this.#node.send(withDevice(this.#translate, this.#device.host, news));
  }

  /** A device that is not ready is not asked: that it is not, is the answer. */
  async #askDevice(host: DeviceHost, msg: NodeMessageInFlow, send: Send): Promise<void> {
    const links = host.status.state === 'ready' ? await host.device.query() : undefined;
    const { error } = host.status;
    send(withDevice(this.#translate, host, { event: 'asked', error, links }, msg));
  }

  #pollLater(): void {
    if (this.#ended || !this.#device || !(this.#poll > 0)) return;
    this.#nextPoll = this.#device.host.clock.after(this.#poll, () => void this.#pollNow());
  }

  async #pollNow(): Promise<void> {
    try {
      const msg = { _msgid: this.#RED.util.generateId() };
      const ready = this.#device?.host.status.state === 'ready';
      if (ready) await this.ask(msg, (answer) => this.#node.send(answer));
    } catch (error) {
      if (!this.#ended) this.#node.warn(toNodeError(this.#translate, error).message);
    }
    this.#pollLater();
  }
}
