import type { DataReceiver, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import { wsdatafmt, wsping } from '../../commands/wssend';
import type { DeviceWatch } from '../device-watch';
import type { ReadyDevice } from '../link-host';
import type { OpenOptions } from '../options';
import type { LinkMachine } from '../state/link-machine';
import { numberOf } from '../state/link-state';
import { EarlyData } from './early-data';
import { createReceiver } from './create-receiver';
import { ConnectionSink } from './connection-sink';
import type { LinkReceiver, MessageSink } from './link-receiver';

type State =
  | { readonly kind: 'none'; readonly receiver: DataReceiver }
  /** The connection is not the link's yet: keeps its data. */
  | { readonly kind: 'early'; readonly receiver: EarlyData }
  /** `hasLostData`: the client is out of sync, and data of the connection may be lost. */
  | {
      readonly kind: 'connected';
      readonly receiver: LinkReceiver;
      readonly sink: ConnectionSink;
      readonly hasLostData: boolean;
    };

/** Gives the client the receiver for the data of a link: a new one for each connection. */
export class Reception {
  readonly #link: LinkId;
  readonly #clock: Clock;
  readonly #machine: Pick<LinkMachine, 'state'>;
  readonly #watch: Pick<DeviceWatch, 'current'>;
  readonly #none: State;
  #state: State;
  /** The client that has the receiver. It may still deliver data while the driver stops the device. */
  #client: ReadyDevice['client'] | undefined;
  /** The device that runs `AT+WSDATAFMT` for the link: one command at a time. */
  #formatting: ReadyDevice | undefined;

  constructor(
    link: LinkId,
    clock: Clock,
    machine: Pick<LinkMachine, 'state'>,
    watch: Pick<DeviceWatch, 'current'>,
  ) {
    this.#link = link;
    this.#clock = clock;
    this.#machine = machine;
    this.#watch = watch;
    this.#none = this.#state = { kind: 'none', receiver: droppingReceiver(this.#mayHaveData) };
  }

  /** Whether the link has a connection, which a close may be about to end. */
  get isConnected(): boolean {
    return this.#state.kind === 'connected';
  }

  /** Whether no message has begun. */
  get isEmpty(): boolean {
    return this.#state.kind !== 'connected' || this.#state.receiver.isEmpty;
  }

  /** A device is ready: gives its client the receiver. */
  deviceReady(): void {
    this.#client = this.#watch.current?.client;
    this.#become(this.#state);
  }

  /** From now on, data of the link may belong to a new connection: keeps it. */
  expectData(): void {
    this.#become({ kind: 'early', receiver: new EarlyData(this.#mayHaveData) });
  }

  /** The connection is open. @param onLoss called for each loss of early data */
  begin(device: ReadyDevice, options: OpenOptions, to: MessageSink, onLoss: () => void): void {
    const before = this.#state;
    const { client, capabilities } = device;
    const ping = (onStart: () => void) =>
      client.sequence(({ run }) => {
        onStart();
        return run(wsping(this.#link));
      });
    const context = { link: this.#link, clock: this.#clock, capabilities, ping };
    const sink = new ConnectionSink(to);
    const receiver = createReceiver(context, options, sink);
    this.#become({ kind: 'connected', receiver, sink, hasLostData: false });
    const isOpen = () => this.#state.receiver === receiver;
    if (before.kind === 'early') before.receiver.replay(receiver, isOpen, onLoss);
  }

  /** The connection has ended. */
  end(): void {
    const before = this.#state;
    this.#become(this.#none);
    if (before.kind !== 'connected') return;
    before.receiver.end();
    before.sink.end();
  }

  /** Notes that received bytes are lost, for {@link dataTrusted}. The client itself informs the receiver. */
  dataLost(): void {
    if (this.#state.kind === 'connected') this.#state = { ...this.#state, hasLostData: true };
  }

  /** The client is in sync; it has dropped all data since {@link dataLost}. */
  dataTrusted(): void {
    if (this.#state.kind !== 'connected' || !this.#state.hasLostData) return;
    this.#state = { ...this.#state, hasLostData: false };
    if (this.#machine.state.kind !== 'open') return;
    const device = this.#watch.current;
    // The data may have been intact, but in the short format: the command that sets the long one may have been corrupt.
    if (!device?.capabilities.fragments || this.#formatting === device) return;
    this.#formatting = device;
    const end = () => (this.#formatting = undefined);
    device.client.run(wsdatafmt(this.#link)).then(end, end);
  }

  /** For {@link DataReceiver.connected}: the device may have a connection of the link. */
  readonly #mayHaveData = () => numberOf(this.#machine.state) !== 0;

  #become(state: State): void {
    this.#state = state;
    this.#client?.setReceiver(this.#link, state.receiver);
  }
}

/** Drops data while the link has no connection, or while the driver closes it. */
function droppingReceiver(mayHaveData: () => boolean): DataReceiver {
  const ignore = () => undefined;
  return {
    get connected() {
      return mayHaveData();
    },
    push: ignore,
    dataLost: ignore,
  };
}
