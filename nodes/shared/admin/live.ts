import type { NodeAPI } from 'node-red';
import { deviceNodes, type DeviceNode } from '../device/device-node';
import type { LiveAnswer, LiveDevice } from '../live/live-answer';
import { liveCounts } from '../live/live-counts';
import { TrafficReader } from '../live/live-traffic';
import { SignalWatch } from '../live/signal-watch';
import { hostOf } from '../status/status-texts';
import { codedCopy } from './coded-copy';

/** Needed to see and save what passes the port: a right of its own, since messages are in it. */
export const LIVE_PERMISSION = 'esp-at.live';

/**
 * Adds `GET /esp-at-websocket/live` for the live view. The response is a {@link LiveAnswer}: all devices, and the traffic
 * of one. Query: `device`, the ID of its node; `run` and `after`, the `run` and `next` of the latest answer's traffic.
 */
export function serveLive(RED: NodeAPI): void {
  const traffic = new TrafficReader();
  const signals = new SignalWatch();
  RED.httpAdmin.get(
    '/esp-at-websocket/live',
    RED.auth.needsPermission(LIVE_PERMISSION),
    ({ query }, response) => {
      const nodes = deviceNodes(RED);
      const chosen = nodes.find(({ id }) => id === query.device)?.host;
      const device = chosen?.runningDevice;
      const after = Math.max(0, Number(query.after) || 0);
      const trafficSince =
        chosen && device && traffic.read(device, Number(query.run), after, chosen.clock.now());
      const answer: LiveAnswer = {
        devices: nodes
          .map((node) => liveDevice(node, signals))
          .sort((one, other) => one.name.localeCompare(other.name)),
        ...(trafficSince && { traffic: trafficSince }),
      };
      response.set('Cache-Control', 'no-store').json(answer);
    },
  );
}

function liveDevice({ id, host }: DeviceNode, signals: SignalWatch): LiveDevice {
  const { name, error } = host.state;
  const { capabilities, runningDevice: device } = host;
  const counts = device && liveCounts(device.statistics());
  const isFree = name === 'ready' && counts?.queue === 0;
  const wifi = device && signals.latest(isFree, host.clock, device);
  return {
    id,
    name: host.label,
    state: name,
    ...(error && { error: codedCopy(error) }),
    ...(capabilities && { firmware: capabilities.firmware, version: capabilities.version }),
    ...(wifi && { wifi }),
    links: host.links.map(({ state, uri }) => ({ state, host: hostOf(uri) })),
    ...(counts && { counts }),
  };
}
