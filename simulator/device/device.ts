import { Interpreter } from '../at/interpreter';
import type { Board } from './board';
import { systemClock, type Clock } from '../clock';
import { commandTable } from '../commands/table';
import { storedUartSettings } from '../commands/uart';
import { DeviceTime } from './device-time';
import { firmwareFor } from './firmware';
import { Flash } from './flash';
import { NetworkPath } from '../network/network-path';
import { defaultAccessPoints, type SimulatorOptions } from './options';
import { Outage } from './outage';
import { Output } from './output';
import { freshSettings } from './settings';
import { Station } from '../wifi/station';
import { StationNetwork } from '../network/station-network';
import { TimeSync } from './time-sync';
import { defaultUartSettings, directUart, type Uart } from '../serial/uart';
import { Links } from '../websocket/links';
import { realNetwork } from '../network/real-network';

const DEFAULT_BOOT_MS = 400;
/**
 * Milliseconds from a crash, or from the last byte of a response that announces a restart, to the restart. The recordings
 * have 22 to 49 ms after a response (24 ms most often), and 2 to 22 ms after a crash.
 */
const RESTART_DELAY_MS = 25;
/** Milliseconds between checks whether all output has left. */
const TRANSMIT_POLL_MS = 5;
/** A restart waits no longer for the output to leave; it drops the rest. */
const MAX_TRANSMIT_MS = 3000;
/** Bytes that the UART keeps while the device boots. */
const MAX_INPUT_WHILE_BOOTING_BYTES = 256;

/** An ESP32 with the ESP-AT firmware: reads AT commands, writes responses and URCs, opens real network connections. */
export class SimulatedDevice {
  readonly #clock: Clock;
  readonly #bootMs: number;
  readonly #bootNoise: Buffer | undefined;
  readonly #board: Board;
  readonly #interpreter: Interpreter;
  readonly #network: StationNetwork;
  readonly #uart: Uart;
  #output: (bytes: Buffer) => void;
  #state: 'off' | 'booting' | 'up' | 'restarting' = 'off';
  #cancelBoot: (() => void) | undefined;
  #inputWhileBooting: Buffer = Buffer.alloc(0);
  readonly #powerCuts = new Outage((isOut) => (isOut ? this.#losePower() : this.#boot()));

