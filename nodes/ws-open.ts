import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { LinkId } from '../driver/at/types';
import { EspAtError } from '../driver/errors';
import type { Message } from '../driver/link/events';
import type { OpenOptions } from '../driver/link/options';
import { withLinkEvent } from './shared/message/link-message';
import type { DeviceApi, LinkApi } from './shared/device/device-api';
import type { DeviceUser } from './shared/device/device-host-options';
import { findDevice, requireDevice, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { listenToLinks, type FlowLinkEvent } from './shared/device/flow-events';
import {
  chosenLink,
  usesSeveralLinks,
  usedLinks,
  type LinkSetting,
} from './shared/settings/link-setting';
import { NodeStatus } from './shared/status/node-status';
import { UnderWay } from './shared/device/under-way';
import { toCaughtError, toFlowError } from './shared/errors/caught-error';
import { sentenceOf } from './shared/errors/sentence';
import {
  deleteOpenOptions,
  openOptions,
  openSettings,
  type OpenSettings,
  type WsOpenCredentials,
  type WsOpenDef,
} from './shared/settings/open-settings';
import { PayloadDecoder, type PayloadFormat } from './shared/message/payload-decoder';
import { headerSecretCredentials } from './shared/message/secret-headers';
import { settingText } from './shared/settings/settings';
import { migrate } from './shared/settings/migrate';
import { translator, type Translate } from './shared/message/translate';
import { changed } from './shared/message/changed';
import { within } from '../driver/within';

/** How long a node that stops waits for the close handshakes of its connections. */
const CLOSE_TIMEOUT_MS = 600;

/** The node `ws-open`. */
export default function wsOpen(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsOpen(this: Node<WsOpenCredentials>, def: WsOpenDef): void {
    RED.nodes.createNode(this, def);
    const opener = new Opener(RED, this, translate, migrate('ws-open', def));
    onInput(this, translate, (msg, send) => opener.open(msg, send), opener.status);
    this.on('close', (done: () => void) => {
      void opener.end().then(done);
    });
  }

  RED.nodes.registerType<Node<WsOpenCredentials>, WsOpenDef, unknown, WsOpenCredentials>(
    'ws-open',
    WsOpen,
    {
      credentials: { authorization: { type: 'password' }, ...headerSecretCredentials },
    },
  );
}

/** An input that waits until its link is open. */
interface Pending {
  readonly link: LinkId;
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  /** Why its answer to an event failed. */
  failure?: { readonly reason: unknown };
}

let instances = 0;

/** Opens links, and sends on the messages and events of those it opened. */
class Opener implements DeviceUser {
  readonly #RED: NodeAPI;
  readonly #node: Node<WsOpenCredentials>;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #settings: OpenSettings;
  readonly #format: PayloadFormat;
  /** Differs from that of the node before a redeploy, which has the same ID. */
  readonly #owner: string;
  /** Inputs without an answer yet. */
  readonly #pending = new Set<Pending>();
  readonly #decoders = new Map<LinkId, PayloadDecoder>();
  readonly status: NodeStatus;
  readonly #underWay = new UnderWay();
  #stopListening: (() => void) | undefined;

  constructor(RED: NodeAPI, node: Node<WsOpenCredentials>, translate: Translate, def: WsOpenDef) {
    this.#RED = RED;
    this.#node = node;
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    this.#settings = openSettings(RED, node, def);
    this.#format = def.output ?? 'auto';
    this.#owner = `${node.id}/${++instances}`;
    this.#device = findDevice(RED, def.device);
    this.status = new NodeStatus(RED, node, this.#device, this.#link, this.#owner);
    this.#device?.host.attach(this);
  }

  /** Opens the link for a message, which goes to the second output when the link is open. */
  async open(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const device = requireDevice(this.#device);
    const link = device.host.link(chosenLink(this.#link, msg));
    const pending: Pending = { link: link.id, msg, send };
    await this.#inOrder(device, link, msg, async (options) => {
      this.#pending.add(pending);
      try {
        await this.#openLink(device, link, options);
        if (pending.failure) throw pending.failure.reason;
        // No effect after an `opened` event has answered. A link that was open already emits none.
        this.#answer(pending, { event: 'opened', state: link.stateNumber, uri: link.uri });
      } finally {
        this.#pending.delete(pending);
      }
    });
  }

  /** Closes the node's connections. Settles when they are closed, or after CLOSE_TIMEOUT_MS. */
  async end(): Promise<void> {
    const owner = this.#owner;
    const own = this.#device?.host.links.filter((link) => link.owner === owner) ?? [];
    // Read before `#underWay.end()`, which aborts the node's calls of open(): their links then no longer `shouldBeOpen`.
    const released = own.filter((link) => link.shouldBeOpen).map(({ id }) => id);
    this.#underWay.end();
    this.status.end();
    this.#stopListening?.();
    const device = this.#device;
    if (!device) return;
    const closed = Promise.all(own.map((link) => link.close({ owner })));
    await within(device.host.clock, CLOSE_TIMEOUT_MS, closed);
    device.host.released.release(released);
    device.host.detach(this);
  }

  deviceChanged(device: DeviceApi | undefined): void {
    if (this.#underWay.ended) return;
    this.status.deviceChanged(device);
    this.#stopListening?.();
    this.#stopListening =
      device &&
      listenToLinks(
        usedLinks(device.links, this.#link),
        (event) => this.#linkChanged(event),
        (message, link) => this.#receive(message, link),
      );
    if (device && this.#opensAtStart) void this.#openAtStart();
  }

  /** The node that held the link has ended: opens it as at start. */
  linkReleased(link: LinkId): void {
    const isOwn = this.#link === String(link);
    if (isOwn && this.#opensAtStart && !this.#underWay.ended) void this.#openAtStart();
  }

  linkTakenOver(event: FlowLinkEvent): void {
    this.status.linkTakenOver(event);
    if (event.owner !== this.#owner) this.#endDecoder(event);
  }

  get #opensAtStart(): boolean {
    return this.#settings.opensAtStart && !usesSeveralLinks(this.#link);
  }

  // --- opening -------------------------------------------------------------------------------------

  /** Opens with the options of a message, which may take time to read, but not before earlier inputs of the link. */
  #inOrder(
    { headers, inputs }: DeviceNode,
    link: LinkApi,
    msg: Partial<NodeMessageInFlow>,
    open: (options: OpenOptions) => Promise<void>,
  ): Promise<void> {
    const options = openOptions(this.#RED, this.#node, this.#settings, headers, msg);
    return inputs[link.id].begin(options, open);
  }

  async #openLink(device: DeviceNode, link: LinkApi, options: OpenOptions): Promise<void> {
    const config = device.linkConfigs[link.id];
    await this.#underWay.run(async (signal) => {
      try {
        await link.open({ ...options, config, owner: this.#owner }, { signal });
      } catch (error) {
        throw signal.aborted ? new EspAtError('OPEN_ABORTED', { link: link.id }) : error;
      } finally {
        // After a failed wait for a check of the links this node owns the link all the same.
        const takeover = device.host.latestEvents.takeover(link);
        if (takeover) device.host.linkTakenOver(takeover);
      }
    });
  }

  /**
   * A failure goes to the log: there is no message that a Catch node could get. The driver retries an attempt that failed, and
   * its events show that; it does not retry an open() that was refused before the link was this node's.
   */
  async #openAtStart(): Promise<void> {
    let link: LinkApi | undefined;
    try {
      const device = requireDevice(this.#device);
      const own = device.host.link(this.#link);
      link = own;
      await this.#inOrder(device, own, {}, (options) => this.#openLink(device, own, options));
    } catch (error) {
      if (this.#underWay.ended) return;
      this.#node.warn(toCaughtError(this.#translate, error).message);
      if (link?.owner !== this.#owner) this.status.startFailed(toFlowError(error));
    }
  }

  /** Answers an input once, even if `send` throws: Node-RED may fail to copy the message for a second wire when the first has it. */
  #answer(pending: Pending, event: Pick<FlowLinkEvent, 'event' | 'state' | 'uri'>): void {
    if (!this.#pending.delete(pending)) return;
    const full = { ...event, link: pending.link, owner: this.#owner };
    const msg = changed(pending.msg, deleteOpenOptions);
    pending.send([null, withLinkEvent(this.#translate, full, msg)]);
  }

  /** Must not throw, because an event of the driver calls it: `open()` fails the input instead. */
  #answerWaiting(waiting: readonly Pending[], event: FlowLinkEvent): void {
    for (const pending of waiting)
      try {
        this.#answer(pending, event);
      } catch (reason) {
        pending.failure = { reason };
      }
  }

  // --- events of its connections -------------------------------------------------------------------

  #linkChanged(event: FlowLinkEvent): void {
    // Another owner's event: this node's connection is over. Bytes of a later one do not complete the character that it cut.
    if (event.owner !== this.#owner) return this.#endDecoder(event);
    // A link that is closing still receives. Bytes after a data loss do not complete the character before it.
    const receives = event.state === 2 || event.state === 4;
    if (!receives || event.event === 'data-loss') this.#endDecoder(event);
    if (event.event === 'data-loss' && event.error) {
      this.#node.warn(sentenceOf(this.#translate, event.error));
    }
    const waiting = [...this.#pending].filter(({ link }) => link === event.link);
    if (event.event === 'opened' && waiting.length > 0) {
      this.#answerWaiting(waiting, event);
    } else {
      this.#node.send([null, withLinkEvent(this.#translate, event)]);
    }
  }

  #receive(message: Message, link: LinkApi): void {
    if (message.owner !== this.#owner) return;
    try {
      const payload = this.#decoderOf(link).payload(message);
      // Without a list around it, for the first output: less work for Node-RED with every message.
      if (payload !== undefined) this.#node.send(messageOf(message, payload));
    } catch (error) {
      // A Catch node gets the text that could not be parsed.
      const msg = messageOf(message, message.bytes.toString());
      this.#node.error(toCaughtError(this.#translate, error), msg);
    }
  }

  #decoderOf({ id, framing }: LinkApi): PayloadDecoder {
    const known = this.#decoders.get(id);
    if (known) return known;
    const decoder = new PayloadDecoder(this.#format, framing?.by ?? 'chunk');
    this.#decoders.set(id, decoder);
    return decoder;
  }

  /** Sends on the bytes of a character that will not be completed. */
  #endDecoder({ link, uri }: FlowLinkEvent): void {
    const payload = this.#decoders.get(link)?.end();
    this.#decoders.delete(link);
    if (payload !== undefined) this.#node.send([{ payload, linkId: link, uri }, null]);
  }
}

function messageOf({ link, uri, opcode }: Message, payload: unknown): NodeMessage {
  return opcode === undefined
    ? { payload, linkId: link, uri }
    : { payload, linkId: link, opcode, uri };
}
