import type { LinkId } from '../at/types';
import type { Run } from '../at/command';
import {
  parseWsopen,
  wscfg,
  wsclose,
  wsdatafmt,
  wshead,
  wsopen,
  wsopenQuery,
  type OpenLink,
} from '../commands/websocket';
import type { Capabilities } from '../device/options';
import { EspAtError, isRefusal } from '../errors';
import { setHeaders, type HeaderMemory } from './headers';
import type { OpenOptions } from './options';
import { checkReceiving } from './receive/receiver';

/** What the reports said while the opening was under way. */
export interface SeenUrcs {
  connected: boolean;
  disconnected: boolean;
  closed: boolean;
}

/** What an opening needs to know. */
export interface OpenContext {
  readonly link: LinkId;
  readonly capabilities: Capabilities;
  readonly headers: HeaderMemory;
  readonly seen: SeenUrcs;
  /** Data of the link comes in the long format from here on. */
  readonly longFormat: () => void;
  /** `AT+WSOPEN` is said next: data of the link is the new connection's from here on. */
  readonly saying: () => void;
}

/** Whether the device checks the server's certificate; it has to know the time for that. */
export function verifiesServer({ uri, config }: OpenOptions): boolean {
  return isEncrypted(uri) && (config?.auth === 2 || config?.auth === 3);
}

/** Whether a URI is `wss://`. */
export function isEncrypted(uri: string): boolean {
  return /^wss:/i.test(uri);
}

/**
 * Checks all of an opening before anything is written.
 * @throws EspAtError `INVALID_*`, `HEADERS_NOT_SUPPORTED`, `AUTH_NOT_SUPPORTED`
 */
export function checkOpen(link: LinkId, options: OpenOptions, capabilities?: Capabilities): void {
  wsopen(link, options);
  checkReceiving(options);
  options.headers?.forEach((header) => wshead(header));
  if (capabilities) {
    wscfg(link, options.config ?? {}, capabilities);
    if (options.headers?.length && !capabilities.headers)
      throw new EspAtError('HEADERS_NOT_SUPPORTED');
  }
}

/**
 * Opens one link: headers, `AT+WSCFG`, `AT+WSDATAFMT`, `AT+WSOPEN`, as one sequence that no other link's
 * commands may enter: headers are global to the device, and a WSCFG is used up by the next opening.
 * @throws EspAtError `OPEN_FAILED`, `OPEN_TIMEOUT`, `OPEN_CLOSED`, `CERTIFICATE_MISSING` …; the link is closed then
 */
export async function openSequence(
  run: Run,
  options: OpenOptions,
  context: OpenContext,
): Promise<void> {
  const { link, seen } = context;
  await setUp(run, options, context);
  try {
    await sayOpen(run, options, context);
  } catch (error) {
    if (await isOpenAfterAll(run, error, options, context)) return;
    throw failure(error, options, context);
  }
  // The server may have closed at once; then that OK does not mean open.
  if (hasEnded(seen)) {
    await run(wsclose(link));
    throw new EspAtError('OPEN_CLOSED', { link });
  }
}

/**
 * A refusal that no report explains may have been meant for noise in front of the line, and an OK may be that
 * of another link, or of another URI, which the line made of this one's: then once more. It may have been a
 * failed attempt as well, whose report was damaged, and that used the set-up up: without another one the link
 * would open with the defaults, which verify no server.
 */
async function sayOpen(run: Run, options: OpenOptions, context: OpenContext): Promise<void> {
  const { link, seen, saying } = context;
  saying();
  try {
    await run(wsopen(link, options));
    if (await isOpenAsMeant(run, options, context)) return;
  } catch (error) {
    const explained = seen.connected || seen.disconnected || seen.closed;
    if (explained || !isRefusal(error) || (await find(run, link))) throw error;
  }
  await setUp(run, options, context);
  saying();
  await run(wsopen(link, options));
  if (!(await isOpenAsMeant(run, options, context)))
    throw new EspAtError('OUT_OF_STEP', { command: `AT+WSOPEN=${link}` });
}

