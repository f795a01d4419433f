import type { BuildOptions } from './device/build';
import { parseFault } from './faults/table';
import {
  firmwareClasses,
  firmwareFor,
  type FirmwareClass,
  type Weakness,
  weaknesses,
} from './device/firmware';
import type { NetworkPathOptions } from './network/network-path';
import { seededRandom } from './random';

/** Options of the network between the device and its servers, and the settings they stand for. */
const pathOptions = {
  latency: 'latencyMs',
  loss: 'loss',
  bandwidth: 'bandwidth',
  'delayed-ack': 'delayedAckMs',
  join: 'joinMs',
  split: 'splitBytes',
} as const satisfies Record<string, keyof NetworkPathOptions>;

const optionNames = [
  ...['firmware', 'baud', 'joined', 'seed', 'boot-ms', 'fault', 'mended'],
  ...['rts-cts', 'max-rate'],
  ...Object.keys(pathOptions),
];

/**
 * Reads an address like `sim:?firmware=C&joined=0&seed=5&fault=lose=1%25`. The text between `sim:` and `?` names the
 * device. Without options the device is of class D, has joined a network, and its bytes take no time. `fault` and
 * `mended` may occur several times; of another option the first counts.
 *
 * @throws Error for another address; Error `INVALID_OPTION` for an unknown option or an invalid value; Error for an invalid
 *   fault. The property `option` of the last two is the option's name.
 */
export function parseAddress(address: string): BuildOptions {
  const [, text] = /^sim:[^?]*\??(.*)$/s.exec(address) ?? [];
  if (text === undefined) throw new Error(`"${address}" does not begin with "sim:"`);
  // A plus is part of `AT+WSSEND` here, not a space.
  const query = new URLSearchParams(text.replaceAll('+', '%2B'));
  for (const name of query.keys()) {
    if (!optionNames.some((option) => option === name)) throw unknownOption(name);
  }
  const seed = wholeNumber(query, 'seed');
  const bootMs = wholeNumber(query, 'boot-ms');
  const rate = wholeNumber(query, 'baud');
  const maxRate = wholeNumber(query, 'max-rate');
  const needsBaud = ['rts-cts', 'max-rate'].find((name) => query.has(name));
  if (rate === undefined && needsBaud !== undefined) throw invalid(needsBaud, 'given with "baud"');
  const faults = query.getAll('fault');
  for (const fault of faults) checkFault(fault);
  const path = parsePath(query);
  const mended = parseMended(query.getAll('mended'));
  const firmware = parseFirmware(query.get('firmware') ?? 'D');
  firmwareFor(firmware, mended);
  return {
    firmware,
    joined: yesOrNo(query, 'joined'),
    faults,
    ...(rate === undefined ? {} : { rate: parseRate(rate) }),
    ...(maxRate === undefined ? {} : { maxRate }),
    rtsCts: yesOrNo(query, 'rts-cts'),
    ...(seed === undefined ? {} : { random: seededRandom(seed) }),
    ...(bootMs === undefined ? {} : { bootMs }),
    ...(path === undefined ? {} : { path }),
    ...(mended.length === 0 ? {} : { mended }),
  };
}

/** Default: yes. */
function yesOrNo(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? '1';
  if (['1', 'true', 'yes'].includes(text)) return true;
  if (['0', 'false', 'no'].includes(text)) return false;
  throw invalid(name, 'one of 1, true, yes, 0, false, no');
}

/** `latency`, `delayed-ack`, `join` in milliseconds, `loss` as in `1%` or `0.01`, `bandwidth` in bits a second, `split` in bytes. */
function parsePath(query: URLSearchParams): NetworkPathOptions | undefined {
  const given = Object.entries(pathOptions).flatMap(([option, name]) => {
    const text = query.get(option);
    return text === null ? [] : [[name, parseAmount(option, text)] as const];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function parseAmount(option: string, text: string): number {
  const form = option === 'loss' ? /^\d+(?:\.\d+)?%?$/ : /^\d+(?:\.\d+)?$/;
  if (!form.test(text)) throw invalid(option, 'a number');
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (option === 'loss' && value >= 1) throw invalid(option, 'less than 1');
  // At 0, cutting a segment and sending a byte would never end.
  if (value < 1 && (option === 'bandwidth' || option === 'split')) {
    throw invalid(option, '1 or more');
  }
  return value;
}

function parseMended(names: readonly string[]): Weakness[] {
  return names.map((name) => {
    const found = weaknesses.find((each) => each === name);
    if (!found) throw invalid('mended', `one of ${weaknesses.join(', ')}`);
    return found;
  });
}

/** Ignores case. */
function parseFirmware(text: string): FirmwareClass {
  const found = firmwareClasses.find((name) => name === text.toUpperCase());
  if (!found) throw invalid('firmware', `one of ${firmwareClasses.join(', ')}`);
  return found;
}

/** The range is that of `AT+UART_CUR`. */
function parseRate(rate: number): number {
  if (rate < 80 || rate > 5_000_000) throw invalid('baud', '80 to 5000000');
  return rate;
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw invalid(name, 'a whole number');
  return Number(text);
}

function checkFault(text: string): void {
  try {
    parseFault(text);
  } catch (error) {
    throw Object.assign(error instanceof Error ? error : new Error(String(error)), {
      option: 'fault',
    });
  }
}

const unknownOption = (option: string): Error =>
  invalidOption(
    option,
    `the simulated device does not understand its option "${option}"; it knows: ${optionNames.join(', ')}`,
  );

const invalid = (option: string, values: string): Error =>
  invalidOption(option, `the option "${option}" of the simulated device must be ${values}`);

const invalidOption = (option: string, message: string): Error =>
  Object.assign(new Error(message), { code: 'INVALID_OPTION', option });
