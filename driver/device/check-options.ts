import { checkSetting } from '../commands/check';
import { cipsntpcfg } from '../commands/sntp';
import { cwjap } from '../commands/wifi';
import { checkCertificates } from '../provisioning/certificates';
import { MAX_RATE, MIN_RATE } from '../values/port-address';
import type { DeviceOptions } from './options';

/**
 * Refuses options that no device accepts, before the driver opens the port.
 * @throws EspAtError `INVALID_SETTING`, `CERTIFICATE_INVALID`
 */
export function checkOptions(options: DeviceOptions): void {
  const { wifi, sntp, certificates, negotiatedRate, sendLimit, recorderBytes } = options;
  if (wifi) cwjap(wifi.ssid, wifi.password, wifi.bssid);
  if (sntp) cipsntpcfg(sntp.timezone, sntp.servers);
  if (certificates) checkCertificates(certificates);
  if (negotiatedRate !== undefined && negotiatedRate !== 0 && negotiatedRate !== 'automatic')
    checkSetting('negotiatedRate', negotiatedRate, MIN_RATE, MAX_RATE);
  if (recorderBytes !== undefined && recorderBytes !== 0)
    checkSetting('recorderBytes', recorderBytes, 1024, 64 * 1024 ** 2);
  if (sendLimit) {
    checkSetting('queueMessages', sendLimit.messages, 1, 1_000_000);
    checkSetting('queueBytes', sendLimit.bytes, 1, 1024 ** 3);
  }
}
