import type { Node, NodeStatus } from 'node-red';
import type { LinkId } from '../../../driver/at/types';
import type { LinkEvent } from '../../../driver/link/options';
import type { DeviceNode } from '../device/device-node';
import { concerns, several, type LinkSetting } from '../device/link-setting';
import { deviceStatus, linkStatus, noDeviceStatus } from './status-texts';
import type { Translate } from './translate';

/**
 * What the canvas shows under a node that uses links: the device while it is not ready, else the link
 * that was heard of last, with its number where it could be another.
 */
export class Canvas {
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #setting: LinkSetting;
  #link: NodeStatus;
  #shown = '';
  #ended = false;

  constructor(
    node: Node,
    translate: Translate,
    device: DeviceNode | undefined,
    setting: LinkSetting,
  ) {
    this.#node = node;
    this.#translate = translate;
    this.#device = device;
    this.#setting = setting;
    this.#link =
      setting === 'device'
        ? { fill: 'green', shape: 'dot', text: translate('status.device.ready') }
        : this.#present();
    this.show();
  }

  /** Something happened to a link; others than this node's are left out. */
  link(event: LinkEvent): void {
    // An answer tells nothing new, and has no reason and no next try with it.
    if (event.event === 'asked' || !concerns(this.#setting, event.link)) return;
    this.#link = this.#ofLink(event.link, event);
    this.show();
  }

  /** @param text instead of the link's, while the device is ready */
  show(text?: string): void {
    if (this.#ended) return;
    const status = this.#ofDevice() ?? (text === undefined ? this.#link : { ...this.#link, text });
    // A flow with thousands of messages a second must not send the editor the same again and again.
    const shown = JSON.stringify(status);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#node.status(status);
  }

  /** Nothing is shown any more. */
  end(): void {
    this.#ended = true;
  }

  /** A node that is deployed again finds its links as they are. */
  #present(): NodeStatus {
    const links = this.#device?.host.links.filter(({ id }) => concerns(this.#setting, id)) ?? [];
    const link = several(this.#setting) ? links.find(({ state }) => state !== 0) : links[0];
    return link ? this.#ofLink(link.id, link) : linkStatus(this.#translate, { state: 0, uri: '' });
  }

  #ofLink(id: LinkId, link: Parameters<typeof linkStatus>[1]): NodeStatus {
    const status = linkStatus(this.#translate, link);
    return several(this.#setting) ? { ...status, text: `${id}: ${status.text ?? ''}` } : status;
  }

  #ofDevice(): NodeStatus | undefined {
    if (!this.#device) return noDeviceStatus(this.#translate);
    return deviceStatus(this.#translate, this.#device.host.status);
  }
}
