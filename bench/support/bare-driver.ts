import { Device, systemClock, type DeviceOptions, type LinkId } from '../../driver';
import { MemoryPort } from '../../test/harness/port/memory-port';
import { MinimalDevice } from './board/minimal-device';
import { SimulatedBoard } from './board/simulated-board';
import { TappedPort } from './tapped-port';

/** Responses of the device in one turn of the event loop. */
const RESPONSES_PER_TURN = 10;

/**
 * A driver with links open on a simulated device of class D. A {@link MinimalDevice} then replaces the simulated one, so that
 * the driver takes nearly all processor time.
 */
export class BareDriver {
  readonly device: Device;
  readonly tap: TappedPort;
  readonly #port: MemoryPort;
  readonly #simulated: SimulatedBoard;
  readonly #minimal = new MinimalDevice();
  /** The device behind the port. */
  #far: MinimalDevice | SimulatedBoard;

  private constructor(options: Pick<DeviceOptions, 'recorderBytes'>) {
    this.#simulated = new SimulatedBoard({
      clock: systemClock,
      firmware: 'D',
      rate: undefined,
      output: (bytes) => this.#port.deliver(bytes),
    });
    this.#far = this.#simulated;
    this.#port = new MemoryPort(() => this.#far);
    this.tap = new TappedPort(this.#port);
    const queue = { messages: 1e6, bytes: 1e9 };
    this.device = new Device({ ...options, port: this.tap, sendLimit: queue });
  }

  static async open(options: Pick<DeviceOptions, 'recorderBytes'> = {}): Promise<BareDriver> {
    const driver = new BareDriver(options);
    const { device } = driver;
    device.start();
    for (const link of device.links) await link.open({ uri: `ws://server/plain?${link.id}` });
    driver.#far = driver.#minimal;
    return driver;
  }

  /** Delivers bytes from the device. */
  deliver(bytes: Buffer): void {
    this.#port.deliver(bytes);
  }

  /**
   * Sends `count` messages over `links` links, `waiting` at a time. Settles when the device has confirmed all.
   * @param onResponse called before each response of the device
   */
  send(
    count: number,
    links: number,
    payload: string,
    waiting: number,
    onResponse: () => void,
  ): Promise<void> {
    const send = (index: number) => this.device.links[(index % links) as LinkId].send(payload);
    return this.work(count, waiting, send, { before: onResponse });
  }

  /**
   * Runs `count` operations, `waiting` at a time. Settles when all have succeeded.
   * @param onResponse called before and after each response of the device
   */
  async work(
    count: number,
    waiting: number,
    begin: (index: number) => Promise<unknown>,
    onResponse: { before?: () => void; after?: (response: Buffer) => void } = {},
  ): Promise<void> {
    let begun = 0;
    let done = 0;
    let failure: Error | undefined;
    const next = () => {
      if (begun >= count) return;
      begin(begun++).then(
        () => {
          done++;
          next();
        },
        (error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))),
      );
    };
    for (let index = 0; index < waiting; index++) next();
    while (done < count) {
      if (failure !== undefined) throw failure;
      this.#port.written.length = 0;
      for (let index = 0; index < RESPONSES_PER_TURN; index++) {
        const response = this.#minimal.take();
        if (!response) break;
        onResponse.before?.();
        this.#port.deliver(response);
        onResponse.after?.(response);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async end(): Promise<void> {
    // The minimal device does not respond to a close.
    this.#far = this.#simulated;
    await this.device.stop();
    this.#simulated.end();
  }
}
