import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import type { LinkId } from '../driver/at/types';
import type { SendQueueLevel } from '../driver/device/options';
import { EspAtError } from '../driver/errors';
import type { FlowError } from './shared/errors/node-error';
import type { DeviceApi, LinkApi } from './shared/device/device-api';
import type { DeviceUser } from './shared/device/device-host-options';
import { checks, timeoutRange } from './shared/checks/ws-send';
import { findDevice, requireDevice, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { chosenLink, type LinkSetting } from './shared/settings/link-setting';
import { NodeStatus } from './shared/status/node-status';
import { UnderWay } from './shared/device/under-way';
import {
  SendContentReader,
  type SendContent,
  type SendContentDef,
} from './shared/message/send-content';
import {
  expandedSettings,
  refusalOf,
  settingNumber,
  settingText,
} from './shared/settings/settings';
import { migrate } from './shared/settings/migrate';
import { translator } from './shared/message/translate';

/** The settings of ws-send as the dialog stores them. */
interface WsSendDef extends SendContentDef {
  holdMessages?: string | number;
}

/** The node `ws-send`. */
export default function wsSend(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsSend(this: Node, def: WsSendDef): void {
    RED.nodes.createNode(this, def);
    const sender = new Sender(RED, this, migrate('ws-send', def));
    onInput(this, translate, (msg, send) => sender.send(msg, send), sender.status);
    this.on('close', () => sender.end());
  }

  RED.nodes.registerType('ws-send', WsSend);
}

interface Load {
  readonly messages: number;
  readonly bytes: number;
}

const noLoad: Load = { messages: 0, bytes: 0 };

/** Sends messages over links, in the order they come. */
class Sender implements DeviceUser {
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #content: SendContentReader;
  readonly #holdMessages: number;
  readonly #refusal: FlowError | undefined;
  readonly #underWay = new UnderWay();
  /** What is under way, by link. */
  readonly #loads = new Map<LinkId, Load>();
  readonly status: NodeStatus;
  #stopListening: (() => void) | undefined;

  constructor(RED: NodeAPI, node: Node, def: WsSendDef) {
    this.#link = settingText(RED, node, def.link);
    this.#content = new SendContentReader(RED, node, def, timeoutRange);
    this.#holdMessages = settingNumber(RED, node, def.holdMessages) ?? 100;
    this.#refusal = refusalOf(checks, expandedSettings(RED, node, def));
    this.#device = findDevice(RED, def.device);
    this.status = new NodeStatus(RED, node, this.#device, this.#link);
    this.#device?.host.attach(this);
  }

  /** Passes the message on once the device has handed its payload to the network. */
  async send(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const { host, inputs } = requireDevice(this.#device);
    const link = host.link(chosenLink(this.#link, msg));
    if (this.#refusal) throw this.#refusal;
    await inputs[link.id].begin(this.#content.read(msg), (content) =>
      this.#sendContent(link, content, messageFin(msg.fin)),
    );
    send(msg);
  }

  async #sendContent(
    link: LinkApi,
    { payload, opcode, timeoutMs }: SendContent,
    fin: boolean | undefined,
  ): Promise<void> {
    const bytes = Buffer.byteLength(payload);
    this.#admit(link, bytes);
    try {
      await this.#underWay.run((signal) =>
        link.send(payload, {
          opcode,
          holdMs: this.#content.holdMs,
          signal,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(fin === undefined ? {} : { fin }),
        }),
      );
    } finally {
      this.#add(link.id, { messages: -1, bytes: -bytes });
    }
  }

  /** Aborts the sends that have not begun. */
  end(): void {
    this.status.end();
    this.#stopListening?.();
    this.#underWay.end();
    this.#device?.host.detach(this);
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.status.deviceChanged(device);
    this.#stopListening?.();
    const show = (level: number) => this.#showQueue(level);
    device?.on('sendqueue', show);
    this.#stopListening = () => device?.off('sendqueue', show);
    this.#showQueue(device ? fillLevel(device.sendQueue) : 0);
  }

  /**
   * Counts a message as under way.
   * @throws EspAtError `QUEUE_FULL` when the link is not open and as many messages wait as the settings allow
   */
  #admit(link: LinkApi, bytes: number): void {
    const waiting = this.#loads.get(link.id) ?? noLoad;
    const isFull = waiting.messages >= this.#holdMessages;
    if (this.#content.holdMs > 0 && link.stateNumber !== 2 && isFull)
      throw new EspAtError('QUEUE_FULL', { ...waiting }, { outcome: 'not-sent' });
    this.#add(link.id, { messages: 1, bytes });
  }

  #add(link: LinkId, { messages, bytes }: Load): void {
    const before = this.#loads.get(link) ?? noLoad;
    this.#loads.set(link, { messages: before.messages + messages, bytes: before.bytes + bytes });
  }

  /** @param level how full the send queue is, 0 to 1 */
  #showQueue(level: number): void {
    const percent = Math.round(level * 100);
    this.status.setWords(percent < 25 ? undefined : { key: 'status.queue', values: { percent } });
  }
}

/** How full the send queue is, 0 to 1. */
function fillLevel({ messages, bytes, limit }: SendQueueLevel): number {
  return Math.max(messages / limit.messages, bytes / limit.bytes);
}

/** @throws EspAtError `INVALID_PAYLOAD` */
function messageFin(fin: unknown): boolean | undefined {
  if (fin === undefined || fin === null) return undefined;
  if (fin === true || fin === 1) return true;
  if (fin === false || fin === 0) return false;
  throw new EspAtError('INVALID_PAYLOAD', { reason: 'NOT_BOOLEAN' });
}
