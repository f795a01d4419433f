import { checkSetting } from '../commands/check';
import { cipsntpcfg } from '../commands/sntp';
import { uartCur } from '../commands/uart';
import { cwjap } from '../commands/wifi';
import type { DeviceOptions } from './options';
import { checkCertificates } from '../provisioning/certificates';

/**
 * Refuses options that no device accepts, before the driver opens the port.
 * @throws EspAtError `INVALID_SETTING`, `CERTIFICATE_INVALID`, `COMMAND_TOO_LONG`
 */
export function checkOptions(options: DeviceOptions): void {
  const { wifi, sntp, certificates, negotiatedRate, flowControl, sendLimit, recorderBytes } =
    options;
  if (wifi) cwjap(wifi.ssid, wifi.password, wifi.bssid);
  if (sntp) cipsntpcfg(sntp.timezone, sntp.servers);
  if (certificates) checkCertificates(certificates);
  if (negotiatedRate !== undefined && negotiatedRate !== 0 && negotiatedRate !== 'automatic')
    uartCur(negotiatedRate, flowControl === true ? 'both' : 'none');
  if (recorderBytes !== undefined && recorderBytes !== 0)
    checkSetting('recorderBytes', recorderBytes, 1024, 64 * 1024 ** 2);
  if (sendLimit) {
    checkSetting('queueMessages', sendLimit.messages, 1, 1_000_000);
    checkSetting('queueBytes', sendLimit.bytes, 1, 1024 ** 3);
  }
}
