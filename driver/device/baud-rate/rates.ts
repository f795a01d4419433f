import { MAX_RATE, MIN_RATE } from '../../values/port-address';

/** Power-up baud rate of most boards, in bits a second. */
export const DEFAULT_RATE = 115_200;
/** Baud rates to climb to, in bits a second. */
export const LADDER: readonly number[] = [
  115_200, 230_400, 460_800, 921_600, 1_500_000, 2_000_000, 3_000_000,
];
/** The highest of them that `automatic` uses where the host has no flow control, in bits a second: above it a busy host loses bytes. */
export const HIGHEST_WITHOUT_FLOW_CONTROL = 460_800;
/** Other rates that earlier settings may have left a device at, in bits a second. */
const SELDOM_RATES = [9600, 5_000_000, 1_000_000, 57_600, 4_000_000, 2_500_000, 19_200, 38_400];

/** Returns the rates that a device may use, the likeliest first. @param all whether to include those that boards seldom use */
export function likelyRates(known: readonly (number | undefined)[], all: boolean): number[] {
  const rates = [...known, ...LADDER.toReversed(), ...(all ? SELDOM_RATES : [])];
  return [...new Set(rates.filter((rate): rate is number => rate !== undefined && rate > 0))];
}

/**
 * Returns the rates to which a corrupt `AT+UART_CUR` of this rate may have set the device: with a digit lost, doubled or
 * changed by one bit, or a 0 inserted. The command has no checksum.
 */
export function misheardRates(rate: number): number[] {
  const digits = String(rate);
  const heard = new Set<string>();
  for (let index = 0; index < digits.length; index++) {
    const before = digits.slice(0, index);
    const digit = Number(digits[index]);
    const after = digits.slice(index + 1);
    for (const other of [1, 2, 4, 8].map((bit) => digit ^ bit))
      if (other <= 9) heard.add(`${before}${other}${after}`);
    heard.add(before + after);
    heard.add(`${before}${digit}${digit}${after}`);
    heard.add(`${before}0${digit}${after}`);
  }
  const rates = [...heard].map(Number);
  return rates.filter((each) => each >= MIN_RATE && each <= MAX_RATE && each !== rate);
}
