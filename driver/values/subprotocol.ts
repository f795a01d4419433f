import type { Flaw } from './flaw';
import { TOKEN } from './header';

/** Returns why a text is not a list of subprotocols with commas between (RFC 6455, section 4.1). */
export function subprotocolFlaw(subprotocol: unknown): Flaw | undefined {
  if (typeof subprotocol === 'string') {
    const names = subprotocol.split(/ *, */);
    if (subprotocol === '' || names.every((name) => TOKEN.test(name))) return undefined;
  }
  return { reason: 'NOT_TOKENS' };
}
