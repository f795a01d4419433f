import { defaultUartSettings, type UartSettings } from '../serial/uart';

/** What commands set and a restart forgets. */
export interface Settings {
  echo: boolean;
  /** `AT+SYSLOG`: say why commands fail. */
  systemLog: boolean;
  /** `AT+SYSSTORE`: write settings to flash. */
  store: boolean;
  /** `AT+SYSMSG`: bits 0-2. */
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
