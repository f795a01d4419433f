import { CommandError, errorCode } from '../at/errors';
import type { Call } from '../at/command';
import type { Board } from '../device/board';
import type { AccessPoint } from '../device/options';
import { joinResult, type Credentials } from '../wifi/join';
import { bssidOf, stationState } from '../wifi/station';
import type { CommandGroup } from './table';

/** Seconds a join may take unless it says otherwise. */
const JOIN_TIMEOUT_S = 15;
const MAX_SSID_BYTES = 32;
const MAX_PASSWORD_BYTES = 63;

const address = { ip: '10.0.0.2', gateway: '10.0.0.1', netmask: '255.255.255.0' } as const;
const macAddress = '7c:df:a1:00:00:01';
const DEFAULT_RSSI_DBM = -50;

/** The Wi-Fi station. */
export function wifiCommands(board: Board): CommandGroup {
  const { station, settings } = board;

  const join = (
    call: Call,
    credentials: Credentials,
    timeout = JOIN_TIMEOUT_S,
    reconnectInterval?: number,
  ) => {
    if (!station.isStation) throw new CommandError();
    const options = {
      store: settings.store,
      timeout: timeout * 1000,
      ...(reconnectInterval === undefined ? {} : { reconnectInterval }),
    };
    station.join(credentials, options, (result) => {
      if (result === joinResult.joined) {
        call.ok();
        return;
      }
      call.line(`+CWJAP:${result}`);
      call.error();
    });
  };

  return {
    'AT+CWMODE': {
      query: (call) => {
        call.line(`+CWMODE:${station.mode}`);
        call.ok();
      },
      set: (call, parameters) => {
        parameters.atMost(2);
        const mode = parameters.number(0, 0, 3, errorCode.invalid(1));
        const connect = parameters.numberOr(1, 0, 1, 1) === 1;
        station.setMode(mode, settings.store, connect);
        call.ok();
      },
    },
    'AT+CWSTATE': {
      query: (call) => {
        const ssid = station.state === stationState.notStarted ? '' : station.ssid;
        call.line(`+CWSTATE:${station.state},"${ssid}"`);
        call.ok();
      },
    },
    'AT+CWJAP': {
      query: (call) => {
        const point = station.accessPoint;
        if (point) {
          const radio = `${point.channel ?? 1},${point.rssi ?? DEFAULT_RSSI_DBM}`;
          call.line(`+CWJAP:"${point.ssid}","${bssidOf(point)}",${radio},0,1,3,0,0`);
        }
        call.ok();
      },
      set: (call, parameters) => {
        parameters.atMost(9);
        const ssid = parameters.string(0);
        const password = parameters.string(1);
        const bssid = parameters.optionalString(2);
        if (ssid === '' || ssid.length > MAX_SSID_BYTES || password.length > MAX_PASSWORD_BYTES) {
          throw new CommandError();
        }
        const limits = [
          [0, 1],
          [0, 7200],
          [1, 100],
          [0, 1],
          [3, 600],
          [0, 1],
        ] as const;
        const optional = limits.map(([minimum, maximum], index) =>
          parameters.filled(index + 3) ? parameters.number(index + 3, minimum, maximum) : undefined,
        );
        const credentials = { ssid, password, ...(bssid === undefined ? {} : { bssid }) };
        join(call, credentials, optional[4], optional[1]);
      },
      execute: (call) => {
        if (!station.credentials) throw new CommandError();
        join(call, station.credentials);
      },
    },
    'AT+CWQAP': {
      execute: (call) => {
        station.leave();
        call.ok();
      },
    },
    'AT+CWLAP': {
      execute: (call) => list(call, board, () => true),
      set: (call, parameters) => {
        parameters.atMost(3);
        const ssid = parameters.optionalString(0);
        const bssid = parameters.optionalString(1)?.toLowerCase();
        const channel = parameters.filled(2) ? parameters.number(2, 1, 14) : undefined;
        list(
          call,
          board,
          (point) =>
            (ssid === undefined || point.ssid === ssid) &&
            (bssid === undefined || bssidOf(point) === bssid) &&
            (channel === undefined || (point.channel ?? 1) === channel),
        );
      },
    },
    'AT+CWRECONNCFG': {
      query: (call) => {
        call.line(`+CWRECONNCFG:${station.reconnectInterval},${station.reconnectCount}`);
        call.ok();
      },
      set: (call, parameters) => {
        parameters.exactly(2);
        const interval = parameters.number(0, 0, 7200);
        const count = parameters.number(1, 0, 1000);
        station.reconnectInterval = interval;
        station.reconnectCount = count;
        call.ok();
      },
    },
    'AT+CWAUTOCONN': {
      query: (call) => call.finish(`+CWAUTOCONN:${station.autoConnect ? 1 : 0}\r\nOK\r\n`),
      set: (call, parameters) => {
        parameters.exactly(1);
        station.autoConnect = parameters.number(0, 0, 1) === 1;
        call.ok();
      },
    },
    'AT+CIPSTA': {
      query: (call) => {
        const { ip, gateway, netmask } = currentAddress(board);
        call.line(`+CIPSTA:ip:"${ip}"`);
        call.line(`+CIPSTA:gateway:"${gateway}"`);
        call.line(`+CIPSTA:netmask:"${netmask}"`);
        call.ok();
      },
    },
    'AT+CIPSTAMAC': {
      query: (call) => {
        call.line(`+CIPSTAMAC:"${macAddress}"`);
        call.ok();
      },
    },
    'AT+CIFSR': {
      execute: (call) => {
        call.line(`+CIFSR:STAIP,"${currentAddress(board).ip}"`);
        call.line(`+CIFSR:STAMAC,"${macAddress}"`);
        call.ok();
      },
    },
  };
}

function currentAddress({ station }: Board): { ip: string; gateway: string; netmask: string } {
  return station.online ? address : { ip: '0.0.0.0', gateway: '0.0.0.0', netmask: '0.0.0.0' };
}

function list(call: Call, { station }: Board, wanted: (point: AccessPoint) => boolean): void {
  if (!station.isStation) throw new CommandError();
  station.scan((found) => {
    for (const point of found.filter(wanted)) {
      const open = point.password === '';
      const radio = `${point.rssi ?? DEFAULT_RSSI_DBM},"${bssidOf(point)}",${point.channel ?? 1}`;
      const ciphers = open ? '0,0' : '4,4';
      call.line(`+CWLAP:(${open ? 0 : 3},"${point.ssid}",${radio},-1,-1,${ciphers},7,0)`);
    }
    call.ok();
  });
}
