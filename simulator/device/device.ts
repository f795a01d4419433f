import { Interpreter } from '../at/interpreter';
import type { Board } from './board';
import { systemClock, type Clock } from '../clock';
import { commandTable } from '../commands/table';
import { storedUartSettings } from '../commands/uart';
import { DeviceTime } from './device-time';
import { traitsOf } from './firmware';
import { Flash } from './flash';
import { realNetwork } from '../network/network';
import { NetworkPath } from '../network/network-path';
import { defaultAccessPoints, type SimulatorOptions } from './options';
import { Output } from './output';
import { freshSettings } from './settings';
import { Station } from '../wifi/station';
import { StationNetwork } from '../network/station-network';
import { TimeSync } from './time-sync';
import { defaultUartSettings, directUart, type Uart } from '../serial/uart';
import { Links } from '../websocket/links';

const DEFAULT_BOOT_MS = 400;
/** Milliseconds from the last byte that is sent to the end of the device's earlier life. */
const RESTART_DELAY_MS = 25;
/** Milliseconds between looks whether all has been sent. */
const TRANSMIT_POLL_MS = 5;
/** Noise that reached a device before it was ready, as far as it is kept. */
const MAX_BOOT_NOISE_BYTES = 256;

/** An ESP32 with the ESP-AT firmware: AT commands in, answers and reports out, real connections beyond. */
export class SimulatedDevice {
  readonly #clock: Clock;
  readonly #bootTime: number;
  readonly #bootNoise: Buffer | undefined;
  readonly #board: Board;
  readonly #interpreter: Interpreter;
  readonly #network: StationNetwork;
  readonly #uart: Uart;
  #output: (bytes: Buffer) => void;
  #state: 'off' | 'booting' | 'up' | 'restarting' = 'off';
  #cancelBoot: (() => void) | undefined;
  #noise: Buffer = Buffer.alloc(0);