/**
 * Whether the link whose OK came is the one meant, to the URI meant, or was until it ended. Only the answer to
 * a question tells; a link to anywhere else is closed.
 */
async function isOpenAsMeant(
  run: Run,
  options: OpenOptions,
  { link, seen }: OpenContext,
): Promise<boolean> {
  if (hasEnded(seen)) return true;
  const found = await find(run, link);
  if (found?.uri === options.uri || hasEnded(seen)) return true;
  if (found) await run(wsclose(link));
  seen.connected = false;
  return false;
}

function hasEnded({ closed, disconnected }: SeenUrcs): boolean {
  return closed || disconnected;
}

async function find(run: Run, link: LinkId): Promise<OpenLink | undefined> {
  return parseWsopen(await run(wsopenQuery())).find((entry) => entry.link === link);
}

async function setUp(run: Run, options: OpenOptions, context: OpenContext): Promise<void> {
  const { link, capabilities, headers } = context;
  if (capabilities.headers) await setHeaders(run, options.headers ?? [], headers);
  await configure(run, options, context);
  if (capabilities.fragments) {
    await run(wsdatafmt(link));
    context.longFormat();
  }
}

/**
 * What was set cannot be read back. One flipped bit makes another link's number of this one's, and this
 * link would verify no server: where it has to, the command is said twice.
 */
async function configure(
  run: Run,
  options: OpenOptions,
  { link, capabilities }: OpenContext,
): Promise<void> {
  const command = wscfg(link, options.config ?? {}, capabilities);
  try {
    await run(command);
    if (verifiesServer(options)) await run(command);
  } catch (error) {
    throw missingMaterial(error, options) ?? error;
  }
}

function missingMaterial(error: unknown, options: OpenOptions): EspAtError | undefined {
  const reason = error instanceof EspAtError ? String(error.details.reason ?? '') : '';
  const index = options.config?.pki ?? 0;
  if (reason.includes('NO CERT FOUND')) {
    return new EspAtError('CERTIFICATE_MISSING', { material: 'client certificate', index });
  }
  if (reason.includes('NO PRVT_KEY FOUND')) {
    return new EspAtError('CERTIFICATE_MISSING', { material: 'private key', index });
  }
  if (reason.includes('NO CA FOUND')) {
    return new EspAtError('CERTIFICATE_MISSING', {
      material: 'CA',
      index: options.config?.ca ?? 0,
    });
  }
  return undefined;
}

/** After an answer that proves nothing the device is asked; whatever is not open as wanted is closed. */
async function isOpenAfterAll(
  run: Run,
  error: unknown,
  options: OpenOptions,
  { link, seen }: OpenContext,
): Promise<boolean> {
  const lost = error instanceof EspAtError && error.code === 'OUT_OF_STEP';
  const refused = isRefusal(error);
  if (!lost && !refused) return false;
  // The usual failure: the attempt was made, and the device has given the link up.
  if (refused && (seen.disconnected || seen.connected)) return false;
  const found = await find(run, link);
  if (!found) return false;
  if (lost && found.state === 2 && found.uri === options.uri && !seen.closed) {
    // What was reported before is over: it is open now.
    seen.disconnected = false;
    return true;
  }
  await run(wsclose(link));
  return false;
}

function failure(error: unknown, options: OpenOptions, { link, seen }: OpenContext): unknown {
  if (!(error instanceof EspAtError)) return error;
  if (error.code !== 'COMMAND_FAILED' && error.code !== 'OUT_OF_STEP') return error;
  if (seen.connected && !seen.disconnected && !seen.closed) {
    return new EspAtError(
      'OPEN_TIMEOUT',
      { link, timeout: options.timeout ?? 15_000 },
      { cause: error },
    );
  }
  if (seen.closed) return new EspAtError('OPEN_CLOSED', { link }, { cause: error });
  return new EspAtError('OPEN_FAILED', { link, reason: guess(options) }, { cause: error });
}

/** The device never says why; this is all that it can be. */
function guess(options: OpenOptions): string {
  return verifiesServer(options)
    ? 'the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link'
    : 'the server refused, cannot be reached, or is no WebSocket server';
}
