import type { NodeAPI } from 'node-red';
import { serveLive } from './shared/admin/live';
import { serveRecording } from './shared/admin/recording';
import { translator } from './shared/message/translate';

/** The plugin `esp-at-live`: what the sidebar tab *ESP-AT* asks for. */
export default function espAtLive(RED: NodeAPI): void {
  const translate = translator(RED);
  serveLive(RED, translate);
  serveRecording(RED, translate);
}
