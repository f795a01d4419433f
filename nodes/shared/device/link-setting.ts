import type { NodeMessage } from 'node-red';

/** The setting of a node: a link, or `msg` for the link in `msg.linkId`, or `all`. */
export type LinkSetting = string;

/** The link a message is for; checked by the device, which refuses all but 0, 1 and 2. */
export function chosenLink(setting: LinkSetting, msg: NodeMessage): unknown {
  return setting === 'msg' ? msg.linkId : setting;
}

/** Whether an event of `link` concerns a node with this setting. */
export function concerns(setting: LinkSetting, link: number): boolean {
  return setting === 'msg' || setting === 'all' || setting === String(link);
}

/** Whether a node with this setting may meet several links, so that its status has to say which. */
export function several(setting: LinkSetting): boolean {
  return setting === 'msg' || setting === 'all';
}
