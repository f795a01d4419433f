import type { PortMemory } from '../../../driver';

/**
 * Returns a function that returns what the driver remembers about the port of an address: the same object for two addresses
 * of one port.
 * @param key equal for two addresses of the same port. Called with each comparison, as by `PortClaims`.
 */
export function portMemories(key: (address: string) => string): (address: string) => PortMemory {
  const memories = new Map<string, PortMemory>();
  return (address) => {
    // The address itself first: without its adapter it leads to no port.
    const known =
      memories.get(address) ?? [...memories].find(([other]) => key(other) === key(address))?.[1];
    const memory = known ?? {};
    // A symbolic link, as in /dev/serial/by-id, always leads to its adapter: remembered too. Another plain name is not: it
    // may become another adapter's.
    if (!known || key(address) !== address) memories.set(address, memory);
    return memory;
  };
}
