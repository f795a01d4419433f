import assert from 'node:assert/strict';
import { type WrittenCommand } from '../harness/port/host-stream';

/** The ping behind each open. */
export const isFirstPing = ({ name, values }: WrittenCommand) =>
  name === '+WSSEND' && values[1] === 0 && values[2] === 9;

/** The values of `AT+WSOPEN` for a message, by the documentation of ws-open. */
export function openValues(msg: {
  linkId: unknown;
  uri: unknown;
  subprotocol?: unknown;
  timeout?: unknown;
  auth?: unknown;
}): unknown[] {
  const given = (value: unknown) =>
    value === undefined || value === null || value === '' ? undefined : value;
  const subprotocol = given(msg.subprotocol);
  const timeout = given(msg.timeout);
  const auth = given(msg.auth);
  const values: unknown[] = [Number(msg.linkId), msg.uri];
  if (subprotocol ?? timeout ?? auth) values.push(subprotocol);
  if (timeout ?? auth) values.push(Number(timeout ?? 15_000));
  if (auth) values.push(Buffer.from(asText(auth)).toString('latin1'));
  return values;
}

/** The headers as they were said; the newest stands first on the wire. */
export function headerPayloads(said: readonly WrittenCommand[]): string[] {
  return said.flatMap(({ name, payload }) =>
    name === '+WSHEAD' && payload ? [payload.toString()] : [],
  );
}

export function expectedHeaders(headers: unknown): string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  return Object.entries(headers)
    .flatMap(([name, value]: [string, unknown]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${String(one)}`),
    )
    .reverse();
}

export function bytesOf(payload: unknown): Buffer {
  if (payload instanceof Uint8Array) return Buffer.from(payload);
  return Buffer.from(typeof payload === 'object' ? JSON.stringify(payload) : asText(payload));
}

/** No object reaches the port. */
export function asText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return assert.fail(`a ${typeof value} reached the port`);
  }
}

export function closeFrame(code: unknown, reason: unknown): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(Number(code ?? '') || 1000);
  return Buffer.concat([head, Buffer.from(String(reason))]);
}
