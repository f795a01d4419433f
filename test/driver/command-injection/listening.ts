import assert from 'node:assert/strict';
import { EspAtError } from '../../../driver/errors';
import { Parameters } from '../../../simulator/at/parameters';
import { Harness } from '../../harness/harness';

export const RUNS = { numRuns: 400, seed: 20261125, includeErrorInReport: true };
export const URI = 'ws://server:80/plain';

/** Without pings of the device's own in between. */
export const QUIET = {
  uri: URI,
  config: { pingIntervalMs: 7_200_000, pongTimeoutMs: 7_200_000 },
} as const;

/** A command as the device read it, and the payload it asked for. */
export interface Heard {
  readonly line: string;
  readonly name: string;
  readonly values: Parameters;
  readonly payload: Buffer | undefined;
}

/** A harness that notes what the device hears. */
export class Listening {
  readonly harness: Harness;
  readonly #lines: string[] = [];

  constructor(options: ConstructorParameters<typeof Harness>[0] = {}) {
    this.harness = new Harness({
      firmware: 'D',
      ...options,
      simulator: { ...options.simulator, hooks: { outcome: (line) => this.#hear(line) } },
    });
  }

  async ready(): Promise<this> {
    await this.harness.ready();
    this.heard();
    return this;
  }

  /**
   * What the device has heard since the last look. Every byte that was written is part of it: nothing but
   * these lines and payloads was said.
   */
  heard(): Heard[] {
    const lines = this.#lines.splice(0);
    const written = Buffer.concat(this.harness.port.written.splice(0));
    let at = 0;
    const heard = lines.map((line): Heard => {
      const start = Buffer.from(`${line}\r\n`, 'latin1');
      assert.deepEqual(written.subarray(at, at + start.length), start);
      at += start.length;
      const equals = line.indexOf('=');
      const name = equals < 0 ? line : line.slice(0, equals);
      const values = new Parameters(equals < 0 ? '' : line.slice(equals + 1));
      const length = this.#announced(name, values);
      const payload = length === 0 ? undefined : written.subarray(at, at + length);
      at += length;
      return { line, name, values, payload };
    });
    assert.equal(at, written.length, 'something else was written');
    return heard;
  }

  /** The error's code, or undefined for success. Anything but an EspAtError fails. */
  async code(promise: Promise<unknown>): Promise<string | undefined> {
    try {
      await this.harness.clock.wait(promise);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof EspAtError, String(error));
      assert.doesNotMatch(error.message, /[\r\n\0]/);
      return error.code;
    }
  }

  #announced(name: string, values: Parameters): number {
    if (name === 'AT+WSHEAD') return values.has(0) ? values.number(0, 0, 1023) : 0;
    return name === 'AT+WSSEND' ? values.number(1, 0, 16_384) : 0;
  }

  #hear(line: string): { readonly kind: 'execute' } {
    this.#lines.push(line);
    return { kind: 'execute' };
  }
}

export const utf8 = (text: unknown): string => Buffer.from(String(text)).toString('latin1');

/** What an open may write, with any outcome, before its ping. */
export const opening = [
  ...['AT+WSHEAD', 'AT+WSHEAD?', 'AT+WSCFG', 'AT+WSDATAFMT', 'AT+WSOPEN', 'AT+WSOPEN?'],
];

export const isHeader = (heard: readonly Heard[], authorization: unknown): boolean =>
  heard.some(({ payload }) => payload?.toString() === `Authorization: ${String(authorization)}`);

export function checkOpening(
  heard: readonly Heard[],
  options: Readonly<Record<string, unknown>>,
): void {
  for (const { name, line } of heard)
    assert.ok([...opening, 'AT+WSCLOSE'].includes(name) || line === 'AT+WSSEND=1,0,9', line);
  for (const { values } of heard.filter(({ name }) => name === 'AT+WSOPEN')) {
    assert.equal(values.number(0, 0, 2), 1);
    assert.equal(values.string(1), options.uri);
    const { subprotocol, timeoutMs, authorization } = options;
    const text = (index: number) => values.optionalString(index);
    assert.equal(text(2), subprotocol === '' ? undefined : subprotocol);
    if (timeoutMs !== undefined) assert.equal(values.number(3, 1, 180_000), timeoutMs);
    const auth = authorization === '' ? undefined : authorization;
    // One without room in the line is a header, and no parameter.
    if (text(4) !== undefined || !isHeader(heard, auth))
      assert.equal(text(4), auth === undefined ? undefined : utf8(auth));
  }
}
