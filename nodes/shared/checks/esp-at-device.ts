import { MAX_RATE, MIN_RATE } from '../../../driver/values/port-address';
import { serversFlaw, timezoneFlaw } from '../../../driver/values/sntp';
import { bssidFlaw, passwordFlaw, ssidFlaw } from '../../../driver/values/wifi';
import { headerListRefusal } from './header-list';
import { linkRowsRefusal } from './link-rows';
import { addressRefusal, SIMULATED } from './port-address';
import { asText, isVariable, refused, wholeSetting, type Check, type Settings } from './refusal';

export { findingSentence, sentence, sentenceOf } from '../errors/sentence';
export { headerRefusal } from './header-list';
export { largestBuffer, linkChecks } from './link-rows';

/** The rate of a port unless its settings say another one. */
const DEFAULT_RATE = 115_200;

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
    const address = asText(value);
    return isVariable(address) ? undefined : addressRefusal(address);
  },
  rate: (value, settings) => (showsRate(settings) ? rate(value, settings) : undefined),
  raiseTo(value, settings) {
    if (!isSerial(settings) || hasAutomaticRate(settings)) return undefined;
    const text = asText(value);
    const refusal = negotiatedRate(text, settings);
    if (refusal || text === '' || isVariable(text)) return refusal;
    const start = asText(settings.rate) === '' ? DEFAULT_RATE : Number(asText(settings.rate));
    if (isVariable(settings.rate) || Number.isNaN(start)) return undefined;
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

/** The baud rate that the port starts at. An unusable value is the default: the dialog may hide, and so not check, the field. */
export function startRate(settings: Settings): number {
  const text = asText(settings.rate);
  return text === '' || rate(text, settings) ? DEFAULT_RATE : Number(text);
}

/** The baud rate to negotiate; 0: none. An unusable value is 0. */
export function rateToRaiseTo(settings: Settings): number {
  const text = asText(settings.raiseTo);
  return text === '' || negotiatedRate(text, settings) ? 0 : Number(text);
}

/** Whether the driver finds the baud rate. */
export function hasAutomaticRate(settings: Settings): boolean {
  return isSerial(settings) && settings.autoRate === true;
}

/** Whether the port has a baud rate that the user sets. */
export function showsRate(settings: Settings): boolean {
  return !isSimulated(settings) && !hasAutomaticRate(settings);
}

/** Whether the driver can change the baud rate of the port. */
export function isSerial(settings: Settings): boolean {
  return !isSimulated(settings) && !/^tcp:/i.test(asText(settings.port));
}

/** Whether the port is that of a simulated device. */
export function isSimulated({ port }: Settings): boolean {
  return asText(port).startsWith(SIMULATED);
}
