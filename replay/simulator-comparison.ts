import type { DataChunk } from '../driver/at/types';
import type { SimulatedDevice } from '../simulator';
import type { VirtualClock } from '../simulator/replay/virtual-clock';
import { encodeServerFrame, opcodes } from '../simulator/websocket/frame-codec';
import type { ServerEnd } from './accepting-network';
import { DeviceTokens, type DeviceToken } from './device-tokens';
import { lineNumber, type Difference } from './difference';
import { DrivenDevice } from './driven-device';
import { simulatedDevice } from './preparation';
import { checkStart, type DriverRecording } from './recording-file';

/**
 * The simulated device may be this much later than the recorded one. It may also be as much earlier, so that its
 * last output may be missing in the recording.
 */
const MAX_DELAY_MS = 3000;
/** RFC 6455, section 7.4.1. */
const NORMAL_CLOSURE = 1000;

/** A token of the recording, with the index of its line. */
interface Expected extends DeviceToken {
  readonly index: number;
}

/** A token of the simulated device. */
interface Got {
  readonly text: string;
  /** When it came. */
  readonly at: number;
  /** The line of the recording that was due then. */
  readonly index: number;
}

/**
 * Writes the driver's recorded bytes to a simulated device, whose servers act as the recording shows, and compares its
 * output. Returns the first difference: a bug of the simulator, unknown behavior of the firmware, or corrupt bytes.
 *
 * A recording that starts at a snapshot begins with a simulated device whose links are open.
 *
 * @throws Error for a recording that starts in the middle, when the state of the device is unknown
 */
export async function compareWithSimulator(
  recording: DriverRecording,
): Promise<Difference | undefined> {
  checkStart(recording);
  const comparison = new SimulatorComparison(recording);
  await comparison.prepare();
  return comparison.run();
}

class SimulatorComparison {
  readonly #lines: DriverRecording['lines'];
  /** The driver, until the device is at the start of the recording. */
  readonly #driven: DrivenDevice;
  readonly #clock: VirtualClock;
  readonly #device: SimulatedDevice;
  #output: (bytes: Buffer) => void = () => undefined;
  /** The output of the recorded device, by the index of the line. */
  #recorded: ReadonlyMap<number, readonly DeviceToken[]> = new Map();
  /** Recorded data that no server has sent yet, by link. */
  readonly #unsent: readonly DataChunk[][] = [[], [], []];
  readonly #simulated = new DeviceTokens();
  /** The output of the recorded device so far, by stream. */
  readonly #expected = new Map<string, Expected[]>();
  /** The output of the simulated device, by stream. */
  readonly #got = new Map<string, Got[]>();
  /** Connections that the simulated device has not reported, oldest first. */
  #accepted: ServerEnd[] = [];
  /** By link. */
  readonly #servers = new Map<number, ServerEnd>();
  /** Index of the line that is due. */
  #index = 0;
  #lastCommand = '';
  /** Whether the host has reset the device since it opened the port, and the recorded device has not said `ready` since. */
  #isReset = false;
  /** When the host lost the port, on the clock: the recording lacks what the device says after that. Infinity while it is open. */
  #closedAt = Infinity;

