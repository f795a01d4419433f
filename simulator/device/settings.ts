import { defaultUartSettings, type UartSettings } from '../serial/uart';

/** Settings that a restart resets. */
export interface Settings {
  echo: boolean;
  /** `AT+SYSLOG`: a failing command sends `ERR CODE:…`. */
  systemLog: boolean;
  /** `AT+SYSSTORE`: commands write settings to flash. */
  store: boolean;
  /** `AT+SYSMSG`: bits 0-2. They have no effect here. */
  systemMessages: number;
  uart: UartSettings;
}

export const freshSettings = (): Settings => ({
  echo: true,
  systemLog: false,
  store: true,
  systemMessages: 0,
  uart: defaultUartSettings,
});
