import { isDeepStrictEqual } from 'node:util';
import type { SequenceAccess } from '../../at/command-sequence';
import { drivesRts, type FlowControl, type UartSetting } from '../../commands/uart';
import type { SessionPort } from '../session/session-port';
import { changeUart, pause } from './change-uart';
import { passesData, type KnownResponse } from './line-test';
import { HIGHEST_WITHOUT_FLOW_CONTROL, LADDER, misheardRates } from './rates';
import { search, type Trial } from './search';

/** Attempts to revert the device's setting before the search for it begins. */
const MAX_REVERTS = 2;
/** Losses of the device in a climb after which the climb ends at the rate where the driver finds the device. */
const MAX_LOSSES = 2;

export interface ClimbOptions {
  /** Bits a second, ascending. */
  readonly ladder: readonly number[];
  /** The highest rate to try, in bits a second. */
  readonly ceiling: number;
  /** Whether a rate counts as good only after kilobytes have passed both ways without a fault. */
  readonly isTested: boolean;
  /** Flow control of the device while the wires do not work. */
  readonly unwiredFlowControl: 'none' | 'rts';
  /** Whether RTS and CTS are wired. */
  readonly wires: 'unknown' | 'none' | 'proven';
}

/** A climb of port and device from a setting that works to the highest rate of a ladder that works. */
export class Climb {
  /** Whether the device may have restarted: it was silent at a rate, or a resync restarted it. */
  mayHaveRestarted = false;
  /** Whether the device, told to wait for CTS, failed although CTS of the port was active. */
  wiresFailed = false;
  /** The lowest rate that has failed in this climb, in bits a second. */
  failedRate: number | undefined;
  /** The setting that works. Its flow control is unknown after a loss of the device. */
  good: { readonly rate: number; readonly flowControl: FlowControl | undefined };
  readonly #access: SequenceAccess;
  readonly #port: SessionPort;
  readonly #options: ClimbOptions;
  #ceiling: number;
  /** `likely`: the device holds CTS of the port active. */
  #wires: ClimbOptions['wires'] | 'likely';
  /** A rate that has failed once. A good rate may fail too, by a corrupt byte. */
  #doubted: number | undefined;
  readonly #known: KnownResponse = {};

  constructor(access: SequenceAccess, port: SessionPort, good: UartSetting, options: ClimbOptions) {
    this.#access = access;
    this.#port = port;
    this.#options = options;
    this.good = good;
    this.#ceiling = options.ceiling;
    this.#wires = options.wires;
  }

  /** Whether there is nothing to change. */
  get isAtTop(): boolean {
    return this.#wires !== 'unknown' && isDeepStrictEqual(this.#next, this.good);
  }