  constructor(options: SimulatorOptions = {}) {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    const hooks = options.hooks ?? {};
    this.#clock = clock;
    this.#bootMs = options.bootMs ?? DEFAULT_BOOT_MS;
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
    const sendUrc = (text: string) => output.write(`${text}\r\n`);
    const time = new DeviceTime(clock);
    const station: Station = new Station({
      clock,
      accessPoints: options.wifi ?? defaultAccessPoints,
      sendUrc,
      onlineChanged: (online) => {
        this.#network.changed();
        if (online) timeSync.cameOnline();
      },
    });
    const timeSync = new TimeSync({
      clock,
      time,
      queryTime: options.time ?? Date.now,
      online: () => station.online,
      sendUrc,
    });
    const { network: outside = realNetwork, path } = options;
    this.#network = new StationNetwork({
      clock,
      network: path ? new NetworkPath(outside, clock, random, () => path) : outside,
      dns: options.dns ?? {},
      online: () => station.online,
    });
    const flash = new Flash(options.flash);
    if (options.baud !== undefined) {
      flash.uart = { ...defaultUartSettings, rate: options.baud };
    }
    const firmware = firmwareFor(options.firmware ?? 'D', options.mended ?? []);
    const crash = () => this.#crash();
    const restartWhenSent = () => this.#restartWhenSent();
    const links = new Links({
      clock,
      random,
      output,
      flash,
      time,
      crash,
      firmware,
      network: this.#network,
    });
    const settings = { ...freshSettings(), uart: storedUartSettings({ flash }) };
    this.#uart.configure(settings.uart);
    this.#board = {
      settings,
      output,
      flash,
      time,
      timeSync,
      station,
      links,
      hooks,
      crash,
      restartWhenSent,
      firmware,
      uart: this.#uart,
      restore: () => {
        station.erase();
        restartWhenSent();
      },
    };
    this.#interpreter = new Interpreter({
      ...this.#board,
      clock,
      commands: commandTable(this.#board),
      restart: () => this.restart(),
    });
    if (options.joined === true) station.beginJoined();
    if (options.running === false) this.powerOff();
    else this.#state = 'up';
  }

  /** Bytes from the host. They reach the device as one piece, unless its UART cuts them. */
  write(bytes: Uint8Array): void {
    if (this.#state !== 'off') this.#uart.receive(bytes);
  }

  /** Sets the receiver of the bytes for the host. It may keep the chunks. */
  onOutput(handler: (bytes: Buffer) => void): void {
    this.#output = handler;
  }

  /** Stops the output. The device fills its transmit ring, then stops reading from its servers. */
  pauseOutput(): void {
    this.#uart.hold();
  }

  /** Resumes the output after {@link pauseOutput}. */
  resumeOutput(): void {
    this.#uart.release();
  }

  /** Writes bytes that belong to no command, such as a log line, between the device's other output. */
  inject(bytes: Uint8Array): void {
    if (this.#state !== 'off') this.#board.output.write(Buffer.from(bytes));
  }

  /** Whether commands are echoed, as ATE1 and ATE0 set it. */
  get echo(): boolean {
    return this.#board.settings.echo;
  }

  set echo(on: boolean) {
    this.#board.settings.echo = on;
  }

  /** Wi-Fi reception: `lose` takes the access points out of range; `recover` brings them back once no fault keeps them away. */
  get wifi(): { lose(): void; recover(): void; readonly online: boolean } {
    return this.#board.station;
  }

  /**
   * The network behind Wi-Fi: `blackHole` drops every packet, and reads true during a fault that does; `unreachable` leaves
   * no route to any server.
   */
  get network(): { blackHole: boolean; unreachable: boolean } {
    return this.#network;
  }

  /** Powers the device once no fault cuts its power: boot noise, `ready`, then Wi-Fi. Does nothing while it has power. */
  powerOn(): void {
    this.#powerCuts.set(false);
  }

  /** Cuts the power: the device loses everything but its flash, and leaves no timer or socket. */
  powerOff(): void {
    this.#powerCuts.set(true);
  }

  /** Whether the device has power. */
  get powered(): boolean {
    return this.#state !== 'off';
  }

  /** @internal Interrupts the power until the returned function is called. */
  cutPower(): () => void {
    return this.#powerCuts.begin();
  }

  /** @internal Takes Wi-Fi out of reach until the returned function is called. */
  interruptWifi(): () => void {
    return this.#board.station.interrupt();
  }

  /** @internal Drops every packet until the returned function is called. */
  dropPackets(): () => void {
    return this.#network.dropPackets();
  }

  /** Restarts as by a reset, a watchdog or a crash. Does nothing without power. */
  restart(): void {
    if (this.#state === 'off') return;
    this.#halt();
    this.#uart.restarted?.();
    this.#boot();
  }

  /** Ends the device, which leaves no timer, socket or listener, and writes nothing more. Do not power it on again. */
  destroy(): void {
    this.powerOff();
    this.#output = () => undefined;
  }

  /** Restarts after a delay in which the output before the crash still leaves. */
  #crash(): void {
    this.#state = 'restarting';
    this.#interpreter.reset();
    this.#cancelBoot?.();
    this.#cancelBoot = this.#clock.after(RESTART_DELAY_MS, () => this.restart());
  }

  #restartWhenSent(): void {
    this.#state = 'restarting';
    this.#interpreter.reset();
    this.#board.output.endStreams();
    const latest = this.#clock.now() + MAX_TRANSMIT_MS;
    const poll = () => {
      const isSending = this.#uart.queuedToHost > 0 && this.#clock.now() < latest;
      this.#cancelBoot = isSending
        ? this.#clock.after(TRANSMIT_POLL_MS, poll)
        : this.#clock.after(RESTART_DELAY_MS, () => this.restart());
    };
    this.#cancelBoot?.();
    // Where bytes take no time, the response leaves at the end of this turn.
    this.#cancelBoot = this.#clock.after(0, poll);
  }

  #losePower(): void {
    this.#halt();
    this.#uart.reset();
    this.#state = 'off';
  }

  #halt(): void {
    const { links, timeSync, station, settings, output } = this.#board;
    this.#cancelBoot?.();
    this.#cancelBoot = undefined;
    this.#interpreter.reset();
    links.destroy();
    timeSync.disable();
    station.stop();
    output.reset();
    Object.assign(settings, freshSettings());
    this.#inputWhileBooting = Buffer.alloc(0);
  }

  #boot(): void {
    const { output, station, settings, firmware, time } = this.#board;
    this.#state = 'booting';
    time.set(0);
    settings.uart = storedUartSettings(this.#board);
    this.#uart.configure(settings.uart);
    const noise = this.#board.hooks.booting?.() ?? this.#bootNoise;
    if (noise) output.write(Buffer.from(noise));
    this.#cancelBoot = this.#clock.after(this.#bootMs, () => {
      this.#cancelBoot = undefined;
      this.#state = 'up';
      output.write('\r\nready\r\n');
      if (!firmware.discardsInputWhileBooting && this.#inputWhileBooting.length > 0)
        this.#interpreter.receive(this.#inputWhileBooting);
      this.#inputWhileBooting = Buffer.alloc(0);
      station.start();
    });
  }

  #received(piece: Buffer): void {
    if (this.#state === 'up') this.#interpreter.receive(piece);
    else if (this.#state === 'booting')
      this.#inputWhileBooting = Buffer.concat([this.#inputWhileBooting, piece]).subarray(
        0,
        MAX_INPUT_WHILE_BOOTING_BYTES,
      );
  }
}
