import type { Node, NodeAPI } from 'node-red';
import type { Cancel } from '../../../driver/clock';
import { TokenBucket } from '../../../driver/token-bucket';
import type { FlowError } from '../errors/node-error';
import {
  closedStatus,
  countdownStep,
  deviceReadyStatus,
  deviceStatus,
  linkStatus,
  noDeviceStatus,
  failedStatus,
  type WordedStatus as Status,
} from './status-texts';
import { statusText, type StatusWords } from './status-words';
import { translator, type Translate } from '../message/translate';
import type { DeviceApi, LinkApi } from '../device/device-api';
import type { DeviceUser } from '../device/device-host-options';
import type { DeviceNode } from '../device/device-node';
import { listenToLinks, type FlowLinkEvent } from '../device/flow-events';
import { usesSeveralLinks, usedLinks, type LinkSetting } from '../settings/link-setting';

/** Statuses that a node may show at once, and per second after that. */
const STATUS_BURST = 10;
const STATUSES_PER_SECOND = 4;

/**
 * Shows the status of a node on the canvas: that of the device while it is not ready, else that of the
 * link with the latest event. The text names the link where the node uses several.
 */
export class NodeStatus implements DeviceUser {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #setting: LinkSetting;
  readonly #owner: string | undefined;
  #stopListening: (() => void) | undefined;
  #linkStatus: Status = closedStatus;
  #words: StatusWords | undefined;
  #failed: Status | undefined;
  #cancelCountdown: Cancel | undefined;
  readonly #limit: TokenBucket | undefined;
  /** Cancels the timer that shows the latest status, held back by #limit. */
  #cancelLate: Cancel | undefined;
  /** The latest status, shown or not. */
  #latest = '';
  /** Number of statuses left out since the one shown last. */
  #omitted = 0;
  #ended = false;

  /** @param owner the owner as which a ws-open node opens links: the status then says that another one has opened the link */
  constructor(
    RED: NodeAPI,
    node: Node,
    device: DeviceNode | undefined,
    setting: LinkSetting,
    owner?: string,
  ) {
    this.#RED = RED;
    this.#node = node;
    this.#translate = translator(RED);
    this.#device = device;
    this.#setting = setting;
    this.#owner = owner;
    const clock = device?.host.clock;
    this.#limit = clock && new TokenBucket(clock, STATUS_BURST, STATUSES_PER_SECOND);
    this.#showLink();
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.#stopListening?.();
    this.#stopListening = device && this.#listen(device);
    this.#failed = undefined;
    this.#showLink();
  }

  #listen(device: DeviceApi): () => void {
    const show = () => {
      // A refusal by the device is over. Another one, such as that of a link that is not open, still holds.
      if (/^(?:DEVICE|PORT|WIFI|CLOCK)_/.test(this.#failed?.code ?? '')) this.#failed = undefined;
      this.#show();
    };
    device.on('statechange', show);
    const links = usedLinks(device.links, this.#setting);
    const remove = listenToLinks(links, (event) => this.#linkChanged(event));
    return () => {
      device.off('statechange', show);
      remove();
    };
  }

  /** Shows these words in place of the link's own, while the device is ready; undefined: the link's own. */
  setWords(words: StatusWords | undefined): void {
    this.#words = words;
    this.#show();
  }

  /**
   * Shows that an input failed, until an input succeeds or the link changes. A refusal by the device also ends when the
   * device changes.
   * @param error undefined: the input succeeded
   */
  inputDone(error: FlowError | undefined): void {
    const failed = error && failedStatus('input-failed', error);
    if (failed === this.#failed) return;
    this.#failed = failed;
    this.#show();
  }

  /** Shows that the node could not begin to open its link at start. Ends as a failure of {@link inputDone} does. */
  startFailed(error: FlowError): void {
    this.#failed = failedStatus('start-failed', error);
    this.#show();
  }

  /** Shows nothing from here on. */
  end(): void {
    this.#ended = true;
    this.#cancelLate?.();
    // An unretained message deletes the retained words, which editors that open later would get.
    this.#RED.comms.publish(this.#topic, {}, false);
    this.#cancelCountdown?.();
    this.#stopListening?.();
  }

  linkTakenOver(event: FlowLinkEvent): void {
    if (this.#links.some(({ id }) => id === event.link)) this.#linkChanged(event);
  }

  #linkChanged(event: FlowLinkEvent): void {
    if (event.event === 'warning') return;
    this.#failed = undefined;
    this.#showLink();
  }

  /** Shows the link with the latest event; while keep-open waits, also the time until the next attempt. */
  #showLink(): void {
    this.#cancelCountdown?.();
    const event = this.#device?.host.latestEvents.of(this.#links);
    this.#linkStatus = this.#ofLink(event);
    const { retryIn = 0 } = event ?? {};
    const stepMs = countdownStep(retryIn);
    if (retryIn > stepMs)
      this.#cancelCountdown = this.#device?.host.clock.after(stepMs, () => this.#showLink());
    this.#show();
  }

  /** Shows the status, if it changed. Bounded by rate: each goes to every open editor. The last one shows a little later. */
  #show(): void {
    if (this.#ended) return;
    // A flow with thousands of messages a second must not send the editor the same status each time.
    const latest = JSON.stringify(this.#status);
    if (latest === this.#latest) return;
    this.#latest = latest;
    if (this.#cancelLate) this.#omitted++;
    else this.#publish();
  }

  #publish(): void {
    const ms = this.#limit?.take() ?? 0;
    if (ms > 0) {
      this.#cancelLate = this.#device?.host.clock.after(ms, () => {
        this.#cancelLate = undefined;
        this.#publish();
      });
      return;
    }
    const { words, ...status } = this.#status;
    const omitted = this.#omitted;
    this.#omitted = 0;
    const text = statusText(this.#translate, words);
    this.#node.status({ ...status, text, ...(omitted > 0 && { omitted }) });
    this.#RED.comms.publish(this.#topic, words, true);
  }

  get #status(): Status {
    const own = this.#words === undefined ? {} : { words: this.#words };
    return this.#ofDevice() ?? this.#failed ?? { ...this.#linkStatus, ...own };
  }

  /** Comms topic of the words. Node-RED sends editors only the text, which is in the server's language. */
  get #topic(): string {
    return `esp-at/status/${this.#node.id}`;
  }

  get #links(): readonly LinkApi[] {
    return usedLinks(this.#device?.host.links ?? [], this.#setting);
  }

  #ofLink(event: FlowLinkEvent | undefined): Status {
    if (this.#setting === 'device') return deviceReadyStatus;
    if (!event) return closedStatus;
    const isForeign = this.#owner !== undefined && event.owner !== this.#owner;
    const status = linkStatus(event, isForeign);
    return usesSeveralLinks(this.#setting)
      ? { ...status, words: { link: event.link, ...status.words } }
      : status;
  }

  #ofDevice(): Status | undefined {
    if (!this.#device) return noDeviceStatus;
    return deviceStatus(this.#device.host.state);
  }
}