  constructor(recording: DriverRecording) {
    this.#lines = recording.lines;
    this.#driven = new DrivenDevice(recording);
    this.#clock = this.#driven.clock;
    this.#device = simulatedDevice(
      recording,
      this.#clock,
      (bytes) => this.#output(bytes),
      (server) => this.#accepted.push(server),
    );
  }

  /** Brings the simulated device to the start of the recording. */
  async prepare(): Promise<void> {
    const recorded = new DeviceTokens();
    // Both learn the data formats of the links.
    const both = [recorded, this.#simulated];
    this.#output = (bytes) => {
      recorded.deviceWrote(bytes.toString('latin1'));
      this.#simulatedWrote(bytes);
      this.#driven.deliver(bytes);
    };
    await this.#driven.prepare({
      write: (bytes) => {
        for (const tokens of both) tokens.hostWrote(Buffer.from(bytes).toString('latin1'));
        this.#device.write(bytes);
      },
      prepared: () => this.#driven.end(),
    });
    this.#output = (bytes) => {
      const at = this.#clock.now();
      for (const { stream, text } of this.#simulatedWrote(bytes))
        if (at <= this.#closedAt) listOf(this.#got, stream).push({ text, at, index: this.#index });
    };
    this.#recorded = tokensOf(recorded, this.#lines);
    for (const { data } of [...this.#recorded.values()].flat())
      if (data) this.#unsent[data.link]?.push(data);
  }

  async run(): Promise<Difference | undefined> {
    let difference: Difference | undefined;
    let before = this.#lines[0]?.at ?? 0;
    for (const [index, line] of this.#lines.entries()) {
      if (!('host' in line || 'device' in line || 'port' in line)) continue;
      this.#index = index;
      await this.#clock.advance(Math.max(0, line.at - before));
      before = line.at;
      if ('device' in line) this.#deviceWrote(index);
      else {
        difference = await this.#compare();
        if (difference) break;
        if ('host' in line) this.#hostWrote(line.host);
        else if (line.port === 'resetDone') {
          this.#isReset = true;
          this.#device.restart();
        } else if (['closing', 'closed', 'lost'].includes(line.port))
          this.#closedAt = Math.min(this.#closedAt, this.#clock.now());
        else if (line.port === 'opened') {
          this.#closedAt = Infinity;
          this.#isReset = false;
        }
      }
    }
    await this.#clock.advance(Math.max(0, (this.#lines.at(-1)?.at ?? 0) - before));
    const end = Math.min(this.#closedAt, this.#clock.now());
    difference ??= (await this.#compare()) ?? this.#extra(end);
    this.#device.destroy();
    return difference;
  }

  #hostWrote(text: string): void {
    if (/^AT[+\r]/.test(text)) this.#lastCommand = text;
    this.#simulated.hostWrote(text);
    this.#device.write(Buffer.from(text, 'latin1'));
  }

  #simulatedWrote(bytes: Buffer): DeviceToken[] {
    const tokens = this.#simulated.deviceWrote(bytes.toString('latin1'));
    for (const { text } of tokens) {
      const [, link] = /^\+WS_CONNECTED:([012])/.exec(text) ?? [];
      const server = link === undefined ? undefined : this.#accepted.shift();
      if (server) this.#servers.set(Number(link), server);
      if (text === 'ready') this.#accepted = [];
    }
    return tokens;
  }

  #deviceWrote(index: number): void {
    for (const token of this.#recorded.get(index) ?? []) {
      listOf(this.#expected, token.stream).push({ ...token, index });
      if (token.data) this.#serverSent(token.data);
      else this.#serverOrBoardActed(token.text);
    }
  }

  /** Lets the server send the frame that begins with this data. */
  #serverSent(first: DataChunk): void {
    const { link, opcode = opcodes.text, fin = true, payloadLength = first.bytes.length } = first;
    const unsent = this.#unsent[link] ?? [];
    if (unsent[0] !== first) return;
    const payload: Buffer[] = [];
    let missing = payloadLength;
    do {
      const bytes = unsent.shift()?.bytes;
      if (!bytes) break;
      payload.push(bytes);
      missing -= bytes.length;
    } while (missing > 0);
    const frame = { fin, opcode, payload: Buffer.concat(payload) };
    this.#servers.get(link)?.send(encodeServerFrame(frame));
  }

  #serverOrBoardActed(text: string): void {
    const [, event, link = '0'] = /^\+WS_(CLOSED|DISCONNECTED):([012])/.exec(text) ?? [];
    const server = this.#servers.get(Number(link));
    if (event === 'DISCONNECTED') server?.end();
    else if (event === 'CLOSED' && !this.#lastCommand.startsWith(`AT+WSCLOSE=${link}`)) {
      const code = Buffer.alloc(2);
      code.writeUInt16BE(NORMAL_CLOSURE);
      server?.send(encodeServerFrame({ fin: true, opcode: opcodes.close, payload: code }));
    } else if (text === 'ready') {
      const isAsked = this.#isReset || /^AT\+(?:RST|RESTORE)/.test(this.#lastCommand);
      this.#isReset = false;
      if (!isAsked) this.#device.restart();
    }
  }

  /** Waits until the simulated device has sent as much as the recorded one, and compares both. */
  async #compare(): Promise<Difference | undefined> {
    const streams = [...this.#expected];
    const got = (stream: string) => listOf(this.#got, stream);
    await this.#clock.until(
      () => streams.every(([stream, expected]) => got(stream).length >= expected.length),
      MAX_DELAY_MS,
    );
    const found = streams.flatMap(([stream, expected]) => {
      const at = expected.findIndex(({ text }, place) => text !== got(stream)[place]?.text);
      const first = expected[at];
      return first ? [{ ...first, got: got(stream)[at]?.text }] : [];
    });
    const [first] = found.sort((a, b) => a.index - b.index);
    if (!first) return undefined;
    const what = first.got === undefined ? 'missing' : 'other';
    return { line: lineNumber(first.index), what, expected: first.text, got: first.got ?? '' };
  }

  /** The first output before the end of the recording that the recorded device never sent. */
  #extra(end: number): Difference | undefined {
    const extra = [...this.#got].flatMap(([stream, got]) =>
      got.slice(this.#expected.get(stream)?.length ?? 0),
    );
    const [first] = extra
      .filter(({ at }) => at < end - MAX_DELAY_MS)
      .sort((a, b) => a.index - b.index);
    if (!first) return undefined;
    return { line: lineNumber(first.index), what: 'extra', expected: '', got: first.text };
  }
}

function tokensOf(
  tokens: DeviceTokens,
  lines: DriverRecording['lines'],
): Map<number, DeviceToken[]> {
  const found = new Map<number, DeviceToken[]>();
  for (const [index, line] of lines.entries()) {
    if ('host' in line) tokens.hostWrote(line.host);
    if ('device' in line) found.set(index, tokens.deviceWrote(line.device));
  }
  return found;
}

function listOf<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}
