import type { NodeMessage } from 'node-red';
import type { LinkApi } from '../device/device-api';

/** The links a node uses: `0`, `1` or `2`; `msg` for the one in `msg.linkId`; `all`; or `device`, which is none. */
export type LinkSetting = string;

/** The link a message is for. The device refuses any but 0, 1 and 2. */
export function chosenLink(setting: LinkSetting, msg: NodeMessage): unknown {
  return setting === 'msg' ? msg.linkId : setting;
}

/** The links that a node with this setting uses. */
export function usedLinks(links: readonly LinkApi[], setting: LinkSetting): readonly LinkApi[] {
  return usesSeveralLinks(setting) ? links : links.filter(({ id }) => setting === String(id));
}

/** Whether a node with this setting may use more than one link. */
export function usesSeveralLinks(setting: LinkSetting): boolean {
  return setting === 'msg' || setting === 'all';
}
