import type { Refusal } from '../errors/node-error';
import { asText, wholeSetting, type Check, type Settings } from './refusal';

/**
 * The fields of a link's row, which hold seconds and become `AT+WSCFG`. The pong timeout may be below the ping interval: it
 * counts from the ping.
 */
export const linkChecks: Readonly<Record<string, Check>> = {
  pingInterval: wholeSetting('INVALID_CONFIG', 'pingIntervalMs', 1, 7200),
  pongTimeout: wholeSetting('INVALID_CONFIG', 'pongTimeoutMs', 1, 7200),
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
