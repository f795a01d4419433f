import { firmwareClasses, type FirmwareClass } from './firmware';
import type { SimulatorOptions } from './options';
import { seededRandom } from './random';

/** What the text after `sim:` asks for. */
export interface SimulatedAddress {
  readonly options: SimulatorOptions;
  /** Bits a second of the line; undefined for a line without a rate. */
  readonly rate: number | undefined;
}

const known = ['firmware', 'baud', 'joined', 'seed', 'boot-ms'] as const;

/**
 * Reads an address like `sim:?firmware=C&joined=0&seed=5`. What stands between `sim:` and `?` is a name that tells
 * one device from another. Without options it is a device of class D that has joined a network.
 *
 * @throws Error that names the option it does not understand
 */
export function parseAddress(address: string): SimulatedAddress {
  const query = new URLSearchParams(/^sim:[^?]*\??(.*)$/s.exec(address)?.[1] ?? '');
  for (const name of query.keys()) {
    if (!known.some((option) => option === name)) throw invalid(name);
  }
  const seed = number(query, 'seed');
  const bootMs = number(query, 'boot-ms');
  return {
    rate: number(query, 'baud'),
    options: {
      firmware: parseFirmware(query.get('firmware') ?? 'D'),
      joined: !['0', 'false', 'no'].includes(query.get('joined') ?? '1'),
      ...(seed === undefined ? {} : { random: seededRandom(seed) }),
      ...(bootMs === undefined ? {} : { bootMs }),
    },
  };
}

/** @throws Error for anything but A, B, C, D in either case */
export function parseFirmware(text: string): FirmwareClass {
  const found = firmwareClasses.find((name) => name === text.toUpperCase());
  if (!found) throw invalid('firmware');
  return found;
}

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw invalid(name);
  return Number(text);
}

const invalid = (name: string): Error =>
  Object.assign(new Error(`the simulated device does not understand its option "${name}"`), {
    code: 'INVALID_OPTION',
  });
