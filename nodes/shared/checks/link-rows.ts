import { isWhole } from '../../../driver/values/whole';
import type { Refusal } from '../errors/node-error';
import { asText, isVariable, wholeSetting, type Check, type Settings } from './refusal';

// Errors have the driver's names (`…Ms`). The values are seconds, as in the dialog.
const pongTimeout = wholeSetting('INVALID_CONFIG', 'pongTimeoutMs', 1, 7200);
// Defaults of the firmware.
const DEFAULT_PING_INTERVAL_S = 10;
const DEFAULT_PONG_TIMEOUT_S = 120;

/** The fields of a link's row, which become `AT+WSCFG`. */
export const linkChecks: Readonly<Record<string, Check>> = {
  pingInterval: wholeSetting('INVALID_CONFIG', 'pingIntervalMs', 1, 7200),
  pongTimeout(value, row) {
    const refusal = pongTimeout(value, row);
    const text = asText(value) || String(DEFAULT_PONG_TIMEOUT_S);
    if (refusal || isVariable(text)) return refusal;
    const interval = asText(row.pingInterval) === '' ? DEFAULT_PING_INTERVAL_S : row.pingInterval;
    const ping = Number(asText(interval));
    if (isVariable(interval) || !isWhole(ping, 1, 7200) || Number(text) >= ping) return undefined;
    const details = { setting: 'pongTimeoutMs', reason: 'BELOW_PING', value: Number(text), ping };
    return { code: 'INVALID_CONFIG', details };
  },
  bufferSize: (value, row) =>
    wholeSetting('INVALID_CONFIG', 'bufferBytes', 125, largestBuffer(row.firmware))(value, row),
  auth: wholeSetting('INVALID_CONFIG', 'auth', 0, 3),
  pki: wholeSetting('INVALID_CONFIG', 'pki', 0, 255),
  ca: wholeSetting('INVALID_CONFIG', 'ca', 0, 255),
};

/** Bytes of the largest buffer. @param firmware the class, where the dialog knows it */
export function largestBuffer(firmware: unknown): number {
  return ['A', 'B', 'C'].some((each) => each === firmware) ? 8192 : 16_384;
}

/** Checks the rows of all links. */
export function linkRowsRefusal(rows: unknown): Refusal | undefined {
  for (const row of Array.isArray(rows) ? (rows as readonly unknown[]) : []) {
    const refusal = isSettings(row) ? linkRowRefusal(row) : undefined;
    if (refusal) return refusal;
  }
  return undefined;
}

function linkRowRefusal(row: Settings): Refusal | undefined {
  const usesSlots = !['', '0'].includes(asText(row.auth));
  for (const [field, check] of Object.entries(linkChecks)) {
    if (!usesSlots && (field === 'pki' || field === 'ca')) continue;
    const refusal = check(row[field], row);
    if (refusal) return refusal;
  }
  return undefined;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null;
}
