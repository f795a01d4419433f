import type { LinkId } from './types';

/** URCs without parameters. */
const PLAIN_URCS = {
  ready: 'ready',
  'busy p...': 'busy',
  'WIFI CONNECTED': 'wifi-connected',
  'WIFI GOT IP': 'wifi-got-ip',
  'WIFI DISCONNECT': 'wifi-disconnected',
  '+TIME_UPDATED': 'time-updated',
} as const;

/** URCs about one link: `+WS_CONNECTED`, `+WS_DISCONNECTED`, `+WS_CLOSED`. */
export type LinkUrc = 'connected' | 'disconnected' | 'closed';

/** An unsolicited result code. The driver ignores `busy` and `diagnostic`: they only need to count as known lines. */
export type Urc =
  | { readonly kind: LinkUrc; readonly link: LinkId }
  | { readonly kind: (typeof PLAIN_URCS)[keyof typeof PLAIN_URCS] | 'diagnostic' };

/** Prefixes of URCs that the driver does not use, and of late responses. */
const OTHER_URCS =
  /^\+(?:IPD|LINK_CONN|STA_|DIST_STA_IP|MQTT|BLE|(?:READ|WRITE|NOTIFY|INDICATE|PING):|BLUFI|BT|HTTP|ETH_|CIP|CMD|CW|FS|QUITT|SCRD|SYS|TIME_|UART|WEBSERVER|WSHEAD|WSOPEN)/;
/**
 * URCs of TCP connections and of SmartConfig, and late responses, which begin with no plus; and lines of ESP-IDF's log,
 * which some builds write to the AT port.
 */
const OTHER_LINES =
  /^(?:(?:[0-4],)?(?:CONNECT|CLOSED)|STATUS:\d|ALREADY CONNECTED|smartconfig (?:type:.*|connected wifi)|Smart get wifi info|(?:.\[[\d;]*m)?[EWIDV] \(\d+\) [\w-]+: .*)$/;

/** Whether a line that {@link parseUrc} does not know looks intact: then it is no sign of corrupt data. */
export function looksIntact(line: string): boolean {
  return OTHER_URCS.test(line) || OTHER_LINES.test(line);
}

/** Parses a URC or a diagnostic; returns undefined for any other line. */
export function parseUrc(line: string): Urc | undefined {
  // Other firmware may give a reason behind the link.
  const link = /^\+WS_(CONNECTED|DISCONNECTED|CLOSED):([0-2])(?:,.*)?$/.exec(line);
  if (link) {
    const [, name = '', id] = link;
    return { kind: name.toLowerCase() as LinkUrc, link: Number(id) as LinkId };
  }
  if (isPlainUrc(line)) return { kind: PLAIN_URCS[line] };
  return /^(?:busy s\.\.\.$|ERR CODE:0x|Will force to restart!!!|Recv \d+ bytes$|WIFI GOT IPv6)/.test(
    line,
  )
    ? { kind: 'diagnostic' }
    : undefined;
}

function isPlainUrc(line: string): line is keyof typeof PLAIN_URCS {
  return Object.hasOwn(PLAIN_URCS, line);
}
