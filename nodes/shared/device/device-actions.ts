import type { NodeMessageInFlow } from 'node-red';
import type { DeviceStatistics } from '../../../driver/statistics/statistics';
import { EspAtError } from '../../../driver/errors';
import { shown } from '../../../driver/values/text';
import { NodeError } from '../errors/node-error';
import type { DeviceHost } from './device-host';

/** The properties of a message that tell a device what to do. */
export interface ActionMessage extends NodeMessageInFlow {
  action?: unknown;
  /** Of the action `port`: an address. */
  port?: unknown;
}

/** What an action results in, beside the state of the device. */
interface Result {
  readonly statistics?: DeviceStatistics;
  /** Path of the recording. */
  readonly detail?: string;
}

/** What a flow can tell a device to do. */
const actions = {
  async connect(host) {
    await host.begin((device) => device.start());
    return {};
  },
  async disconnect(host) {
    await host.disconnect();
    return {};
  },
  async restart(host) {
    await host.begin((device) => device.restart());
    return {};
  },
  async port(host, { port }) {
    if (typeof port !== 'string') throw new EspAtError('INVALID_PORT', { port: shown(port) });
    await host.usePort(port.trim());
    return {};
  },
  statistics(host) {
    return { statistics: host.device.statistics() };
  },
  async record(host) {
    return { detail: await host.saveRecording(host.device, 'asked') };
  },
} satisfies Record<string, (host: DeviceHost, msg: ActionMessage) => Result | Promise<Result>>;

/** A value of `msg.action`. */
export type DeviceAction = keyof typeof actions;

/**
 * Runs `msg.action`; an action that needs the port waits for the end of an examination.
 * @throws FlowError `INVALID_ACTION`, `INVALID_PORT`, `INVALID_SETTING`, `RECORDING_FAILED`, `DEVICE_*`, `PORT_*`,
 * `OUT_OF_SYNC`, `COMMAND_FAILED`, or why no device runs
 */
export async function runAction(
  host: DeviceHost,
  msg: ActionMessage,
): Promise<Result & { readonly action: DeviceAction }> {
  const { action } = msg;
  if (!isAction(action)) throw new NodeError('INVALID_ACTION', { action: shown(action) });
  return { action, ...(await actions[action](host, msg)) };
}

function isAction(action: unknown): action is DeviceAction {
  return typeof action === 'string' && Object.hasOwn(actions, action);
}
