import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import type { FlowReason } from '../errors/node-error';
import { render } from './templates';
import { secretIn, type HeaderSecrets } from './secret-headers';
import { settingText } from '../settings/settings';
import type { Header } from '../../../driver/commands/wshead';

/** A header in the settings. `${ENV}` in name and value is expanded; the value is a Mustache template. */
export interface HeaderSetting {
  readonly name: string;
  /** Undefined where Node-RED has no secret for it: it imports none with a flow, and loses all with its encryption key. */
  readonly value: string | undefined;
}

/** Reads the headers of a dialog. Leaves out empty rows. */
export function headerSettings(
  RED: NodeAPI,
  node: Node<HeaderSecrets>,
  rows: unknown,
): HeaderSetting[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown): HeaderSetting[] => {
    if (!isRecord(row)) return [];
    const name = settingText(RED, node, row.name);
    const stored = row.secret === true ? secretIn(row.slot, node.credentials) : row.value;
    const isLost = row.secret === true && !stored;
    const value = settingText(RED, node, stored);
    if (name === '' && value === '') return [];
    return [{ name, value: isLost ? undefined : value }];
  });
}

/**
 * Renders the values of headers for one message.
 * @throws FlowError `TEMPLATE_FAILED`; `INVALID_HEADER` where a secret is missing
 */
export function renderHeaders(
  RED: NodeAPI,
  node: Node,
  headers: readonly HeaderSetting[],
  msg: NodeMessage,
): Promise<Header[]> {
  return Promise.all(
    headers.map(async ({ name, value }) => {
      if (value === undefined)
        throw new EspAtError('INVALID_HEADER', { name, reason: 'SECRET_MISSING' });
      return { name, value: await render(RED, node, value, msg, JSON.stringify(name)) };
    }),
  );
}

/**
 * Reads `msg.headers`: an object of names and values, where a list of values repeats the header, or a list
 * of `{ name, value }`.
 * @throws EspAtError `INVALID_HEADER`
 */
export function messageHeaders(headers: unknown): Header[] {
  if (Array.isArray(headers)) {
    return headers.map((entry: unknown, index) => {
      if (!isRecord(entry) || typeof entry.name !== 'string')
        throw unusable(`msg.headers[${index}]`, 'NO_NAME');
      return { name: entry.name, value: headerValue(entry.name, entry.value) };
    });
  }
  if (!isRecord(headers)) throw unusable('msg.headers', 'NOT_HEADERS');
  return Object.entries(headers).flatMap(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => ({ name, value: headerValue(name, one) }));
  });
}

function headerValue(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw unusable(name, 'VALUE_NOT_TEXT');
}

/** Does not show the value: it may contain a secret. */
function unusable(name: string, reason: FlowReason): EspAtError {
  return new EspAtError('INVALID_HEADER', { name, reason });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
