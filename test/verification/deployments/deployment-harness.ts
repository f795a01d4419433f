import assert from 'node:assert/strict';
import type { LinkId } from '../../../driver/at/types';
import { Device } from '../../../driver/device/device';
import { EspAtError } from '../../../driver/errors';
import type { LinkStatus } from '../../../driver/device/options';
import type { PortOpener } from '../../../driver/port/port';
import { seededRandom, type SimulatedDevice } from '../../../simulator';
import { directUart } from '../../../simulator/serial/uart';
import { faultyDevice, type Faults } from '../../../simulator/faults';
import { PacedLine } from '../../../simulator/serial/paced-line';
import { listenerCount, onLinkEvents, type LoggedLinkEvent } from '../../harness/event-log';
import { MemoryPort } from '../../harness/port/memory-port';
import { MemoryNetwork } from '../../harness/network/memory-network';
import { WsServer, type WsConnection } from '../../harness/network/ws-server';
import { DeviceHost } from '../../../nodes/shared/device/device-host';
import type { MakeDevice } from '../../../nodes/shared/device/make-device';
import type { NodeRed } from '../../harness/nodes/node-red';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { SharedClock } from '../../harness/shared-clock';
import type { DeployType } from './cases';
import { remainsOf } from '../remains';
import { nodesOf, type FlowModel } from './flow';
import { NodeWatch } from './node-watch';

const RATE = 115_200;
const BOOT_MS = 400;

/** A flow on Node-RED, the driver, one simulated device and one server, in virtual time. */
export class DeploymentHarness {
  readonly clock = new VirtualClock();
  readonly host = new SharedClock(this.clock);
  readonly server = new WsServer(this.clock);
  readonly watch = new NodeWatch();
  readonly events: LoggedLinkEvent[] = [];
  readonly problems: string[] = [];
  readonly simulator: SimulatedDevice;
  readonly faults: Faults;
  /** Text messages at the server, with their paths. */
  readonly arrived: { readonly path: string; readonly text: string }[] = [];
  /** Inputs of nodes: the node's ID by message ID. */
  readonly given = new Map<string, string>();
  /** Whether the server refuses connections. */
  refuses = false;
  readonly #nodeRed: NodeRed;
  readonly #network: MemoryNetwork;
  readonly #port: MemoryPort;
  /** All devices, each with the count of this harness's listeners. */
  readonly #devices = new Map<Device, number>();
  #device: Device | undefined;

  constructor(nodeRed: NodeRed, options: { readonly rate: boolean }) {
    this.#nodeRed = nodeRed;
    const { clock } = this;
    const line = options.rate ? new PacedLine({ hostRate: RATE }) : undefined;
    this.#network = new MemoryNetwork({
      clock,
      route: () => (this.refuses ? { kind: 'refused' } : { kind: 'server', server: this.server }),
    });
    const { device, faults } = faultyDevice({
      firmware: 'D',
      clock,
      network: this.#network,
      joined: true,
      bootMs: BOOT_MS,
      random: seededRandom(1),
      running: false,
      uart: line?.factory ?? directUart,
      output: (bytes) => this.#port.deliver(bytes),
    });
    this.simulator = device;
    this.faults = faults;
    this.#port = new MemoryPort(
      () => device,
      line && { rate: RATE, setRate: (rate) => void (line.hostRate = rate) },
    );
    this.server.behavior.onFrame = ({ request }, { opcode, payload }) => {
      if (opcode === 1) this.arrived.push({ path: request.target, text: payload.toString() });
    };
  }

  /** The driver of the deployed flow. A changed configuration node makes a new one. */
  get device(): Device {
    assert.ok(this.#device, 'no device was made');
    return this.#device;
  }

  /** Open connections of the server. */
  get connections(): WsConnection[] {
    return this.server.connections.filter(({ open }) => open);
  }

  async load(flow: FlowModel): Promise<void> {
    const nodeRed = this.#nodeRed;
    nodeRed.onNode = (node) => this.watch.created(node);
    const make: MakeDevice = ({ options }, memory) => {
      const device = new Device({
        ...options,
        memory,
        port: this.#exclusive(),
        clock: this.host,
        random: seededRandom(2),
      });
      onLinkEvents(device, (event) => this.events.push(event));
      this.#devices.set(device, listenerCount(device));
      this.#device = device;
      return device;
    };
    await nodeRed.load(make, nodesOf(flow), {}, undefined, this.clock);
  }

  async deploy(flow: FlowModel, type: DeployType): Promise<void> {
    if (type === 'restart') await this.#nodeRed.restart();
    else await this.#nodeRed.deploy(nodesOf(flow), type);
  }

  /** Gives a message to a node, if the flow has it. @returns the message's ID */
  give(id: string, msg: object): string | undefined {
    const node = this.#nodeRed.find(id);
    if (!node) return undefined;
    const name = `<${this.given.size}>`;
    this.given.set(name, id);
    node.receive({ ...msg, _msgid: name });
    return name;
  }

  /** Examines the device as a dialog does. @returns what aborts the examination */
  examine(): AbortController {
    const node = this.#nodeRed.find('device');
    assert.ok(node && 'host' in node && node.host instanceof DeviceHost);
    const controller = new AbortController();
    node.host.examine(this.#exclusive(), controller).catch(() => undefined);
    return controller;
  }

  /** Lets time pass until `done()`. Returns false after the limit. */
  until(done: () => boolean, limitMs: number): Promise<boolean> {
    return this.clock.until(done, limitMs);
  }

  pass(milliseconds: number): Promise<void> {
    return this.clock.advance(milliseconds);
  }

  /** The device's own states of the links, by `checkLinks` of the driver. */
  async askDevice(): Promise<Map<LinkId, number>> {
    let answer: LinkStatus[] | undefined;
    this.device.checkLinks().then(
      (found) => (answer = found),
      () => (answer = []),
    );
    await this.until(() => answer !== undefined, 30_000);
    return new Map(answer?.map(({ link, stateNumber }) => [link, stateNumber]));
  }

  /** Ends the flow and the device. Adds remaining timers, listeners, connections and inputs to the problems. */
  async end(): Promise<void> {
    await this.#nodeRed.unload();
    const { isOpen } = this.#port;
    const timers = {
      'timers of nodes': this.#nodeRed.timers,
      'timers of the driver': this.host.pending,
    };
    const added = [...this.#devices].map(([device, own]) => Math.abs(listenerCount(device) - own));
    const listeners = added.reduce((sum, count) => sum + count, 0);
    this.simulator.destroy();
    await this.clock.advance(200_000);
    const connections = this.#network.size;
    this.problems.push(...remainsOf(isOpen, { ...timers, listeners, connections }));
    for (const stray of new Set(this.watch.strays)) this.problems.push(`after its close, ${stray}`);
    for (const [name, id] of this.given) {
      const endings = this.watch.endings.get(name) ?? [];
      if (endings.length !== 1)
        this.problems.push(`the input ${name} of ${id} ended ${endings.length} times`);
    }
  }

  /** The port with the rule of operating systems: only one can have it open. */
  #exclusive(): PortOpener {
    const port = this.#port;
    return {
      address: port.address,
      ...(port.rate !== undefined && { rate: port.rate }),
      open: (handlers) =>
        port.isOpen
          ? Promise.reject(new EspAtError('PORT_BUSY', { port: port.address }))
          : port.open(handlers),
    };
  }
}
