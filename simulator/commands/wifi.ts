import { CommandError, errorCode } from '../at/errors';
import type { CommandResponse, CommandGroup } from '../at/command';
import type { Board } from '../device/board';
import type { AccessPoint } from '../device/options';
import { ALL_SCAN_FIELDS } from '../device/settings';
import { joinResult, type Credentials } from '../wifi/join';
import { bssidOf, stationState } from '../wifi/station';
import { okAfter, lines, oneNumber, lineWithoutGap } from './answers';

const DEFAULT_JOIN_TIMEOUT_S = 15;
const MAX_SSID_BYTES = 32;
const MAX_PASSWORD_BYTES = 63;

const onlineAddress = { ip: '10.0.0.2', gateway: '10.0.0.1', netmask: '255.255.255.0' } as const;
const MAC_ADDRESS = '7c:df:a1:00:00:01';
const DEFAULT_RSSI_DBM = -50;
/** Encryption methods of `AT+CWLAP`. */
const OPEN = 0;
const WPA2_PSK = 3;
/** Cipher of `AT+CWLAP`. */
const CCMP = 4;

/** The commands of the Wi-Fi station. */
export function wifiCommands(board: Board): CommandGroup {
  const { station, settings } = board;

  const join = (
    response: CommandResponse,
    credentials: Credentials,
    timeoutS = DEFAULT_JOIN_TIMEOUT_S,
    reconnectIntervalS?: number,
  ) => {
    if (!station.isStation) throw new CommandError();
    const options = {
      store: settings.store,
      timeoutMs: timeoutS * 1000,
      ...(reconnectIntervalS === undefined ? {} : { reconnectIntervalS }),
    };
    station.join(credentials, options, (result) => {
      if (result === joinResult.joined) {
        response.ok();
        return;
      }
      response.line(`+CWJAP:${result}`);
      response.error();
    });
  };

  return {
    'AT+CWMODE': {
      query: lines(() => `+CWMODE:${station.mode}`),
      set: (response, parameters) => {
        parameters.atMost(2);
        const mode = parameters.number(0, 0, 3, errorCode.invalid(1));
        const connect = parameters.numberOr(1, 0, 1, 1) === 1;
        station.setMode(mode, settings.store, connect);
        response.ok();
      },
    },
    'AT+CWSTATE': {
      query: lines(() => {
        const ssid = station.state === stationState.notStarted ? '' : station.ssid;
        return `+CWSTATE:${station.state},"${ssid}"`;
      }),
    },
    'AT+CWJAP': {
      query: lines(() => {
        const point = station.accessPoint;
        if (!point) return [];
        const radio = `${point.channel ?? 1},${point.rssi ?? DEFAULT_RSSI_DBM}`;
        return `+CWJAP:"${point.ssid}","${bssidOf(point)}",${radio},0,1,3,0,0`;
      }),
      set: (response, parameters) => {
        parameters.atMost(9);
        const ssid = parameters.string(0);
        const password = parameters.string(1);
        const bssid = parameters.optionalString(2);
        if (ssid === '' || ssid.length > MAX_SSID_BYTES || password.length > MAX_PASSWORD_BYTES) {
          throw new CommandError();
        }
        // The names of the AT manual.
        const limits = [
          ['pci_en', 0, 1],
          ['reconn_interval', 0, 7200],
          ['listen_interval', 1, 100],
          ['scan_mode', 0, 1],
          ['jap_timeout', 3, 600],
          ['pmf', 0, 1],
        ] as const;
        const optional = limits.map(([, minimum, maximum], index) =>
          parameters.isFilled(index + 3)
            ? parameters.number(index + 3, minimum, maximum)
            : undefined,
        );
        const credentials = { ssid, password, ...(bssid === undefined ? {} : { bssid }) };
        const [, reconnectIntervalS, , , timeoutS] = optional;
        join(response, credentials, timeoutS, reconnectIntervalS);
      },
      execute: (response) => {
        if (!station.credentials) throw new CommandError();
        join(response, station.credentials);
      },
    },
    'AT+CWQAP': {
      execute: okAfter(() => station.leave()),
    },
    'AT+CWLAP': {
      execute: (response) => list(response, board, () => true),
      set: (response, parameters) => {
        parameters.atMost(3);
        const ssid = parameters.optionalString(0);
        const bssid = parameters.optionalString(1)?.toLowerCase();
        const channel = parameters.isFilled(2) ? parameters.number(2, 1, 14) : undefined;
        list(
          response,
          board,
          (point) =>
            (ssid === undefined || point.ssid === ssid) &&
            (bssid === undefined || bssidOf(point) === bssid) &&
            (channel === undefined || (point.channel ?? 1) === channel),
        );
      },
    },
    'AT+CWLAPOPT': {
      set: (response, parameters) => {
        parameters.atMost(4);
        const { minRssiDbm, encryptions } = settings.scan;
        settings.scan = {
          fields: parameters.number(1, 0, ALL_SCAN_FIELDS),
          minRssiDbm: parameters.numberOr(2, -100, 40, minRssiDbm),
          encryptions: parameters.numberOr(3, 0, 0xffff, encryptions),
        };
        response.ok();
      },
    },
    'AT+CWRECONNCFG': {
      query: lines(() => `+CWRECONNCFG:${station.reconnectIntervalS},${station.reconnectCount}`),
      set: (response, parameters) => {
        parameters.exactly(2);
        const interval = parameters.number(0, 0, 7200);
        const count = parameters.number(1, 0, 1000);
        station.reconnectIntervalS = interval;
        station.reconnectCount = count;
        response.ok();
      },
    },
    'AT+CWAUTOCONN': {
      query: lineWithoutGap(() => `+CWAUTOCONN:${station.autoConnect ? 1 : 0}`),
      set: oneNumber(1, (on) => (station.autoConnect = on === 1)),
    },
    'AT+CIPSTA': {
      query: lines(() => {
        const { ip, gateway, netmask } = currentAddress(board);
        return [
          `+CIPSTA:ip:"${ip}"`,
          `+CIPSTA:gateway:"${gateway}"`,
          `+CIPSTA:netmask:"${netmask}"`,
        ];
      }),
    },
    'AT+CIPSTAMAC': { query: lines(() => `+CIPSTAMAC:"${MAC_ADDRESS}"`) },
    'AT+CIFSR': {
      execute: lines(() => [
        `+CIFSR:STAIP,"${currentAddress(board).ip}"`,
        `+CIFSR:STAMAC,"${MAC_ADDRESS}"`,
      ]),
    },
  };
}

function currentAddress({ station }: Board): { ip: string; gateway: string; netmask: string } {
  return station.online ? onlineAddress : { ip: '0.0.0.0', gateway: '0.0.0.0', netmask: '0.0.0.0' };
}

function list(
  response: CommandResponse,
  { station, settings }: Board,
  wanted: (point: AccessPoint) => boolean,
): void {
  if (!station.isStation) throw new CommandError();
  const { fields, minRssiDbm, encryptions } = settings.scan;
  station.scan((found) => {
    for (const point of found.filter(wanted)) {
      const rssi = point.rssi ?? DEFAULT_RSSI_DBM;
      const [encryption, cipher] = point.password === '' ? [OPEN, 0] : [WPA2_PSK, CCMP];
      const all = [encryption, `"${point.ssid}"`, rssi, `"${bssidOf(point)}"`, point.channel ?? 1];
      all.push(-1, -1, cipher, cipher, 7, 0);
      if (rssi < minRssiDbm || !hasBit(encryptions, encryption)) continue;
      response.line(`+CWLAP:(${all.filter((_, index) => hasBit(fields, index)).join(',')})`);
    }
    response.ok();
  });
}

const hasBit = (bits: number, index: number): boolean => ((bits >> index) & 1) === 1;
