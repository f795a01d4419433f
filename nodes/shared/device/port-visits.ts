import type { Clock } from '../../../driver/clock';
import {
  examine,
  type DoctorOptions,
  type DoctorReport,
  type PortMemory,
  type PortOpener,
} from '../../../driver';
import { networksAt, type NetworkScan } from '../../../driver/doctor/networks';
import { EspAtError } from '../../../driver/errors';
import { waitFor } from '../../../driver/wait';
import { DeviceHost } from './device-host';
import { InOrder } from './in-order';
import type { PortClaims, PortHolder } from './port-claims';

/** Milliseconds that an answer may take: behind a slow bridge, or at a port that is never idle, the doctor needs up to 52,000. */
const TIME_LIMIT_MS = 60_000;

/** A port as a dialog describes it. */
export interface DialogPort {
  readonly opener: PortOpener;
  /** Equal for two dialogs that describe the same port with the same settings. */
  readonly key: string;
  /** Whether the driver finds the baud rate. */
  readonly hasAutomaticRate: boolean;
}

/** What a dialog can ask of a port. */
interface Question<T> {
  ofDevice(host: DeviceHost, opener: PortOpener, controller: AbortController): Promise<T>;
  ofPort(
    opener: PortOpener,
    options: Pick<DoctorOptions, 'clock' | 'memory' | 'signal'>,
  ): Promise<T>;
  /** Why a deployed device has not answered in time. */
  lateReason(host: DeviceHost, port: string): EspAtError;
}

const unresponsive = (port: string) => new EspAtError('DEVICE_UNRESPONSIVE', { port });

const examination: Question<DoctorReport> = {
  ofDevice: (host, opener, controller) => host.examine(opener, controller),
  ofPort: examine,
  lateReason: (_, port) => unresponsive(port),
};

const scan: Question<NetworkScan> = {
  ofDevice: async (host) => {
    const networks = await host.begin((device) => device.scanNetworks());
    return { networks, endedPrompt: false };
  },
  ofPort: networksAt,
  // A scan waits for the queued messages.
  lateReason: ({ state }, port) =>
    state.name === 'ready'
      ? new EspAtError('DEVICE_NOT_READY', { state: 'busy' })
      : unresponsive(port),
};

/**
 * Answers the questions of a dialog about its port: asks the deployed device that has the port, or else the port itself.
 * Opens one port at a time, and frees it as soon as a deployed device waits for it.
 */
export class PortVisits {
  readonly #claims: PortClaims;
  readonly #clock: Clock;
  readonly #memory: (address: string) => PortMemory;
  readonly #inOrder = new InOrder();
  readonly #examinations = new Map<string, Promise<DoctorReport>>();
  readonly #scans = new Map<string, Promise<NetworkScan>>();

  /** @param memory returns what the driver remembers about the port of an address */
  constructor(claims: PortClaims, clock: Clock, memory: (address: string) => PortMemory) {
    this.#claims = claims;
    this.#clock = clock;
    this.#memory = memory;
  }

  /** @throws FlowError `DEVICE_UNRESPONSIVE` after a time limit, or why no device runs */
  examine(port: DialogPort): Promise<DoctorReport> {
    return this.#shared(this.#examinations, port, examination);
  }

  /** @throws FlowError `DEVICE_*`, `PORT_*`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, or why no device runs */
  networks(port: DialogPort): Promise<NetworkScan> {
    return this.#shared(this.#scans, port, scan);
  }

  /** Dialogs that ask the same with the same settings share an answer; any other question waits for its turn. */
  #shared<T>(
    underWay: Map<string, Promise<T>>,
    { opener, key }: DialogPort,
    question: Question<T>,
  ): Promise<T> {
    const answer = underWay.get(key);
    if (answer) return answer;
    const mine = this.#inOrder.run(async () => {
      try {
        return await this.#answer(opener, question);
      } finally {
        underWay.delete(key);
      }
    });
    underWay.set(key, mine);
    return mine;
  }

  async #answer<T>(port: PortOpener, question: Question<T>): Promise<T> {
    for (;;) {
      const holder = this.#claims.holderOf(port.address);
      const lateReason = () =>
        holder instanceof DeviceHost
          ? question.lateReason(holder, port.address)
          : unresponsive(port.address);
      const visit = new Visit(lateReason, this.#clock);
      const { controller } = visit;
      const { signal } = controller;
      try {
        if (holder instanceof DeviceHost)
          return await waitFor(question.ofDevice(holder, port, controller), { signal });
        this.#claims.take(port.address, visit);
        const memory = this.#memory(port.address);
        return await question.ofPort(port, { signal, clock: this.#clock, memory });
      } catch (error) {
        // A deployed device has requested the port: the next pass asks that device.
        if (!visit.isContested) throw error;
      } finally {
        visit.end();
        this.#claims.release(visit);
      }
    }
  }
}

/** Limits the time of a question, and holds the port meanwhile where no device has it. */
class Visit implements PortHolder {
  readonly controller = new AbortController();
  readonly end: () => void;
  isContested = false;

  /** @param lateReason returns the reason of the abort after the time limit */
  constructor(lateReason: () => EspAtError, clock: Clock) {
    this.end = clock.after(TIME_LIMIT_MS, () => this.controller.abort(lateReason()));
  }

  contested(): undefined {
    this.isContested = true;
    this.controller.abort();
  }
}
