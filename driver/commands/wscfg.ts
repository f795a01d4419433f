import type { Command } from '../at/command';
import type { LinkId } from '../at/types';
import { EspAtError } from '../errors';
import { build } from './build';
import type { Capabilities } from './capabilities';
import { shown } from '../values/text';
import { isWhole, wholeFlaw } from '../values/whole';
import type { Unchecked } from './check';

/** Milliseconds: the firmware reads certificates from flash. */
const WSCFG_TIMEOUT_MS = 5000;
/** Smallest buffer: with a smaller one the firmware sends bytes of its own memory in the pong to a longer ping. */
const MIN_BUFFER_BYTES = 125;
/** Defaults of the firmware. */
const DEFAULT_PING_INTERVAL_S = 10;
const DEFAULT_PONG_TIMEOUT_S = 120;
export const DEFAULT_BUFFER_BYTES = 1024;
/** Longest ping interval and pong timeout. */
const MAX_PING_SETTING_MS = 7_200_000;
/** Information responses before ERROR where a certificate slot is empty. */
const EMPTY_SLOT_PREFIXES = ['NO CERT FOUND', 'NO PRVT_KEY FOUND', 'NO CA FOUND'];

/** Settings of one link (`AT+WSCFG`). */
export interface LinkConfig {
  /** Milliseconds between pings: a multiple of 1000 from 1000 to 7,200,000; default 10,000. */
  readonly pingIntervalMs?: number | undefined;
  /** Milliseconds without a pong until the connection counts as lost: a multiple of 1000 from 1000 to 7,200,000; default 120,000. */
  readonly pongTimeoutMs?: number | undefined;
  /** Buffer size in bytes, the most that the device passes on in one piece: 125-8192 (class D: 125-16384); default 1024. */
  readonly bufferBytes?: number | undefined;
  /** 0 verify nothing · 1 present a client certificate · 2 verify the server · 3 both; default 0. */
  readonly auth?: 0 | 1 | 2 | 3 | undefined;
  /** Slot of client certificate and key (`wss_cert`, `wss_key`), for auth 1 and 3: 0-255; default 0. */
  readonly pki?: number | undefined;
  /** Slot of the CA (`wss_ca`), for auth 2 and 3: 0-255; default 0. */
  readonly ca?: number | undefined;
}

type ConfigTraits = Pick<Capabilities, 'authentication' | 'maxBuffer'>;

/**
 * `AT+WSCFG`: configures the link's next WSOPEN, which uses the settings up. Only for a closed link: on an open link
 * the firmware frees certificates that are in use, and sets nothing.
 * @throws EspAtError `INVALID_CONFIG`, `AUTH_NOT_SUPPORTED`
 */
export function wscfg(link: LinkId, config: LinkConfig, capabilities: ConfigTraits): Command {
  const given: Unchecked<LinkConfig> = config;
  const { bufferBytes = DEFAULT_BUFFER_BYTES } = given;
  const values = [
    seconds('pingIntervalMs', given.pingIntervalMs, DEFAULT_PING_INTERVAL_S),
    seconds('pongTimeoutMs', given.pongTimeoutMs, DEFAULT_PONG_TIMEOUT_S),
    whole('bufferBytes', bufferBytes, MIN_BUFFER_BYTES, capabilities.maxBuffer),
    ...authentication(given, capabilities),
  ];
  return command(link, values);
}

/** Succeeds on firmware with authentication (C, D); older firmware refuses it. Only for a closed link. */
export function wscfgProbe(link: LinkId): Command {
  const defaults = [DEFAULT_PING_INTERVAL_S, DEFAULT_PONG_TIMEOUT_S, DEFAULT_BUFFER_BYTES];
  return command(link, [...defaults, 0]);
}

/** Omits mode 0, the firmware's default: old firmware refuses the parameter. */
function authentication(config: Unchecked<LinkConfig>, capabilities: ConfigTraits): number[] {
  const { auth = 0, pki = 0, ca = 0 } = config;
  const mode = whole('auth', auth, 0, 3);
  if (mode === 0) return [];
  if (!capabilities.authentication) throw new EspAtError('AUTH_NOT_SUPPORTED');
  return [mode, whole('pki', pki, 0, 255), whole('ca', ca, 0, 255)];
}

function command(link: LinkId, values: readonly number[]): Command {
  return build(`AT+WSCFG=${[link, ...values].join(',')}`, {
    name: `AT+WSCFG=${link}`,
    informationPrefixes: EMPTY_SLOT_PREFIXES,
    timeoutMs: WSCFG_TIMEOUT_MS,
    idempotent: true,
  });
}

function whole(setting: keyof LinkConfig, value: unknown, min: number, max: number): number {
  if (isWhole(value, min, max)) return value;
  throw new EspAtError('INVALID_CONFIG', { setting, ...wholeFlaw(value, min, max) });
}

/** The firmware takes whole seconds. */
function seconds(setting: keyof LinkConfig, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (isWhole(value, 1000, MAX_PING_SETTING_MS) && value % 1000 === 0) return value / 1000;
  const range = { value: shown(value), min: 1000, max: MAX_PING_SETTING_MS };
  throw new EspAtError('INVALID_CONFIG', { setting, reason: 'NOT_SECONDS', ...range });
}
