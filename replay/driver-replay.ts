import { Device, EspAtError } from '../driver';
import { decodeOpen } from '../driver/recorder/open-codec';
import type { CallLine, RecordingLine } from '../driver/recorder/lines';
import { VirtualClock } from '../simulator/replay/virtual-clock';
import { DecisionComparison } from './decision-comparison';
import type { Difference } from './difference';
import { prepare } from './preparation';
import { isAct, type DriverAct, type DriverRecording } from './recording-file';
import { ReplayPort } from './replay-port';

/** Bytes that the replay's own recorder keeps. */
const RECORDER_BYTES = 16 * 1024 * 1024;
/**
 * Milliseconds by which timers of the recording's machine may have been late: an act of that time comes first. Where
 * the driver decides otherwise, the replay tries the next.
 */
const LATE_MS: readonly number[] = [10, 100, 1000];

export interface DriverReplay {
  /** The first difference; what follows would only be its consequences. */
  readonly difference: Difference | undefined;
  /** What happened in the replay, as it would be recorded. */
  readonly lines: readonly RecordingLine[];
}

/** Does to a driver in virtual time what a recording says, and compares what the driver decides. */
export async function replayDriver(recording: DriverRecording): Promise<DriverReplay> {
  let first: DriverReplay | undefined;
  for (const late of LATE_MS) {
    const result = await new DriverPlayer(recording, late).play();
    if (!result.difference) return result;
    first ??= result;
  }
  return first ?? { difference: undefined, lines: [] };
}

class DriverPlayer {
  readonly #lines: readonly RecordingLine[];
  readonly #recording: DriverRecording;
  readonly #lateMs: number;
  readonly #clock = new VirtualClock();
  readonly #port: ReplayPort;
  readonly #device: Device;
  readonly #comparison: DecisionComparison;
  readonly #calls = new Map<number, AbortController>();
  readonly #seen: RecordingLine[] = [];
  #position = 0;
  /** The call of the recording that is done now. */
  #call = 0;

  constructor(recording: DriverRecording, lateMs: number) {
    const { heading, lines } = recording;
    this.#recording = recording;
    this.#lines = lines;
    this.#lateMs = lateMs;
    this.#port = new ReplayPort(heading);
    const random = lines.flatMap((line) => ('random' in line ? [line.random] : [])).values();
    this.#device = new Device({
      ...heading.driver.options,
      port: this.#port,
      clock: this.#clock,
      random: () => random.next().value ?? 0.5,
      recorderBytes: RECORDER_BYTES,
    });
    this.#comparison = new DecisionComparison(lines);
  }

  async play(): Promise<DriverReplay> {
    await prepare(this.#recording, this.#device, this.#port, this.#clock);
    this.#position = this.#device.recorder?.end ?? 0;
    this.#comparison.begin(this.#clock.now());
    for (let index = 0; index < this.#lines.length && !this.#comparison.difference;) {
      const end = this.#endOfTurn(index);
      if (end === index) index++;
      else {
        await this.#playTurn(index, end);
        index = end;
      }
    }
    await this.#settle(this.#lines.length);
    this.#comparison.end();
    void this.#device.stop();
    return { difference: this.#comparison.difference, lines: this.#seen };
  }

  /** Index behind the acts that come in one turn of the event loop: a listener or a flow calls at once. */
  #endOfTurn(start: number): number {
    const first = this.#lines[start];
    if (!first || !isAct(first)) return start;
    let end = start + 1;
    for (let index = end; index < this.#lines.length; index++) {
      const line = this.#lines[index];
      if (line?.at !== first.at || !('call' in line || 'messages' in line)) break;
      if ('call' in line) end = index + 1;
    }
    return end;
  }

  async #playTurn(start: number, end: number): Promise<void> {
    await this.#settle(start);
    if (this.#comparison.difference) return;
    const moment = this.#comparison.momentOf(start);
    const isOver = () => this.#take();
    await this.#clock.until(isOver, Math.max(0, moment - this.#lateMs - this.#clock.now()));
    this.#clock.skipTo(moment);
    for (const act of this.#lines.slice(start, end).filter(isAct)) {
      this.#perform(act);
      this.#take();
    }
    this.#comparison.acted(end - 1, this.#clock.now());
    await this.#clock.until(isOver, 0);
  }

  /** Waits for the decisions before a line, as long as they may take. */
  async #settle(index: number): Promise<void> {
    const comparison = this.#comparison;
    const isSettled = () => this.#take() || comparison.hasAllBefore(index);
    while (!isSettled()) {
      const limit = comparison.deadline(index) - this.#clock.now();
      if (limit <= 0) {
        comparison.missing(index);
        return;
      }
      await this.#clock.until(isSettled, limit);
    }
  }

  /** Compares what the driver has decided meanwhile. Returns whether there is a difference. */
  #take(): boolean {
    const now = this.#clock.now();
    for (const { next, line } of this.#device.recorder?.lines(this.#position) ?? []) {
      this.#position = next;
      this.#seen.push(line);
      if ('call' in line) this.#comparison.renumber(line.call, this.#call);
      else this.#comparison.decided(line, now);
    }
    return this.#comparison.difference !== undefined;
  }

  #perform(act: DriverAct): void {
    if ('device' in act) this.#port.deliver(Buffer.from(act.device, 'latin1'));
    else if ('port' in act) this.#port.act(act);
    else if ('abort' in act) this.#calls.get(act.abort)?.abort(new EspAtError('ABORTED'));
    else {
      this.#call = act.call;
      const controller = new AbortController();
      this.#calls.set(act.call, controller);
      // How it ends is among the decisions.
      this.#callDriver(act, controller.signal).catch(() => undefined);
    }
  }

  async #callDriver(act: CallLine, signal: AbortSignal): Promise<unknown> {
    const device = this.#device;
    switch (act.to) {
      case 'start':
        device.start();
        return undefined;
      case 'stop':
        return device.stop();
      case 'disconnect':
        return device.disconnect();
      case 'restart':
        return device.restart();
      case 'checkLinks':
        return device.checkLinks();
      case 'scanNetworks':
        return device.scanNetworks();
      case 'command':
        return device.command(act.text ?? '');
      case 'open':
        return device.links[act.link].open(decodeOpen(act.options), { signal });
      case 'close':
        return device.links[act.link].close({ ...act.options, signal });
      case 'send': {
        const bytes = Buffer.from(act.bytes, 'latin1');
        return device.links[act.link].send(bytes, { ...act.options, signal });
      }
    }
  }
}
