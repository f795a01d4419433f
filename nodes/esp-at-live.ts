import type { NodeAPI } from 'node-red';
import { serveLive } from './shared/admin/live';
import { serveRecording } from './shared/admin/recording';

/** The plugin `esp-at-live`: answers the sidebar tab *ESP-AT*. */
export default function espAtLive(RED: NodeAPI): void {
  serveLive(RED);
  serveRecording(RED);
}
