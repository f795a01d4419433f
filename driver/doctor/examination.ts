import { isDeepStrictEqual } from 'node:util';
import type { AtClient } from '../at/at-client';
import { tryRun, type Command, type Response } from '../at/command';
import type { SequenceAccess } from '../at/command-sequence';
import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import type { DeviceCounters } from '../statistics/device-counters';
import type { SessionPort } from '../device/session/session-port';
import { EspAtError, isRefusal, type ErrorDetails } from '../errors';
import { finding, type Finding } from './findings';
import type { DoctorFacts } from './report';

/** An examination under way: its access to the device, and what it has found so far. */
export class Examination {
  readonly access: SequenceAccess;
  readonly client: AtClient;
  readonly port: SessionPort;
  readonly clock: Clock;
  /** The time of the host, in milliseconds since 1970. */
  readonly date = Date.now();
  readonly counters: DeviceCounters;
  readonly facts: DoctorFacts;
  readonly findings: Finding[] = [];
  /** Links that another program has left open. */
  openLinks: readonly LinkId[] = [];
  /** Steps that a lost or corrupt response has ended. */
  #lostResponses = 0;
  /** Whether an access point has accepted the device during the examination (`WIFI CONNECTED`). */
  hasAssociated = false;
  /** Whether the device has booted during the examination (`ready`): then no prompt was open. */
  hasBooted = false;

  constructor(
    access: SequenceAccess,
    { client, port, clock, counters }: Pick<Examination, 'client' | 'port' | 'clock' | 'counters'>,
  ) {
    this.access = access;
    this.client = client;
    this.port = port;
    this.clock = clock;
    this.counters = counters;
    this.facts = { port: port.address };
  }

  /** Adds a finding, unless it is there already. */
  addFinding(code: Finding['code'], details: ErrorDetails = {}): void {
    const one = finding(code, details);
    if (!this.findings.some((each) => isDeepStrictEqual(each, one))) this.findings.push(one);
  }

  /**
   * Runs a command; returns undefined where the device refuses it.
   * @throws EspAtError `OUT_OF_SYNC`, `PORT_*`
   */
  ask(command: Command): Promise<Response | undefined> {
    return tryRun(this.access.run, command);
  }

  /**
   * Runs a step. A refusal, a lost response, or one in another form ends the step; the examination goes on.
   * @throws EspAtError `DEVICE_UNRESPONSIVE`, `DEVICE_STOPPED`, `PORT_*`; `DEVICE_RESTARTED` where the client has restarted the
   * device because responses were lost
   */
  async attempt(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof EspAtError)) throw error;
      if (this.client.state === 'unresponsive')
        throw new EspAtError('DEVICE_UNRESPONSIVE', { port: this.port.address });
      if (error.code === 'DEVICE_RESTARTED') {
        this.#lostResponses++;
        this.concludeNoise();
      }
      const { port, version = '?' } = this.facts;
      if (error.code === 'OUT_OF_SYNC') this.#lostResponses++;
      else if (error.code === 'FIRMWARE_UNKNOWN') this.addFinding('LOOK_ALIKE', { port, version });
      else if (isRefusal(error)) this.addFinding(error.code, error.details);
      else throw error;
    }
  }

  /** Whether the port has corrupted anything so far. */
  get isNoisy(): boolean {
    return (this.facts.corruptLines ?? 0) + this.#lostResponses > 0;
  }

  /** Call after the last step, because a lost response may end any of them. */
  concludeNoise(): void {
    if (!this.isNoisy) return;
    const { baudRate: rate = '?', corruptLines = 0 } = this.facts;
    this.addFinding('NOISE', { rate, corrupt: corruptLines + this.#lostResponses });
  }

  /** Whether the device has answered as ESP-AT does. */
  get hasAnswered(): boolean {
    return this.facts.commandEcho !== undefined;
  }
}
