import type { LinkId } from '../at/types';
import type { Run } from '../at/command';
import {
  placeAuthorization,
  wscfg,
  wsclose,
  wsdatafmt,
  wsopen,
  type OpenLink,
} from '../commands/websocket';
import type { Reason } from '../error-reasons';
import { asEspAtError, EspAtError, isRefusal } from '../errors';
import type { DeviceWatch } from './device-watch';
import { queryLinks } from './query-links';
import { setHeaders } from './headers';
import type { ReadyDevice } from './link-host';
import type { LinkMachine } from './state/link-machine';
import { numberOf, type Claim, type LinkUrc, type Opening } from './state/link-state';
import { OPEN_TIMEOUT_MS } from './state/transitions';
import { checkOpen, verifiesServer, type OpenOptions } from './options';

// From the outside in: runOpen waits for the device, openOnDevice for its clock and the command queue; openSequence
// prepares and opens the link, runWsopen sends `AT+WSOPEN`, a second time where the first outcome proves nothing.

/**
 * Runs an open: waits for the device, and for it again where it is lost before the open sequence. The link machine
 * takes each stage.
 * @param expectData called before each `AT+WSOPEN`: data of the link belongs to the new connection from then on
 */
export async function runOpen(
  link: LinkId,
  { operation, cause, goal }: Opening,
  machine: LinkMachine,
  watch: DeviceWatch,
  expectData: () => void,
): Promise<void> {
  const { signal } = operation;
  const mayWait = () => {
    const { state } = machine;
    return state.kind === 'opening' && state.operation === operation && state.stage === 'device';
  };
  try {
    const deadline = watch.deadlineIn(goal.options.timeoutMs ?? OPEN_TIMEOUT_MS);
    let device = cause === 'user' ? await watch.whenReady(deadline, signal) : watch.required;
    let isOpen = false;
    while (!isOpen) {
      // The promise may settle one turn late: the device may be lost again before this code continues.
      while (device !== watch.current) device = await watch.whenReady(deadline, signal);
      try {
        await openOnDevice(device, watch, link, { goal, operation }, machine, expectData);
        isOpen = true;
      } catch (error) {
        // Repeats only where the device was lost before a command of this open went out.
        const isDeviceLost = device !== watch.current;
        if (!isDeviceLost || !mayWait()) throw error;
      }
    }
    machine.take({ kind: 'opened', operation });
  } catch (reason) {
    const deviceReady = watch.current !== undefined;
    machine.take({ kind: 'openFailed', operation, error: asEspAtError(reason), deviceReady });
  }
}

/** Waits for the device's clock where it verifies the server, and for its turn; then runs the open sequence. */
async function openOnDevice(
  device: ReadyDevice,
  watch: DeviceWatch,
  link: LinkId,
  { goal, operation }: Claim,
  machine: LinkMachine,
  expectData: () => void,
): Promise<void> {
  const { signal, seen } = operation;
  const { client, capabilities } = device;
  const enterStage = (stage: Opening['stage']) => machine.take({ kind: 'stage', operation, stage });
  // The options were checked without these where the device was not known yet, or is another one now.
  checkOpen(link, goal.options, capabilities);
  if (verifiesServer(goal.options)) {
    enterStage('clock');
    await device.clockSet();
  }
  const proceed = () => {
    signal.throwIfAborted();
    watch.throwIfLost(device);
  };
  proceed();
  enterStage('queued');
  proceed();
  // A later open() of the same URI may have joined this operation: its options count.
  const { options } = machine.state.goal ?? goal;
  const placed = placeAuthorization(options, capabilities.headers);
  await client.sequence(async (access) => {
    // After an abort, or to a device that is being left, no command goes out any more.
    const run: Run = (command) => {
      proceed();
      return access.run(command);
    };
    if (numberOf(machine.state) !== 0) await run(wsclose(link));
    proceed();
    enterStage('sequence');
    await openSequence(run, placed, { link, device, seen, expectData });
  });
}

export interface OpenContext {
  readonly link: LinkId;
  readonly device: ReadyDevice;
  /** URCs of the link, as they come. */
  readonly seen: Set<LinkUrc>;
  /** `AT+WSOPEN` goes out next: data of the link is the new connection's from here on. */
  readonly expectData: () => void;
}

/**
 * Opens one link: headers, `AT+WSCFG`, `AT+WSDATAFMT`, `AT+WSOPEN`, as one sequence that no other link's
 * commands may enter: headers are global to the device, and a WSCFG is used up by the next `AT+WSOPEN`.
 * @throws EspAtError `OPEN_FAILED`, `OPEN_TIMEOUT`, `OPEN_CLOSED`, `CERTIFICATE_MISSING` …; the link is closed then
 */
export async function openSequence(
  run: Run,
  options: OpenOptions,
  context: OpenContext,
): Promise<void> {
  const { link, seen } = context;
  seen.clear();
  await prepare(run, options, context);
  try {
    await runWsopen(run, options, context);
  } catch (error) {
    if (await isOpenAfterAll(run, error, options, context)) return;
    throw failure(error, options, context);
  }
  // The server may have closed at once; then that OK does not mean open.
  if (connectionEnded(seen)) {
    await run(wsclose(link));
    throw new EspAtError('OPEN_CLOSED', { link });
  }
}

