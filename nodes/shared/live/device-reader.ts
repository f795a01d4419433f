import { looksIntact, parseUrc } from '../../../driver/at/urc';

/** One line, `+WS_DATA` or prompt of the device; or noise. */
export interface DeviceUnit {
  /** Milliseconds of its first byte. */
  readonly at: number;
  readonly kind: 'response' | 'result' | 'diagnostic' | 'urc' | 'data' | 'prompt' | 'noise';
  /** Without its line end. */
  readonly text: string;
  /** Of data: the bytes, one character each. */
  readonly payload?: string;
}

const dataHeader = /^\+WS_DATA:[0-2],(\d{1,5}),/;
/** With opcode, fin, and the length of the whole message. */
const dataHeaderOfClassD = /^\+WS_DATA:[0-2],\d{1,2},[01],\d{1,7},(\d{1,5}),/;
/** Characters that a line has at most: more without a line end are noise. */
const MAX_LINE = 2048;
/** Milliseconds without a byte after which a partial unit counts as noise. */
const PARTIAL_UNIT_TIMEOUT_MS = 2000;

/** Splits what a device says into lines, data and prompts, however its bytes are cut. */
export class DeviceReader {
  #rest = '';
  #since = 0;
  /** Milliseconds of the latest byte. */
  #latest = 0;

  push(text: string, at: number, isClassD: boolean): DeviceUnit[] {
    const units: DeviceUnit[] = [];
    if (this.#rest !== '' && at - this.#latest > PARTIAL_UNIT_TIMEOUT_MS)
      units.push(...this.flush());
    this.#latest = at;
    if (this.#rest === '') this.#since = at;
    this.#rest += text;
    for (;;) {
      const taken = this.#unit(isClassD);
      if (!taken) return units;
      const [length, unit] = taken;
      if (unit) units.push({ at: this.#since, ...unit });
      this.#rest = this.#rest.slice(length);
      this.#since = at;
    }
  }

  /** Returns the partial unit as noise. */
  flush(): DeviceUnit[] {
    const text = this.#rest.trim();
    this.#rest = '';
    return text === '' ? [] : [{ at: this.#since, kind: 'noise', text }];
  }

  /** The first unit and its length; no unit for an empty line. */
  #unit(isClassD: boolean): [length: number, unit?: Omit<DeviceUnit, 'at'>] | undefined {
    const rest = this.#rest;
    if (rest.startsWith('>')) return [1, { kind: 'prompt', text: '>' }];
    const header = (isClassD ? dataHeaderOfClassD : dataHeader).exec(rest);
    if (header) {
      const start = header[0].length;
      const end = start + Number(header[1]);
      if (rest.length < end) return undefined;
      return [end, { kind: 'data', text: header[0].slice(0, -1), payload: rest.slice(start, end) }];
    }
    const end = rest.indexOf('\r\n');
    if (end < 0)
      return rest.length > MAX_LINE ? [rest.length, { kind: 'noise', text: rest }] : undefined;
    const text = rest.slice(0, end);
    return text === '' ? [2] : [end + 2, { kind: kindOf(text), text }];
  }
}

function kindOf(line: string): DeviceUnit['kind'] {
  if (/^(?:OK|ERROR|SEND OK|SEND FAIL)$/.test(line)) return 'result';
  const urc = parseUrc(line);
  if (urc) return urc.kind === 'busy' || urc.kind === 'diagnostic' ? 'diagnostic' : 'urc';
  return looksIntact(line) || /^[\x20-\x7e]+$/.test(line) ? 'response' : 'noise';
}
