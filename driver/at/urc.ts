import type { LinkId } from './types';

/** An unsolicited result code. The driver ignores `busy` and `diagnostic`: they only need to count as known lines. */
export type Urc =
  | { readonly kind: 'connected' | 'disconnected' | 'closed'; readonly link: LinkId }
  | {
      readonly kind:
        | 'ready'
        | 'busy'
        | 'wifi-connected'
        | 'wifi-got-ip'
        | 'wifi-disconnected'
        | 'time-updated'
        | 'diagnostic';
    };

/** Prefixes of URCs that the driver does not use, and of late responses. */
const otherUrc =
  /^\+(?:IPD|LINK_CONN|STA_|DIST_STA_IP|MQTT|BLE|BT|HTTP|ETH_|CIP|CMD|CW|FS|SYS|TIME_|UART|WEBSERVER|WSHEAD|WSOPEN)/;

/** Whether a line that {@link parseUrc} does not know looks intact: then it is no sign of corrupt data. */
export function looksIntact(line: string): boolean {
  return otherUrc.test(line);
}

export function parseUrc(line: string): Urc | undefined {
  const link = /^\+WS_(CONNECTED|DISCONNECTED|CLOSED):([0-2])$/.exec(line);
  if (link) {
    const kind =
      link[1] === 'CONNECTED' ? 'connected' : link[1] === 'CLOSED' ? 'closed' : 'disconnected';
    return { kind, link: Number(link[2]) as LinkId };
  }
  switch (line) {
    case 'ready':
      return { kind: 'ready' };
    case 'busy p...':
      return { kind: 'busy' };
    case 'WIFI CONNECTED':
      return { kind: 'wifi-connected' };
    case 'WIFI GOT IP':
      return { kind: 'wifi-got-ip' };
    case 'WIFI DISCONNECT':
      return { kind: 'wifi-disconnected' };
    case '+TIME_UPDATED':
      return { kind: 'time-updated' };
  }
  return /^(?:ERR CODE:0x|Will force to restart!!!|Recv \d+ bytes$|WIFI GOT IPv6)/.test(line)
    ? { kind: 'diagnostic' }
    : undefined;
}