/**
 * Sends `AT+WSOPEN`, twice where the first outcome proves nothing. A refusal that no URC explains may have been meant for
 * noise in front of the line. An OK may have opened another link or URI: a flipped bit turns one into another.
 * The attempt may also have failed, with a corrupt URC, and used up what was prepared: without preparing again
 * the link would open with the defaults, which verify no server.
 */
async function runWsopen(run: Run, options: OpenOptions, context: OpenContext): Promise<void> {
  const { link, seen, expectData } = context;
  expectData();
  try {
    await run(wsopen(link, options));
    if (await isOpenAsMeant(run, options, context)) return;
  } catch (error) {
    if (seen.size > 0 || !isRefusal(error) || (await queryLink(run, link))) throw error;
  }
  await prepare(run, options, context);
  expectData();
  await run(wsopen(link, options));
  if (!(await isOpenAsMeant(run, options, context)))
    throw new EspAtError('OUT_OF_SYNC', { command: `AT+WSOPEN=${link}` });
}

/**
 * Whether this link is open to this URI, or was until the connection ended. Only the device can tell; a
 * connection to anywhere else is closed.
 */
async function isOpenAsMeant(
  run: Run,
  options: OpenOptions,
  { link, seen }: OpenContext,
): Promise<boolean> {
  if (connectionEnded(seen)) return true;
  const found = await queryLink(run, link);
  if (found?.uri === options.uri || connectionEnded(seen)) return true;
  if (found) await run(wsclose(link));
  seen.delete('connected');
  return false;
}

function connectionEnded(seen: ReadonlySet<LinkUrc>): boolean {
  return seen.has('closed') || seen.has('disconnected');
}

async function queryLink(run: Run, link: LinkId): Promise<OpenLink | undefined> {
  return (await queryLinks(run)).find((entry) => entry.link === link);
}

async function prepare(run: Run, options: OpenOptions, context: OpenContext): Promise<void> {
  const { link, device } = context;
  const { client, capabilities, headers } = device;
  if (capabilities.headers) await setHeaders(run, options.headers ?? [], headers);
  await configure(run, options, context);
  if (capabilities.fragments) {
    await run(wsdatafmt(link));
    client.setDataFormat(link, 'long');
  }
}

/**
 * The setting cannot be read back. A flipped bit would send it to another link, and this one would verify no
 * server: where it has to, the command goes out twice.
 */
async function configure(
  run: Run,
  options: OpenOptions,
  { link, device }: OpenContext,
): Promise<void> {
  const command = wscfg(link, options.config ?? {}, device.capabilities);
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
    return new EspAtError('CERTIFICATE_MISSING', { material: 'clientCertificate', index });
  }
  if (reason.includes('NO PRVT_KEY FOUND')) {
    return new EspAtError('CERTIFICATE_MISSING', { material: 'privateKey', index });
  }
  if (reason.includes('NO CA FOUND')) {
    return new EspAtError('CERTIFICATE_MISSING', {
      material: 'caCertificate',
      index: options.config?.ca ?? 0,
    });
  }
  return undefined;
}

/** Asks the device where the response proves nothing; closes the link unless it is open to the URI. */
async function isOpenAfterAll(
  run: Run,
  error: unknown,
  options: OpenOptions,
  { link, seen }: OpenContext,
): Promise<boolean> {
  const lost = error instanceof EspAtError && error.code === 'OUT_OF_SYNC';
  const refused = isRefusal(error);
  if (!lost && !refused) return false;
  // The usual failure: the attempt was made, and the device has given the link up.
  if (refused && (seen.has('disconnected') || seen.has('connected'))) return false;
  const found = await queryLink(run, link);
  if (!found) return false;
  if (lost && found.state === 2 && found.uri === options.uri && !seen.has('closed')) {
    // An earlier loss is over: it is open now.
    seen.delete('disconnected');
    return true;
  }
  await run(wsclose(link));
  return false;
}

function failure(error: unknown, options: OpenOptions, { link, seen }: OpenContext): unknown {
  if (!(error instanceof EspAtError)) return error;
  if (error.code !== 'COMMAND_FAILED' && error.code !== 'OUT_OF_SYNC') return error;
  if (seen.has('connected') && !connectionEnded(seen)) {
    return new EspAtError(
      'OPEN_TIMEOUT',
      { link, timeout: options.timeoutMs ?? OPEN_TIMEOUT_MS },
      { cause: error },
    );
  }
  if (seen.has('closed')) return new EspAtError('OPEN_CLOSED', { link }, { cause: error });
  return new EspAtError('OPEN_FAILED', { link, reason: guess(options) }, { cause: error });
}

/** The device never gives the reason: one sentence for all of them. */
function guess(options: OpenOptions): Reason {
  return verifiesServer(options) ? 'UNREACHABLE_OR_UNTRUSTED' : 'UNREACHABLE';
}
