import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import { Device } from '../../../driver/device/device';
import type { PortOpener } from '../../../driver/port/port';
import { InputOrder } from '../../../nodes/shared/device/input-order';
import type { Settings } from '../../../nodes/shared/checks/refusal';
import wsClose from '../../../nodes/ws-close';
import wsRequest from '../../../nodes/ws-request';
import wsSend from '../../../nodes/ws-send';
import wsStatus from '../../../nodes/ws-status';
import { unchecked } from '../refused';
import { Hosts, RecordingUser } from './device-hosts';

const port: PortOpener = { address: 'silent', open: () => new Promise(() => undefined) };

/** Runs single nodes on a stub of the API of a Node-RED: a real runtime starts far too slowly for random settings. */
export class NodeStub {
  readonly #constructors = new Map<string, (this: unknown, def: Settings) => void>();

  /** @param nodeRed the package of the release */
  constructor(nodeRed: 'node-red' | 'node-red-5') {
    const load = createRequire(createRequire(__filename).resolve(`${nodeRed}/package.json`));
    const { util } = load('@node-red/util') as typeof import('@node-red/util');
    const hosts = new Hosts();
    const host = hosts.host('device', () => new Device({ port, clock: hosts.clock }));
    const inputs = [
      new InputOrder(hosts.clock),
      new InputOrder(hosts.clock),
      new InputOrder(hosts.clock),
    ];
    // Keeps the device running between the nodes under test.
    new RecordingUser(host);
    const RED: NodeAPI = unchecked({
      _: (key: string) => key,
      util,
      comms: { publish: () => undefined },
      nodes: {
        createNode: () => undefined,
        getNode: () => ({ host, inputs }),
        registerType: (type: string, constructor: (this: unknown, def: Settings) => void) =>
          this.#constructors.set(type, constructor),
      },
    });
    for (const define of [wsSend, wsRequest, wsClose, wsStatus]) define(RED);
  }

  /**
   * Gives an input to a node with these settings, on a device that never becomes ready.
   * @returns the code that ends the input; undefined while it waits. For a node that warns of its settings, `warned`
   */
  async of(
    type: string,
    settings: Settings,
    msg: object = { payload: '{}' },
  ): Promise<string | undefined> {
    const node = Object.assign(new EventEmitter(), {
      id: 'node',
      credentials: {},
      status: () => undefined,
      error: () => undefined,
      send: () => undefined,
      warn: () => (code = 'warned'),
    });
    let code: string | undefined;
    this.#constructors.get(type)?.call(node, { device: 'device', link: '0', ...settings });
    const done = (error?: { code?: string }) =>
      (code ??= error ? (error.code ?? 'none') : 'success');
    node.emit('input', msg, () => undefined, done);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    node.emit('close');
    return code;
  }
}
