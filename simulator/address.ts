import type { BuildOptions } from './device/build';
import { parseFault } from './faults/table';
import { firmwareClasses, type FirmwareClass } from './device/firmware';
import type { NetworkPathOptions } from './network/network-path';
import { mends, type Mend } from './device/options';
import { seededRandom } from './random';

/** Options of the network between the device and its servers, and what they set. */
const pathOptions = {
  latency: 'latencyMs',
  loss: 'loss',
  bandwidth: 'bandwidth',
  'delayed-ack': 'delayedAckMs',
  join: 'joinMs',
  split: 'splitBytes',
} as const satisfies Record<string, keyof NetworkPathOptions>;

const known = [
  ...['firmware', 'baud', 'joined', 'seed', 'boot-ms', 'fault', 'mended'],
  ...['rts-cts', 'max-rate'],
  ...Object.keys(pathOptions),
];

/**
 * Reads an address like `sim:?firmware=C&joined=0&seed=5&fault=lose=1%25`. What stands between `sim:` and `?` is a
 * name that tells one device from another. Without options it is a device of class D that has joined a network, on a
 * line without a rate. `fault` may be given several times.
 *
 * @throws Error that names the option it does not understand (also as `option`), and what it knows; or says what is
 *   wrong with a fault
 */
export function parseAddress(address: string): BuildOptions {
  const text = /^sim:[^?]*\??(.*)$/s.exec(address)?.[1] ?? '';
  // A plus is part of `AT+WSSEND` here, not a space.
  const query = new URLSearchParams(text.replaceAll('+', '%2B'));
  for (const name of query.keys()) {
    if (!known.some((option) => option === name)) throw invalid(name, known.join(', '));
  }
  const seed = number(query, 'seed');
  const bootMs = number(query, 'boot-ms');
  const rate = number(query, 'baud');
  const maxRate = number(query, 'max-rate');
  const faults = query.getAll('fault');
  for (const fault of faults) checkFault(fault);
  const path = parsePath(Object.fromEntries(query));
  const mended = parseMended(query.getAll('mended'));
  return {
    firmware: parseFirmware(query.get('firmware') ?? 'D'),
    joined: !isNo(query.get('joined')),
    faults,
    ...(rate === undefined ? {} : { rate: parseRate(rate) }),
    ...(maxRate === undefined ? {} : { maxRate }),
    rtsCts: !isNo(query.get('rts-cts')),
    ...(seed === undefined ? {} : { random: seededRandom(seed) }),
    ...(bootMs === undefined ? {} : { bootMs }),
    ...(path === undefined ? {} : { path }),
    ...(mended.length === 0 ? {} : { mended }),
  };
}

const isNo = (text: string | null): boolean => ['0', 'false', 'no'].includes(text ?? '1');

/**
 * @param values texts by option: `latency`, `delayed-ack`, `join` in milliseconds, `loss` as in `1%` or `0.01`,
 *   `bandwidth` in bits a second, `split` in bytes
 * @throws Error for anything but a number that is not negative
 */
export function parsePath(
  values: Readonly<Record<string, string | undefined>>,
): NetworkPathOptions | undefined {
  const given = Object.entries(pathOptions).flatMap(([option, name]) => {
    const text = values[option];
    return text === undefined ? [] : [[name, amount(option, text)] as const];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function amount(option: string, text: string): number {
  if (!/^\d+(?:\.\d+)?%?$/.test(text)) throw invalid(option, 'a number');
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (option === 'loss' && value >= 1) throw invalid(option, 'less than 1');
  if (value === 0 && (option === 'bandwidth' || option === 'split')) {
    throw invalid(option, 'more than 0');
  }
  return value;
}

/** @throws Error for a weakness that there is not */
export function parseMended(names: readonly string[]): Mend[] {
  return names.map((name) => {
    const found = mends.find((each) => each === name);
    if (!found) throw invalid('mended', mends.join(', '));
    return found;
  });
}

/** @throws Error for anything but A, B, C, D in either case */
export function parseFirmware(text: string): FirmwareClass {
  const found = firmwareClasses.find((name) => name === text.toUpperCase());
  if (!found) throw invalid('firmware', firmwareClasses.join(', '));
  return found;
}

/** @throws Error for a rate that `AT+UART_CUR` does not take: below 80 or above 5000000 bits a second */
export function parseRate(rate: number): number {
  if (rate < 80 || rate > 5_000_000) throw invalid('baud', '80 to 5000000');
  return rate;
}

function number(query: URLSearchParams, name: string): number | undefined {
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

const invalid = (option: string, known: string): Error =>
  Object.assign(
    new Error(
      `the simulated device does not understand its option "${option}"; it knows: ${known}`,
    ),
    { code: 'INVALID_OPTION', option },
  );
