import type { Flaw } from './flaw';
import { token } from './header';

/** Why a text is no list of subprotocols, which commas separate (RFC 6455, section 4.1); or undefined. */
export function subprotocolFlaw(subprotocol: unknown): Flaw | undefined {
  if (typeof subprotocol === 'string') {
    const names = subprotocol.split(/ *, */);
    if (subprotocol === '' || names.every((name) => token.test(name))) return undefined;
  }
  return { reason: 'NOT_TOKENS' };
}
