import { BUSY_BYTES, DataFormats, PieceReader, recordedPieces, type Piece } from './pieces';
import { bytesOf, type Recording } from './recording';

/** Pieces of different causes may come in either order within this time. */
export const RACE_MS = 50;
/** Several reads of the device may split a payload of this length. */
const LONG_PAYLOAD_BYTES = 512;

/** A difference between the output of a device and the recorded output. */
interface DeviceDifference {
  /** Index of the recorded line; undefined for output that was not recorded. */
  readonly line?: number;
  readonly what: string;
  readonly expected: Buffer;
  readonly got: Buffer;
}

interface DeviceComparisonContext {
  /** The device has sent a recorded piece. */
  matched(piece: Piece, at: number): void;
  differs(difference: DeviceDifference): void;
  /** Whether the state of a link changes within {@link RACE_MS} of a line. */
  linkChanges(line: number): boolean;
  /** Whether the last act cut a flood of data: the length of its rest may differ. */
  isFloodCut(): boolean;
  /** Whether the number of `busy p...` may differ now. */
  busyVaries(): boolean;
}

const noBytes = Buffer.alloc(0);

/** Compares the output of a device with a recording, cause by cause, each in order. */
export class DeviceComparison {
  readonly #context: DeviceComparisonContext;
  readonly #formats: DataFormats;
  readonly #reader: PieceReader;
  readonly #expected: Piece[];
  #observed: Piece[] = [];
  #afterBusy = false;
  /**
   * The last matched piece of each cause. {@link #isTolerated} removes a `+WS_DISCONNECTED` when it tolerates one more or
   * one fewer, so that it does so once.
   */
  readonly #matched = new Map<string, Piece>();

  constructor({ heading, lines }: Recording, context: DeviceComparisonContext) {
    const { firmware } = heading;
    this.#context = context;
    this.#formats = new DataFormats(firmware);
    this.#reader = new PieceReader(this.#formats);
    this.#expected = recordedPieces(lines, firmware);
  }

  hostWrote(bytes: Buffer): void {
    this.#formats.hostWrote(bytes);
  }

  push(bytes: Buffer, at: number): void {
    this.#observed.push(...this.#reader.push(bytes, at));
  }

  /** The recorded pieces before line `end` that the device has not sent. */
  missing(end: number): readonly Piece[] {
    const count = this.#expected.findIndex(({ line }) => line >= end);
    return count < 0 ? this.#expected : this.#expected.slice(0, count);
  }

  /** Matches the pieces before line `end`. Returns whether none is missing. */
  match(end: number): boolean {
    const blocked = new Set<string>();
    for (let index = 0; index < this.#expected.length;) {
      const piece = this.#expected[index];
      if (!piece || piece.line >= end) break;
      if (blocked.has(piece.cause) || !this.#matchOne(piece, index)) {
        blocked.add(piece.cause);
        index++;
      }
    }
    return blocked.size === 0;
  }

