import { defaultUartSettings, type UartSettings } from '../serial/uart';

/** What `AT+CWLAP` lists. */
export interface ScanSettings {
  /** Bits of the fields, from `<ecn>` to `<wps>`. */
  readonly fields: number;
  /** The weakest network listed. */
  readonly minRssiDbm: number;
  /** Bits of the encryption methods listed. */
  readonly encryptions: number;
}

/** Fields of a network. */
export const ALL_SCAN_FIELDS = 0x7ff;

const defaultScanSettings: ScanSettings = {
  fields: ALL_SCAN_FIELDS,
  minRssiDbm: -100,
  encryptions: 0xffff,
};

/** Settings that a restart resets. */
export interface Settings {
  echo: boolean;
  /** `AT+SYSLOG`: a failing command sends `ERR CODE:…`. */
  systemLog: boolean;
  /** `AT+SYSSTORE`: commands write settings to flash. */
  store: boolean;
  /** `AT+SYSMSG`: bits 0-2. They have no effect here. */
  systemMessages: number;
  /** `AT+CWLAPOPT` */
  scan: ScanSettings;
  uart: UartSettings;
}

export const freshSettings = (): Settings => ({
  echo: true,
  systemLog: false,
  store: true,
  systemMessages: 0,
  scan: defaultScanSettings,
  uart: defaultUartSettings,
});
