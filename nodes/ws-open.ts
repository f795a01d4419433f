import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { LinkId } from '../driver/at/types';
import { EspAtError } from '../driver/errors';
import type { LinkEvent, Message } from '../driver/link/options';
import { Canvas } from './shared/message/node-status';
import { withConnection } from './shared/message/link-message';
import type { LinkApi } from './shared/device/device-api';
import type { DeviceUser } from './shared/device/device-host';
import { findDevice, required, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { chosenLink, several, type LinkSetting } from './shared/device/link-setting';
import { sentenceOf, toNodeError } from './shared/message/node-error';
import {
  dropOpening,
  openOptions,
  openSettings,
  type OpenSettings,
  type WsOpenCredentials,
  type WsOpenDef,
} from './shared/message/open-settings';
import { Received, type Output } from './shared/message/received';
import { settingText } from './shared/message/settings';
import { translator, type Translate } from './shared/message/translate';
import { within } from './shared/device/within';

/** Milliseconds that a node which is stopped gives its connection to close politely. */
const FAREWELL = 600;

/** The node `ws-open`. */
export default function wsOpen(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsOpen(this: Node<WsOpenCredentials>, def: WsOpenDef): void {
    RED.nodes.createNode(this, def);
    const opener = new Opener(RED, this, translate, def);
    onInput(this, translate, (msg, send) => opener.open(msg, send));
    this.on('close', (done: () => void) => {
      void opener.end().then(done);
    });
  }

  RED.nodes.registerType<Node<WsOpenCredentials>, WsOpenDef, unknown, WsOpenCredentials>(
    'ws-open',
    WsOpen,
    {
      credentials: { authorization: { type: 'password' } },
    },
  );
}

/** An input whose link is being opened. */
interface Pending {
  readonly link: LinkId;
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  answered: boolean;
}

let instances = 0;

/** Opens links, and hands on what comes over those it opened. */
class Opener implements DeviceUser {
  readonly #RED: NodeAPI;
  readonly #node: Node<WsOpenCredentials>;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #settings: OpenSettings;
  readonly #output: Output;
  /** A redeployed node has the same ID: this tells what was opened by which of them. */
  readonly #owner: string;
  readonly #pending = new Set<Pending>();
  readonly #received = new Map<LinkId, Received>();
  readonly #canvas: Canvas;
  #ended = false;

  constructor(RED: NodeAPI, node: Node<WsOpenCredentials>, translate: Translate, def: WsOpenDef) {
    this.#RED = RED;
    this.#node = node;
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    this.#settings = openSettings(RED, node, def);
    this.#output = def.output ?? 'auto';
    this.#owner = `${node.id}/${++instances}`;
    this.#device = findDevice(RED, def.device);
    this.#canvas = new Canvas(node, translate, this.#device, this.#link);
    this.#device?.host.join(this);
  }

  /** Opens the link for a message; the message goes to the second output once it is open. */
  async open(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const device = required(this.#device);
    const link = device.host.link(chosenLink(this.#link, msg));
    const pending: Pending = { link: link.id, msg, send, answered: false };
    this.#pending.add(pending);
    try {
      await this.#openLink(device, link, msg);
    } finally {
      this.#pending.delete(pending);
    }
    // It was open already.
    if (!pending.answered)
      this.#answer(pending, { event: 'opened', state: link.state, uri: link.uri });
  }

  /** Settles when the node's connections are closed, or have had their time. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#canvas.end();
    const device = this.#device;
    if (!device) return;
    const closed = Promise.all(this.#own(device).map((link) => link.close()));
    await within(device.host.clock, FAREWELL, closed);
    device.host.leave(this);
  }

  // --- what the device says ------------------------------------------------------------------------

  started(): void {
    const { fixed, uri } = this.#settings;
    if (fixed.keepOpen && uri !== '' && !several(this.#link)) void this.#openAtStart();
  }

  status(): void {
    this.#canvas.show();
  }

  link(event: LinkEvent): void {
    // Whoever has the link: what was last known of it as this node's own is not for ever.
    this.#canvas.link(event);
    if (this.#ended || event.owner !== this.#owner || event.event === 'asked') return;
    // What comes after a gap does not complete what came before it.
    if (event.state !== 2 || event.event === 'gap') this.#endOf(event);
    if (event.event === 'gap' && event.error) {
      this.#node.warn(sentenceOf(this.#translate, event.error));
    }
    const waiting = [...this.#pending].filter(({ link }) => link === event.link);
    if (event.event === 'opened' && waiting.length > 0) {
      for (const pending of waiting) this.#answer(pending, event);
    } else {
      this.#node.send([null, withConnection(this.#translate, event)]);
    }
  }

  message(message: Message): void {
    if (this.#ended || message.owner !== this.#owner) return;
    try {
      const payload = this.#receivedBy(message.link).payload(message);
      // To the first output. Without a list around it Node-RED has less to do, for every message.
      if (payload !== undefined) this.#node.send(messageOf(message, payload));
    } catch (error) {
      // With the text it could not read, for whoever catches it.
      const msg = messageOf(message, message.bytes.toString());
      this.#node.error(toNodeError(this.#translate, error), msg);
    }
  }

  // --- opening -------------------------------------------------------------------------------------

  async #openLink(
    device: DeviceNode,
    link: LinkApi,
    msg: Partial<NodeMessageInFlow>,
  ): Promise<void> {
    const options = await openOptions(this.#RED, this.#node, this.#settings, device.headers, msg);
    const isStopped = () => this.#ended;
    // A node that was stopped while its templates were rendered has nobody left to close the link.
    if (isStopped()) throw new EspAtError('OPEN_ABORTED', { link: link.id });
    try {
      await link.open({ ...options, config: device.linkConfigs[link.id], owner: this.#owner });
    } finally {
      // The same when it was stopped while another one's connection was being replaced.
      if (isStopped() && link.owner === this.#owner) await link.close();
    }
  }

  async #openAtStart(): Promise<void> {
    try {
      const device = required(this.#device);
      await this.#openLink(device, device.host.link(this.#link), {});
    } catch (error) {
      // There is no message that a Catch node could get; what can be tried again is, by the driver.
      if (!this.#ended) this.#node.warn(toNodeError(this.#translate, error).message);
    }
  }

  #answer(pending: Pending, event: Pick<LinkEvent, 'event' | 'state' | 'uri'>): void {
    if (pending.answered) return;
    pending.answered = true;
    const full = { ...event, link: pending.link, owner: this.#owner };
    dropOpening(pending.msg);
    pending.send([null, withConnection(this.#translate, full, pending.msg)]);
  }

  #own({ host }: DeviceNode): LinkApi[] {
    return host.links.filter(({ owner }) => owner === this.#owner);
  }

  // --- receiving -----------------------------------------------------------------------------------

  #receivedBy(link: LinkId): Received {
    const known = this.#received.get(link);
    if (known) return known;
    const received = new Received(this.#output, this.#settings.fixed.joining?.by ?? 'chunk');
    this.#received.set(link, received);
    return received;
  }

  /** A connection, or what came over it without a gap, has ended: the beginning of a character that never came whole is handed on as it is. */
  #endOf({ link, uri }: LinkEvent): void {
    const payload = this.#received.get(link)?.end();
    this.#received.delete(link);
    if (payload !== undefined) this.#node.send([{ payload, linkId: link, uri }, null]);
  }
}

function messageOf({ link, uri, opcode }: Message, payload: unknown): NodeMessage {
  return opcode === undefined
    ? { payload, linkId: link, uri }
    : { payload, linkId: link, opcode, uri };
}
