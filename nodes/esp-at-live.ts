import type { NodeAPI } from 'node-red';
import { serveLive } from './shared/admin/live';
import { serveRecording } from './shared/admin/recording';

/** The plugin `esp-at-live`: what the sidebar tab *ESP-AT* asks for. */
export default function espAtLive(RED: NodeAPI): void {
  serveLive(RED);
  serveRecording(RED);
}
