import type { Response, Command } from '../at/command';
import { bssidFlaw, passwordFlaw, ssidFlaw } from '../values/wifi';
import { build, query, quote, type Query } from './build';
import { refuseFlaw } from './check';

/** Milliseconds: joining takes up to 15 s, after the device has left another network. */
const JOIN_TIMEOUT_MS = 25_000;
/** Milliseconds for a scan of all channels. */
const SCAN_TIMEOUT_MS = 15_000;

/** `AT+CWMODE`: 0 off · 1 station · 2 access point · 3 both. */
export function cwmode(mode: number): Command {
  return build(`AT+CWMODE=${mode}`, { timeoutMs: 5000, idempotent: true });
}

export const cwmodeQuery: Query<number> = {
  ...query('CWMODE'),
  parse: ([line = '']) => {
    const [, mode] = /^\+CWMODE:([0-3])$/.exec(line) ?? [];
    return mode === undefined ? undefined : Number(mode);
  },
};
export const cwjapQuery = query('CWJAP');
/** Queries the station's addresses. */
export const cipsta = query('CIPSTA');

/** `AT+CWJAP`: joins a network. OK follows once the device has an address. @throws EspAtError `INVALID_SETTING` */
export function cwjap(ssid: string, password: string, bssid = ''): Command {
  refuseFlaw('ssid', ssidFlaw(ssid));
  refuseFlaw('password', passwordFlaw(password));
  const values = [quote(ssid), quote(password)];
  if (bssid !== '') {
    refuseFlaw('bssid', bssidFlaw(bssid));
    values.push(quote(bssid.toLowerCase()));
  }
  return build(`AT+CWJAP=${values.join(',')}`, {
    informationPrefixes: ['+CWJAP:'],
    timeoutMs: JOIN_TIMEOUT_MS,
    idempotent: true,
  });
}

/** States of `AT+CWSTATE?`. */
export const stationState = {
  /** The device has joined no network yet. */
  idle: 0,
  /** Joined, without an address yet. */
  noAddress: 1,
  joined: 2,
  /** Joining, or joining again. */
  joining: 3,
  disconnected: 4,
} as const;

/** State of the device as a Wi-Fi station. */
interface Station {
  /** One of {@link stationState}. */
  readonly state: number;
  /** The network that the device joined last. */
  readonly ssid: string;
}

export const cwstate: Query<Station> = {
  ...query('CWSTATE'),
  parse: ([line = '']) => {
    const [, state, ssid] = /^\+CWSTATE:([0-4]),"(.*)"$/.exec(line) ?? [];
    return ssid === undefined ? undefined : { state: Number(state), ssid: decoded(ssid) };
  },
};

/** All fields of a network; any signal; all encryption methods. */
const SCAN_OPTIONS = [0x7ff, -100, 0xffff].join(',');

/**
 * `AT+CWLAPOPT`: the next scans list all networks with all fields. These are the defaults of the firmware; a restart brings
 * them back.
 */
export const cwlapopt = build(`AT+CWLAPOPT=1,${SCAN_OPTIONS}`, { idempotent: true });

/**
 * A network with all fields, or, as old firmware lists them, all up to the channel. With other fields the number behind the
 * address may be no channel.
 */
const NETWORK = /^\+CWLAP:\((\d+),"(.*)",(-?\d+),"([0-9a-f:]{17})",(\d+)(?:(?:,-?\d+){6,})?\)$/is;

/** `AT+CWLAP`: scans for networks. */
export const cwlap: Query<WifiNetwork[]> = {
  ...build('AT+CWLAP', {
    informationPrefixes: ['+CWLAP:'],
    timeoutMs: SCAN_TIMEOUT_MS,
    idempotent: true,
  }),
  /** Omits corrupt lines, unless all are, and names that contain a line end. */
  parse: (response) => {
    const found = response.map((line) => NETWORK.exec(line)).filter((each) => each !== null);
    if (found.length === 0 && response.length > 0) return undefined;
    return found.flatMap(([, encryption, ssid = '', signal, bssid = '', channel]) =>
      /[\r\n]/.test(ssid)
        ? []
        : {
            ssid: decoded(ssid),
            bssid: bssid.toLowerCase(),
            signal: Number(signal),
            channel: Number(channel),
            encrypted: Number(encryption) !== 0,
          },
    );
  },
  /** The networks and their signals differ from scan to scan. */
  form: (response) => [...new Set(response.map(formOfNetwork))].sort(),
};

/**
 * Returns a line without its values: 0 for the name and each number, x for each digit of an address. Two intact lines then
 * have one form, and a line whose address has lost a digit has another.
 */
function formOfNetwork(line: string): string {
  return line
    .replace(/"[^"]*"/, '0')
    .replace(/"[^"]*"/g, (address) => address.replace(/[\da-f]/gi, 'x'))
    .replace(/-?\d+/g, '0');
}

/** `AT+CWRECONNCFG`: configures automatic rejoining. @param attempts 0: no limit */
export function cwreconncfg(intervalS: number, attempts: number): Command {
  return build(`AT+CWRECONNCFG=${intervalS},${attempts}`, { idempotent: true });
}

/** A network in a scan. */
export interface WifiNetwork {
  /** Name of the network. */
  readonly ssid: string;
  /** Address of the access point, as aa:bb:cc:dd:ee:ff. */
  readonly bssid: string;
  /** Signal strength in dBm. */
  readonly signal: number;
  /** Channel of the 2.4 GHz band, 1 to 14. */
  readonly channel: number;
  /** Whether the network needs a password. */
  readonly encrypted: boolean;
}

/** Returns undefined where the device has joined no network, or the response is corrupt. */
export function parseCwjap(
  response: Response,
): Pick<WifiNetwork, 'ssid' | 'bssid' | 'signal'> | undefined {
  // The firmware does not escape the SSID: it may hold a quote.
  const [, ssid, bssid, signal] =
    /^\+CWJAP:"(.*)","([0-9a-f:]{17})",\d+,(-?\d+)/i.exec(response[0] ?? '') ?? [];
  if (ssid === undefined || bssid === undefined) return undefined;
  return { ssid: decoded(ssid), bssid: bssid.toLowerCase(), signal: Number(signal) };
}

/** Returns the reason in the response to a failed {@link cwjap}. */
export function parseJoinFailure(
  text: string,
): 'timeout' | 'password' | 'not-found' | 'other' | undefined {
  const [, number] = /\+CWJAP:([1-4])(?!\d)/.exec(text) ?? [];
  return (['timeout', 'password', 'not-found', 'other'] as const)[Number(number) - 1];
}

/** Returns the IPv4 address. */
export function parseCipsta(response: Response): string | undefined {
  const [, ip] = /^\+CIPSTA:ip:"([\d.]+)"$/.exec(response[0] ?? '') ?? [];
  return ip === '0.0.0.0' ? undefined : ip;
}

/** Decodes UTF-8 from a text of one character a byte. */
function decoded(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