  /** Abandons the missing pieces before line `end`, and reports each cause with the pieces that came instead. */
  abandon(end: number): void {
    const missing = this.missing(end);
    const wrong = missing.filter((piece) => !this.#isTolerated(piece));
    const causes = new Set(wrong.map(({ cause }) => cause));
    for (const cause of causes) {
      const expected = wrong.filter((piece) => piece.cause === cause);
      const instead = this.#observed.filter((piece) => piece.cause === cause);
      this.#observed = this.#observed.filter((piece) => piece.cause !== cause);
      const held = cause === 'response' ? this.#reader.flush() : [];
      this.#context.differs({
        line: expected[0]?.line ?? 0,
        what: `${cause}: other bytes`,
        expected: Buffer.concat(expected.map(({ bytes }) => bytes)),
        got: Buffer.concat([...instead, ...held].map(({ bytes }) => bytes)),
      });
    }
    this.#expected.splice(0, missing.length);
  }

  /** Reports stale pieces, which were not recorded. */
  dropStale(isStale: (piece: Piece) => boolean): void {
    const [held] = this.#reader.heldPieces;
    if (held && isStale(held)) this.#observed.push(...this.#reader.flush());
    const stale = this.#observed.filter(isStale);
    if (stale.length === 0) return;
    this.#observed = this.#observed.filter((piece) => !stale.includes(piece));
    const wrong = stale.filter((piece) => !this.#isTolerated(piece));
    if (wrong.length === 0) return;
    this.#context.differs({
      what: 'bytes that were not recorded',
      expected: noBytes,
      got: Buffer.concat(wrong.map(({ bytes }) => bytes)),
    });
  }

  /** Tolerates one failed reconnect more or fewer after one that matches, and a part of a flood that was cut. */
  #isTolerated(piece: Piece): boolean {
    const isFailure = piece.bytes.toString('latin1').startsWith('+WS_DISCONNECTED:');
    if (isFailure && this.#matched.get(piece.cause)?.bytes.equals(piece.bytes) === true) {
      this.#matched.delete(piece.cause);
      return true;
    }
    return this.#context.isFloodCut() && (dataOf(piece)?.data.length ?? 0) >= LONG_PAYLOAD_BYTES;
  }

  /** Matches one recorded piece, or its beginning. */
  #matchOne(piece: Piece, index: number): boolean {
    const at = this.#observed.findIndex(({ cause }) => cause === piece.cause);
    const found = this.#observed[at];
    if (!found) return piece.cause === 'response' && this.#matchHeld(piece, index);
    if (this.#skipBusy(piece, index, found, at)) return true;
    const length = matchingLength(piece, found, this.#context.linkChanges(piece.line));
    if (length === 0) return this.#recut(piece, index, found, at);
    const overtaker = this.#overtaker(piece, found, at);
    if (overtaker) {
      this.#context.differs({
        line: piece.line,
        what: `${overtaker.cause} before ${found.cause}`,
        expected: piece.bytes,
        got: overtaker.bytes,
      });
    }
    this.#afterBusy = found.bytes.equals(BUSY_BYTES);
    this.#matched.set(piece.cause, found);
    this.#context.matched(piece, found.at);
    replaceHead(this.#expected, index, piece, length);
    replaceHead(this.#observed, at, found, length);
    return true;
  }

  /** Matches a long payload that the device's reads have split at other places. */
  #recut(piece: Piece, index: number, found: Piece, at: number): boolean {
    const expected = dataOf(piece);
    const got = dataOf(found);
    if (!expected || got?.fields !== expected.fields) return false;
    const length = Math.min(expected.data.length, got.data.length);
    const longest = Math.max(expected.data.length, got.data.length);
    const cuttable = piece.rest === true || found.rest === true || longest >= LONG_PAYLOAD_BYTES;
    const same = expected.data.subarray(0, length).equals(got.data.subarray(0, length));
    if (length === 0 || !cuttable || !same) return false;
    this.#context.matched(piece, found.at);
    replaceData(this.#expected, index, piece, expected, length);
    replaceData(this.#observed, at, found, got, length);
    return true;
  }

  /** The piece of another cause that came before `found` by more than {@link RACE_MS}, against the recorded order. */
  #overtaker(piece: Piece, found: Piece, at: number): Piece | undefined {
    return this.#observed.slice(0, at).find(({ cause, at: earlier }) => {
      const recorded = this.#expected.find((other) => other.cause === cause);
      const distance = recorded ? Math.abs(recorded.at - piece.at) : Infinity;
      return distance > RACE_MS && found.at - earlier > RACE_MS;
    });
  }

  /** Matches held bytes: a possible beginning of a URC may be part of an echo. */
  #matchHeld(piece: Piece, index: number): boolean {
    const { held } = this.#reader;
    const length = Math.min(held.length, piece.bytes.length);
    if (length === 0 || !piece.bytes.subarray(0, length).equals(held.subarray(0, length))) {
      return false;
    }
    this.#reader.release(length);
    replaceHead(this.#expected, index, piece, length);
    return true;
  }

  #skipBusy(piece: Piece, index: number, found: Piece, at: number): boolean {
    const expectsBusy = piece.bytes.equals(BUSY_BYTES);
    const gotBusy = found.bytes.equals(BUSY_BYTES);
    if (expectsBusy === gotBusy || !this.#afterBusy || !this.#context.busyVaries()) return false;
    if (gotBusy) this.#observed.splice(at, 1);
    else {
      this.#context.matched(piece, found.at);
      this.#expected.splice(index, 1);
    }
    return true;
  }
}

/** Count of matching bytes: all of a URC, or the beginning of a response. */
function matchingLength(piece: Piece, found: Piece, linkChanges: boolean): number {
  const length = Math.min(piece.bytes.length, found.bytes.length);
  const expected = piece.bytes.toString('latin1', 0, length);
  const got = found.bytes.toString('latin1', 0, length);
  if (piece.cause !== 'response') {
    return expected === got && piece.bytes.length === found.bytes.length ? length : 0;
  }
  const withoutStates = (text: string): string => text.replace(/(\+WSOPEN:\d,)[0-4]/g, '$1*');
  const same = expected === got || (linkChanges && withoutStates(expected) === withoutStates(got));
  return same ? length : 0;
}

interface Data {
  /** The URC up to its length. */
  readonly fields: string;
  readonly data: Buffer;
}

/** The data of a `+WS_DATA` whose last number is the length, and which CR LF ends. */
function dataOf({ bytes }: Piece): Data | undefined {
  const prefix = bytes.toString('latin1', 0, 80);
  for (let numbers = 1; numbers <= 5; numbers++) {
    const found = new RegExp(`^(\\+WS_DATA:\\d(?:,\\d+){${numbers - 1}}),(\\d+),`).exec(prefix);
    const [whole = '', fields = '', length] = found ?? [];
    if (found && whole.length + Number(length) + 2 === bytes.length) {
      return { fields, data: bytes.subarray(whole.length, -2) };
    }
  }
  return undefined;
}

/** Removes the first `length` bytes of data from a piece. */
function replaceData(
  pieces: Piece[],
  index: number,
  piece: Piece,
  { fields, data }: Data,
  length: number,
): void {
  if (length === data.length) {
    pieces.splice(index, 1);
    return;
  }
  const rest = data.subarray(length);
  const bytes = Buffer.concat([bytesOf(`${fields},${rest.length},`), rest, bytesOf('\r\n')]);
  pieces[index] = { ...piece, bytes, rest: true };
}

function replaceHead(pieces: Piece[], index: number, piece: Piece, length: number): void {
  if (length === piece.bytes.length) pieces.splice(index, 1);
  else pieces[index] = { ...piece, bytes: piece.bytes.subarray(length) };
}
