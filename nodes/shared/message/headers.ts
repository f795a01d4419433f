import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import type { Header } from '../../../driver/link/options';
import { render } from './templates';
import { settingText } from './settings';

/** A header as it is set in a dialog. Both parts take `${ENV}`; the value is a Mustache template. */
export interface HeaderSetting {
  readonly name: string;
  readonly value: string;
}

/** The list of a dialog, without rows that were left empty. */
export function headerSettings(RED: NodeAPI, node: Node, rows: unknown): HeaderSetting[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    if (!isRecord(row)) return [];
    const name = settingText(RED, node, row.name);
    const value = settingText(RED, node, row.value);
    return name === '' && value === '' ? [] : [{ name, value }];
  });
}

/** The headers as they are sent for one message. */
export function renderHeaders(
  RED: NodeAPI,
  node: Node,
  headers: readonly HeaderSetting[],
  msg: NodeMessage,
): Promise<Header[]> {
  return Promise.all(
    headers.map(async ({ name, value }) => ({
      name,
      value: await render(RED, node, value, msg, JSON.stringify(name)),
    })),
  );
}

/**
 * `msg.headers`: an object of names and values (a list of values repeats the header), or a list of
 * `{ name, value }`.
 * @throws EspAtError `INVALID_HEADER`
 */
export function messageHeaders(headers: unknown): Header[] {
  if (Array.isArray(headers)) {
    return headers.map((entry: unknown) => {
      if (!isRecord(entry) || typeof entry.name !== 'string') throw notAHeader();
      return { name: entry.name, value: headerValue(entry.name, entry.value) };
    });
  }
  if (!isRecord(headers)) throw notAHeader();
  return Object.entries(headers).flatMap(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => ({ name, value: headerValue(name, one) }));
  });
}

function headerValue(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new EspAtError('INVALID_HEADER', { name, reason: 'VALUE_NOT_TEXT' });
}

/** Does not show what it is instead: there may be a secret in it. */
function notAHeader(): EspAtError {
  return new EspAtError('INVALID_HEADER', { name: 'list', reason: 'NOT_LIST' });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