  constructor(options: SimulatorOptions = {}) {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    const hooks = options.hooks ?? {};
    this.#clock = clock;
    this.#bootTime = options.bootMs ?? DEFAULT_BOOT_MS;
    this.#bootNoise = options.bootNoise;
    this.#output = options.output ?? (() => undefined);
    this.#uart = (options.uart ?? directUart)({
      clock,
      random,
      toDevice: (piece) => this.#received(piece),
      toHost: (bytes) => this.#output(bytes),
      drained: () => output.drained(),
    });
    const output = new Output(this.#uart);
    const report = (text: string) => output.say(`${text}\r\n`);
    const time = new DeviceTime(clock);
    const station: Station = new Station({
      clock,
      accessPoints: options.wifi ?? defaultAccessPoints,
      report,
      changed: (online) => {
        this.#network.changed();
        if (online) timeSync.cameOnline();
      },
    });
    const timeSync = new TimeSync({
      clock,
      time,
      ask: options.time ?? Date.now,
      online: () => station.online,
      report,
    });
    const outside = options.network ?? realNetwork;
    this.#network = new StationNetwork({
      clock,
      network: options.path ? new NetworkPath(outside, clock, random, options.path) : outside,
      dns: options.dns ?? {},
      online: () => station.online,
    });
    const flash = new Flash();
    if (options.baud !== undefined) {
      flash.uart = { ...defaultUartSettings, rate: options.baud };
    }
    const classTraits = traitsOf(options.firmware ?? 'D', options.mended ?? []);
    const crash = () => this.#crash();
    const restartWhenSent = () => this.#restartWhenSent();
    const links = new Links({
      ...{ clock, random, output, flash, time, hooks, crash },
      firmware: classTraits,
      network: this.#network,
    });
    const settings = { ...freshSettings(), uart: storedUartSettings({ flash }) };
    this.#uart.configure(settings.uart);
    this.#board = {
      ...{ clock, settings, output, flash, time, timeSync, station, links, hooks },
      ...{ crash, restartWhenSent },
      firmware: classTraits,
      uart: this.#uart,
      restore: () => {
        station.erase();
        restartWhenSent();
      },
    };
    const commands = commandTable(this.#board);
    const restart = () => this.restart();
    this.#interpreter = new Interpreter({
      ...{ clock, output, settings, hooks, commands, restart, restartWhenSent },
    });
    if (options.joined === true) station.beginJoined();
    if (options.running ?? true) this.#state = 'up';
    else station.stop();
  }

  /** Bytes from the host. They reach the device as one piece, unless its serial line cuts them. */
  write(bytes: Uint8Array): void {
    if (this.#state !== 'off') this.#uart.receive(bytes);
  }

  /** Sets who gets the bytes for the host. A chunk belongs to its receiver. */
  onOutput(handler: (bytes: Buffer) => void): void {
    this.#output = handler;
  }

  /** The host takes no more bytes for now; the device keeps some, then makes its servers wait. */
  pauseOutput(): void {
    this.#uart.hold();
  }

  /** The host takes bytes again after {@link pauseOutput}. */
  resumeOutput(): void {
    this.#uart.release();
  }

  /** Says something that belongs to no command, such as a log line: it comes out between whatever else is said. */
  inject(bytes: Uint8Array): void {
    if (this.#state !== 'off') this.#board.output.say(Buffer.from(bytes));
  }

  /** Whether commands are echoed, as ATE1 and ATE0 set it. */
  get echo(): boolean {
    return this.#board.settings.echo;
  }

  set echo(on: boolean) {
    this.#board.settings.echo = on;
  }

  /** Wi-Fi as the device's surroundings have it: `lose` and `recover` take it away and bring it back. */
  get wifi(): Pick<Station, 'lose' | 'recover' | 'online'> {
    return this.#board.station;
  }

  /** The network behind Wi-Fi: set `blackHole` to let every packet vanish, `unreachable` for no route to anywhere. */
  get network(): Pick<StationNetwork, 'blackHole' | 'unreachable'> {
    return this.#network;
  }

  /** Power comes: noise of the boot loader, `ready`, then Wi-Fi. Nothing happens when it is there already. */
  powerOn(): void {
    if (this.#state === 'off') this.#boot();
  }

  /** Power goes: everything but flash is lost, and no timer or socket is left. */
  powerOff(): void {
    this.#halt();
    this.#uart.reset();
    this.#state = 'off';
  }

  /** Restarts as by a reset, a watchdog or a crash. Nothing happens without power. */
  restart(): void {
    if (this.#state === 'off') return;
    this.#halt();
    this.#uart.crash?.();
    this.#boot();
  }

  /** Ends the device for good: no timer, socket or listener is left, and no more output comes. */
  destroy(): void {
    this.powerOff();
    this.#output = () => undefined;
  }

  /** What the device has said just before a crash still leaves. */
  #crash(): void {
    this.#state = 'restarting';
    this.#interpreter.reset();
    this.#cancelBoot?.();
    this.#cancelBoot = this.#clock.after(RESTART_DELAY_MS, () => this.restart());
  }

  #restartWhenSent(): void {
    this.#state = 'restarting';
    this.#interpreter.reset();
    const look = () => {
      this.#cancelBoot = this.#clock.after(
        this.#uart.queuedToHost > 0 ? TRANSMIT_POLL_MS : RESTART_DELAY_MS,
        () => (this.#uart.queuedToHost > 0 ? look() : this.restart()),
      );
    };
    const { output } = this.#board;
    output.endStreams();
    output.whenFlushed(look);
  }

  #halt(): void {
    const { links, timeSync, station, time, settings, output } = this.#board;
    this.#cancelBoot?.();
    this.#cancelBoot = undefined;
    this.#interpreter.reset();
    links.destroy();
    timeSync.reset();
    station.stop();
    time.reset();
    output.reset();
    Object.assign(settings, freshSettings());
    this.#noise = Buffer.alloc(0);
  }

  #boot(): void {
    const { output, station, settings, firmware: traits } = this.#board;
    this.#state = 'booting';
    settings.uart = storedUartSettings(this.#board);
    this.#uart.configure(settings.uart);
    const noise = this.#board.hooks.booting?.() ?? this.#bootNoise;
    if (noise) output.say(Buffer.from(noise));
    this.#cancelBoot = this.#clock.after(this.#bootTime, () => {
      this.#cancelBoot = undefined;
      this.#state = 'up';
      output.say('\r\nready\r\n');
      if (!traits.discardsBootNoise && this.#noise.length > 0)
        this.#interpreter.receive(this.#noise);
      this.#noise = Buffer.alloc(0);
      station.start();
    });
  }

  #received(piece: Buffer): void {
    if (this.#state === 'up') this.#interpreter.receive(piece);
    else if (this.#state === 'booting')
      this.#noise = Buffer.concat([this.#noise, piece]).subarray(0, MAX_BOOT_NOISE_BYTES);
  }
}
