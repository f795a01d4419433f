import { isPortAddress } from '../../../driver/values/port-address';
import { parseAddress } from '../../../simulator/address';
import type { Refusal } from '../errors/node-error';

/** The beginning of a simulated device's address. */
export const SIMULATED = 'sim:';

/** Why no device can be at an address, or undefined. */
export function addressRefusal(address: string): Refusal | undefined {
  if (!address.startsWith(SIMULATED)) {
    return isPortAddress(address)
      ? undefined
      : { code: 'INVALID_PORT', details: { port: address.slice(0, 64) } };
  }
  try {
    parseAddress(address);
    return undefined;
  } catch (error) {
    const details = { setting: 'port', reason: 'BAD_SIMULATOR_OPTION', option: optionOf(error) };
    return { code: 'INVALID_SETTING', details };
  }
}

function optionOf(error: unknown): string {
  const option: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'option') : undefined;
  return typeof option === 'string' ? option.slice(0, 32) : '';
}
