import type { DataReceiver, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import { wsdatafmt, wsping } from '../../commands/websocket';
import type { DeviceWatch } from '../device-watch';
import type { ReadyDevice } from '../link-host';
import type { OpenOptions } from '../options';
import type { LinkMachine } from '../state/link-machine';
import { numberOf } from '../state/link-state';
import { EarlyData } from './early-data';
import { createReceiver, type LinkReceiver, type MessageSink } from './receiver';

type State =
  | { readonly kind: 'none'; readonly receiver: DataReceiver }
  /** `AT+WSOPEN` has gone out. */
  | { readonly kind: 'early'; readonly receiver: EarlyData }
  /** `hasLostData`: data of the connection may be lost since the client was in sync. */
  | { readonly kind: 'connected'; readonly receiver: LinkReceiver; readonly hasLostData: boolean };

/** What receives the data of a link: one receiver for each connection. */
export class Reception {
  readonly #link: LinkId;
  readonly #clock: Clock;
  readonly #machine: Pick<LinkMachine, 'state'>;
  readonly #device: Pick<DeviceWatch, 'current'>;
  readonly #none: State;
  #state: State;
  /** The device that is told the format of the data: one command at a time. */
  #formatting: ReadyDevice | undefined;

  constructor(
    link: LinkId,
    clock: Clock,
    machine: Pick<LinkMachine, 'state'>,
    device: Pick<DeviceWatch, 'current'>,
  ) {
    this.#link = link;
    this.#clock = clock;
    this.#machine = machine;
    this.#device = device;
    this.#none = this.#state = { kind: 'none', receiver: dropsData(machine) };
  }

  /** Whether no message has begun. */
  get isEmpty(): boolean {
    return this.#state.kind !== 'connected' || this.#state.receiver.isEmpty;
  }

  /** The device is another one: it has no receivers yet. */
  deviceReady(): void {
    this.#become(this.#state);
  }

  /** `AT+WSOPEN` goes out next: what comes from here on is the new connection's. */
  expectData(): void {
    this.#become({ kind: 'early', receiver: new EarlyData() });
  }

  /** The connection is open. @param onLoss called for each loss of early data */
  begin(device: ReadyDevice, options: OpenOptions, sink: MessageSink, onLoss: () => void): void {
    const before = this.#state;
    const { client, capabilities } = device;
    const ping = () => client.run(wsping(this.#link));
    const context = { link: this.#link, clock: this.#clock, capabilities, ping };
    const receiver = createReceiver(context, options, sink);
    this.#become({ kind: 'connected', receiver, hasLostData: false });
    if (before.kind === 'early') before.receiver.replay(receiver, onLoss);
  }

  /** The connection has ended. */
  end(): void {
    const { receiver } = this.#state;
    this.#become(this.#none);
    receiver.end();
  }

  /** Received bytes are lost; of which link is unknown. */
  dataLost(): void {
    if (this.#state.kind === 'connected') this.#state = { ...this.#state, hasLostData: true };
  }

  /** The client is in sync; it has dropped all data since {@link dataLost}. */
  dataTrusted(): void {
    if (this.#state.kind !== 'connected' || !this.#state.hasLostData) return;
    this.#state = { ...this.#state, hasLostData: false };
    if (this.#machine.state.kind !== 'open') return;
    const device = this.#device.current;
    // The data may have been intact, but in the other format: sends again the command that sets it, which may have been
    // corrupt.
    if (!device?.capabilities.fragments || this.#formatting === device) return;
    this.#formatting = device;
    const end = () => (this.#formatting = undefined);
    device.client.run(wsdatafmt(this.#link)).then(end, end);
  }

  #become(state: State): void {
    this.#state = state;
    this.#device.current?.client.setReceiver(this.#link, state.receiver);
  }
}

/** Drops data while there is no connection, or while the device reconnects. */
function dropsData(machine: Pick<LinkMachine, 'state'>): DataReceiver {
  const ignore = () => undefined;
  return {
    get connected() {
      return numberOf(machine.state) !== 0;
    },
    push: ignore,
    dataLost: ignore,
    end: ignore,
  };
}
