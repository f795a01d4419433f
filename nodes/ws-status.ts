import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { Cancel } from '../driver/clock';
import { withLinkEvent } from './shared/message/link-message';
import type { DeviceApi } from './shared/device/device-api';
import { runAction, type ActionMessage } from './shared/device/device-actions';
import type { DeviceHost } from './shared/device/device-host';
import type { DeviceUser } from './shared/device/device-host-options';
import { withDeviceReport, type DeviceReport } from './shared/message/device-message';
import { checks } from './shared/checks/ws-status';
import { findDevice, requireDevice, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { listenToDevice, listenToLinks, type FlowLinkEvent } from './shared/device/flow-events';
import { usedLinks, type LinkSetting } from './shared/settings/link-setting';
import { NodeStatus } from './shared/status/node-status';
import { toCaughtError } from './shared/errors/caught-error';
import { sentenceOf } from './shared/errors/sentence';
import {
  expandedSettings,
  refusalOf,
  settingNumber,
  settingText,
} from './shared/settings/settings';
import { copyOf } from './shared/message/changed';
import { migrate } from './shared/settings/migrate';
import { translator, type Translate } from './shared/message/translate';

/** The settings of ws-status as the dialog stores them. */
interface WsStatusDef extends NodeDef {
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
    const watcher = new Watcher(RED, this, translate, migrate('ws-status', def));
    onInput(this, translate, (msg, send) => watcher.answer(msg, send), watcher.status);
    this.on('close', () => watcher.end());
  }

  RED.nodes.registerType('ws-status', WsStatus);
}

/** Reports the changes of links, or of the device as a whole. */
class Watcher implements DeviceUser {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  /** Milliseconds between questions; 0 is never. */
  readonly #poll: number;
  readonly status: NodeStatus;
  #stopListening: (() => void) | undefined;
  #nextPoll: Cancel | undefined;
  /** The device's state and error code in the latest message about it. */
  #reported: string | undefined;
  #ended = false;

  constructor(RED: NodeAPI, node: Node, translate: Translate, def: WsStatusDef) {
    this.#RED = RED;
    this.#node = node;
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    const refusal = refusalOf(checks, expandedSettings(RED, node, def));
    if (refusal) node.warn(sentenceOf(translate, refusal));
    this.#poll = refusal ? 0 : 1000 * (settingNumber(RED, node, def.poll) ?? 0);
    this.#device = findDevice(RED, def.device);
    this.status = new NodeStatus(RED, node, this.#device, this.#link);
    this.#device?.host.attach(this);
    this.#pollLater();
  }

  /**
   * Asks the device for the states of its links, or runs the action of the message; sends the result. A node that is set to
   * links runs no action: `msg.action` may be meant for another node.
   */
  async answer(msg: ActionMessage, send: Send): Promise<void> {
    const { host } = requireDevice(this.#device);
    if (this.#link === 'device') {
      if (msg.action === undefined) return this.#askDevice(host, msg, send);
      const { action, ...done } = await runAction(host, msg);
      const { error } = host.state;
      send(withDeviceReport(this.#translate, host, { event: action, error, ...done }, msg));
      return;
    }
    const chosen =
      this.#link === 'all' && msg.linkId === undefined
        ? undefined
        : host.link(this.#link === 'all' ? msg.linkId : this.#link).id;
    const links = await host.device.checkLinks();
    const found = links
      .filter(({ link }) => chosen === undefined || link === chosen)
      .map(({ link, stateNumber, uri, owner }): FlowLinkEvent => {
        return { link, event: 'asked', state: stateNumber, uri, owner };
      });
    const [only] = found;
    if (only && found.length === 1) send(withLinkEvent(this.#translate, only, msg));
    else send([found.map((event) => withLinkEvent(this.#translate, event, copyOf(msg)))]);
  }

  end(): void {
    this.#ended = true;
    this.#nextPoll?.();
    this.status.end();
    this.#stopListening?.();
    this.#device?.host.detach(this);
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.status.deviceChanged(device);
    this.#stopListening?.();
    this.#stopListening = device && this.#listen(device);
    this.#stateChanged();
  }

  recordingSaved(detail: string): void {
    if (this.#link === 'device') this.#send({ event: 'recording-saved', detail });
  }

  // --- events --------------------------------------------------------------------------------------

  /** Listens to the device, or to the links that the node uses. */
  #listen(device: DeviceApi): () => void {
    if (this.#link !== 'device') {
      const links = usedLinks(device.links, this.#link);
      return listenToLinks(links, (event) => {
        this.#node.send(withLinkEvent(this.#translate, event));
      });
    }
    const onChange = () => this.#stateChanged();
    const onQueue = (level: number) => this.#send({ event: 'queue', level });
    device.on('statechange', onChange).on('sendqueue', onQueue);
    const remove = listenToDevice(device, (event) => this.#send(event));
    return () => {
      device.off('statechange', onChange).off('sendqueue', onQueue);
      remove();
    };
  }

  /** Sends the device's state if it changed. The first one is no change. */
  #stateChanged(): void {
    if (this.#link !== 'device' || !this.#device) return;
    const { name, error } = this.#device.host.state;
    const before = this.#reported;
    this.#reported = `${name} ${error?.code ?? ''}`;
    if (before !== undefined && before !== this.#reported) this.#send({ event: 'state', error });
  }

  #send(report: DeviceReport): void {
    if (this.#device) this.#node.send(withDeviceReport(this.#translate, this.#device.host, report));
  }

  // --- questions -----------------------------------------------------------------------------------

  /** Answers for a device that is not ready without asking it. */
  async #askDevice(host: DeviceHost, msg: NodeMessageInFlow, send: Send): Promise<void> {
    const links = host.state.name === 'ready' ? await host.device.checkLinks() : undefined;
    const { error } = host.state;
    send(withDeviceReport(this.#translate, host, { event: 'asked', error, links }, msg));
  }

  #pollLater(): void {
    if (this.#ended || !this.#device || !(this.#poll > 0)) return;
    this.#nextPoll = this.#device.host.clock.after(this.#poll, () => void this.#pollNow());
  }

  async #pollNow(): Promise<void> {
    try {
      const msg = { _msgid: this.#RED.util.generateId() };
      const ready = this.#device?.host.state.name === 'ready';
      if (ready) await this.answer(msg, (answer) => this.#ended || this.#node.send(answer));
    } catch (error) {
      if (!this.#ended) this.#node.warn(toCaughtError(this.#translate, error).message);
    }
    this.#pollLater();
  }
}
