import { MAX_RATE, MIN_RATE } from '../../../driver/values/port-address';
import { serversFlaw, timezoneFlaw } from '../../../driver/values/sntp';
import { bssidFlaw, passwordFlaw, ssidFlaw } from '../../../driver/values/wifi';
import { headerListRefusal } from './header-list';
import { linkRowsRefusal } from './link-rows';
import { addressRefusal, SIMULATED } from './port-address';
import { asText, isVariable, refused, wholeSetting, type Check, type Settings } from './refusal';

export { findingSentence, sentence, sentenceOf } from '../errors/sentence';
export { headerRefusal } from './header-list';
export { linkChecks } from './link-rows';

const rate = wholeSetting('INVALID_SETTING', 'rate', MIN_RATE, MAX_RATE);
const negotiatedRate = wholeSetting('INVALID_SETTING', 'negotiatedRate', MIN_RATE, MAX_RATE);

/** Checks a value only while the switch `field` is on. */
const whileOn =
  (field: string, check: (value: string) => ReturnType<Check>): Check =>
  (value, settings) =>
    settings[field] === true && !isVariable(value) && typeof value === 'string'
      ? check(value)
      : undefined;

export const checks = {
  port(value) {
    const address = typeof value === 'string' ? value : '';
    return isVariable(address) ? undefined : addressRefusal(address);
  },
  rate,
  raiseTo(value, settings) {
    if (settings.autoRate === true) return undefined;
    const text = asText(value);
    const refusal = negotiatedRate(text, settings);
    if (refusal || text === '' || isVariable(text)) return refusal;
    const start = asText(settings.rate) === '' ? 115_200 : Number(asText(settings.rate));
    if (isVariable(settings.rate) || Number.isNaN(start) || !isSerial(settings)) return undefined;
    if (Number(text) >= start) return undefined;
    const details = { setting: 'negotiatedRate', reason: 'BELOW_RATE', value: Number(text), start };
    return { code: 'INVALID_SETTING', details };
  },
  ssid: whileOn('wifi', (ssid) => refused('INVALID_SETTING', ssidFlaw(ssid), { setting: 'ssid' })),
  password: whileOn('wifi', (password) =>
    refused('INVALID_SETTING', passwordFlaw(password), { setting: 'password' }),
  ),
  bssid: whileOn('wifi', (bssid) =>
    bssid.trim() === ''
      ? undefined
      : refused('INVALID_SETTING', bssidFlaw(bssid.trim()), { setting: 'bssid' }),
  ),
  timezone(value, settings) {
    const text = asText(value);
    if (settings.sntp !== true || text === '' || isVariable(text)) return undefined;
    const hours = Number(text);
    const flaw = timezoneFlaw(Number.isNaN(hours) ? text : hours);
    return refused('INVALID_SETTING', flaw, { setting: 'timezone' });
  },
  servers: whileOn('sntp', (text) =>
    refused('INVALID_SETTING', serversFlaw(serversOf(text)), { setting: 'servers' }),
  ),
  links: linkRowsRefusal,
  headers: (rows: unknown) => headerListRefusal(rows),
  queueMessages: wholeSetting('INVALID_SETTING', 'queueMessages', 1, 1_000_000),
  queueBytes: wholeSetting('INVALID_SETTING', 'queueBytes', 1, 1024 ** 3),
} satisfies Readonly<Record<string, Check>>;

/** The SNTP servers of a text, which commas, semicolons or spaces separate. */
export function serversOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((server) => server !== '');
}

/** Whether the port starts at the baud rate of the settings, and the driver can raise it. */
function isSerial({ port }: Settings): boolean {
  return typeof port !== 'string' || !(port.startsWith(SIMULATED) || /^tcp:/i.test(port));
}