  /** Returns false where the device answers at no rate. */
  async run(): Promise<boolean> {
    for (let losses = 0; losses < MAX_LOSSES;) {
      if (this.#wires === 'unknown' && drivesRts(this.good.flowControl)) await this.#readCts();
      const to = this.#next;
      if (isDeepStrictEqual(to, this.good)) break;
      const outcome = await this.#change(to);
      if (outcome === 'works') {
        this.good = to;
        if (this.#wires === 'likely') await this.#useWires();
      } else if (this.#wires === 'likely') {
        this.#wires = 'none';
        this.wiresFailed = true;
      } else if (outcome === 'failed' && this.#doubted !== to.rate) {
        this.#doubted = to.rate;
      } else if (to.rate > this.good.rate) {
        this.#ceiling = this.good.rate;
        this.failedRate = to.rate;
      } else if (outcome !== 'lost') {
        break;
      }
      if (outcome !== 'lost') continue;
      if (!(await search(this.#access, this.#port, this.#trialsAfterLoss(to)))) return false;
      losses++;
      // It differs from every setting to try, so the climb sets the flow control next. After the last loss it stays unknown.
      this.good = { rate: this.#port.baudRate ?? to.rate, flowControl: undefined };
    }
    return true;
  }

  /** The setting to try; the one that works at the end of the climb. */
  get #next(): UartSetting {
    const { rate } = this.good;
    switch (this.#wires) {
      case 'unknown':
        return { rate, flowControl: this.#options.unwiredFlowControl };
      case 'likely':
        return { rate, flowControl: 'both' };
      case 'proven':
        return { rate: this.#nextRate(this.#ceiling), flowControl: 'both' };
      case 'none': {
        const { unwiredFlowControl: flowControl } = this.#options;
        // `rts` stands for `automatic`; with `none` the user chose the rate.
        const limit = flowControl === 'rts' ? HIGHEST_WITHOUT_FLOW_CONTROL : Infinity;
        return { rate: this.#nextRate(Math.min(this.#ceiling, limit)), flowControl };
      }
    }
  }

  #nextRate(limit: number): number {
    const { rate } = this.good;
    const allowed = this.#options.ladder.filter((each) => each <= limit);
    return (rate > limit ? allowed.at(-1) : allowed.find((each) => each > rate)) ?? rate;
  }

  async #readCts(): Promise<void> {
    if (!(await this.#port.readCts())) this.#wires = 'none';
    // With `both` the device waits for CTS before it sends. It has answered, so the wires work.
    else if (this.good.flowControl === 'both') await this.#useWires();
    else this.#wires = 'likely';
  }

  /** The wires work: the port uses them too. */
  async #useWires(): Promise<void> {
    this.#wires = 'proven';
    await this.#port.setFlowControl(true);
  }

  /** Changes device and port, and reverts a change that fails. `lost`: the device answers at neither setting. */
  async #change(to: UartSetting): Promise<'works' | 'failed' | 'unsupported' | 'lost'> {
    // The setting to revert to: where the flow control is unknown, one with which the device does not wait for CTS.
    const { rate, flowControl = this.#options.unwiredFlowControl } = this.good;
    if (!(await this.#supports(to.rate))) return 'unsupported';
    const isSameRate = to.rate === rate;
    let change = await changeUart(to, this.#access);
    if (change === 'unheard' && isSameRate) change = await changeUart(to, this.#access, true);
    if (change === 'refused') return 'failed';
    // Without a response the device may have changed its rate, or not. Where only the flow control changes, no other
    // response shows that.
    if ((await this.#answersAt(to.rate)) && (!isSameRate || change === 'accepted')) {
      if (!this.#options.isTested || isSameRate || (await this.#passesData())) return 'works';
    }
    for (let attempt = 0; attempt < MAX_REVERTS; attempt++) {
      await this.#port.setRate(to.rate);
      // Bytes at the failed rate may have begun a line in the device.
      await changeUart({ rate, flowControl }, this.#access, true);
      if (await this.#answersAt(rate)) return 'failed';
    }
    return 'lost';
  }

  /** Whether the port takes a rate. If not, a device at that rate would be unreachable. */
  async #supports(rate: number): Promise<boolean> {
    const isSupported = await this.#port.trySetRate(rate);
    await this.#port.setRate(this.good.rate);
    return isSupported;
  }

  async #answersAt(rate: number): Promise<boolean> {
    await this.#port.setRate(rate);
    await pause(this.#access);
    const options = { attempts: 3, pad: 'never', pace: 'search' } as const;
    const { kind } = await this.#access.resync(options);
    this.mayHaveRestarted ||= kind !== 'inSync';
    return kind !== 'noAnswer';
  }

  #passesData(): Promise<boolean> {
    return this.#access.lendPort((lease) => passesData(lease, this.#known));
  }

  /** A trial for each rate that the device may have; without padding, because no prompt is pending in a climb. */
  #trialsAfterLoss(to: UartSetting): Trial[] {
    const likely = [this.good.rate, to.rate, ...LADDER];
    const rates = [...likely, ...misheardRates(to.rate), ...misheardRates(this.good.rate)];
    return [...new Set(rates)].map((rate) => ({ rate, pad: 'never', pace: 'search' }));
  }
}
