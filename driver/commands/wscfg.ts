import type { Command } from '../at/command';
import type { LinkId } from '../at/types';
import type { Capabilities } from '../device/options';
import { EspAtError } from '../errors';
import type { LinkConfig } from '../link/options';
import { build } from './build';
import { checkLink, isWhole, shown, type Unchecked } from './check';

/** Milliseconds; certificates are read from flash. */
const WSCFG_TIMEOUT_MS = 5000;
/** Bytes. With fewer the firmware answers a longer ping with bytes of its own memory. */
const MIN_BUFFER_BYTES = 125;
/** Bytes of a link's buffer unless set otherwise. */
export const BUFFER_SIZE = 1024;
/** How the device says that a certificate slot is empty, before its ERROR. */
const informationResponses = ['NO CERT FOUND', 'NO PRVT_KEY FOUND', 'NO CA FOUND'];

/**
 * `AT+WSCFG`: settings of the link's next opening, used up by it. Only for a link that is closed: on an
 * open one it does nothing but free certificates that are in use.
 * @throws EspAtError `INVALID_LINK`, `INVALID_CONFIG`, `AUTH_NOT_SUPPORTED`
 */
export function wscfg(link: LinkId, config: LinkConfig, capabilities: Capabilities): Command {
  const id = checkLink(link);
  const given: Unchecked<LinkConfig> = config;
  const values = [
    seconds('pingIntervalMs', given.pingIntervalMs, 10),
    seconds('pongTimeoutMs', given.pongTimeoutMs, 120),
    whole('bufferBytes', given.bufferBytes, BUFFER_SIZE, MIN_BUFFER_BYTES, capabilities.maxBuffer),
    ...authentication(given, capabilities),
  ];
  return command(id, values);
}

/** Firmware with authentication takes it, older firmware answers ERROR. The link has to be closed. */
export function wscfgProbe(link: LinkId): Command {
  return command(checkLink(link), [10, 120, 1024, 0]);
}

/** Mode 0 is what the firmware does unasked, and old firmware takes no such parameter. */
function authentication(config: Unchecked<LinkConfig>, capabilities: Capabilities): number[] {
  const mode = whole('auth', config.auth, 0, 0, 3);
  if (mode === 0) return [];
  if (!capabilities.authentication) throw new EspAtError('AUTH_NOT_SUPPORTED');
  return [mode, whole('pki', config.pki, 0, 0, 255), whole('ca', config.ca, 0, 0, 255)];
}

function command(link: LinkId, values: readonly number[]): Command {
  return build(`AT+WSCFG=${[link, ...values].join(',')}`, {
    name: `AT+WSCFG=${link}`,
    informationResponses,
    timeoutMs: WSCFG_TIMEOUT_MS,
    idempotent: true,
  });
}

function whole(
  setting: keyof LinkConfig,
  value: unknown,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback;
  if (isWhole(value, min, max)) return value;
  const details = { setting, reason: 'NOT_WHOLE', value: shown(value), min, max };
  throw new EspAtError('INVALID_CONFIG', details);
}

/** The firmware takes whole seconds. */
function seconds(setting: keyof LinkConfig, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (isWhole(value, 1000, 7_200_000) && value % 1000 === 0) return value / 1000;
  const range = { value: shown(value), min: 1000, max: 7_200_000 };
  throw new EspAtError('INVALID_CONFIG', { setting, reason: 'NOT_SECONDS', ...range });
}
