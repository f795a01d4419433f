import type { LinkId } from '../at/types';
import type { Run } from '../at/command';
import { outOfSyncError } from '../at/outcome';
import { wscfg } from '../commands/wscfg';
import {
  MAX_OPEN_TIMEOUT_MS,
  placeAuthorization,
  wsclose,
  wsopen,
  wsopenQuery,
  type ListedLink,
} from '../commands/wsopen';
import { wsdatafmt } from '../commands/wssend';
import { runQuery } from '../commands/run-query';
import { asEspAtError, EspAtError } from '../errors';
import type { DeviceWatch } from './device-watch';
import { setHeaders } from './headers';
import type { ReadyDevice } from './link-host';
import type { LinkMachine } from './state/link-machine';
import { numberOf, type Claim, type Opening } from './state/link-state';
import { enterStage, opened, openFailed } from './state/link-step';
import { DEFAULT_OPEN_TIMEOUT_MS } from '../values/wsopen-parameters';
import { checkOpen, verifiesServer, type OpenOptions } from './options';
import type { LinkUrc } from '../at/urc';

// From the outside in: runOpen waits for the device; openOnDevice waits for the device's clock and the command queue;
// openSequence prepares and opens the link.

/** What an open reports beside its stages. */
export interface OpenListener {
  /** The open sequence, which waits in the command queue, will send these options. */
  chosen(options: OpenOptions): void;
  /** `AT+WSOPEN` goes out next, with these options: from then on, data of the link belongs to the new connection. */
  opening(options: OpenOptions): void;
}

/**
 * Runs an open: waits for the device, and waits again if the device is lost before the open sequence. Reports each stage
 * to the link machine.
 */
export async function runOpen(
  link: LinkId,
  opening: Opening,
  machine: LinkMachine,
  watch: DeviceWatch,
  listener: OpenListener,
): Promise<void> {
  const { operation, cause, goal } = opening;
  const { signal } = operation;
  const beganAt = watch.now;
  const current = () => {
    const { state } = machine;
    return state.kind === 'opening' && state.operation === operation ? state : undefined;
  };
  const mayWait = () => current()?.stage === 'device';
  const whenReady = () => watch.whenReady(deadlineOf(current() ?? opening, beganAt), signal);
  try {
    let device = cause === 'user' ? await whenReady() : watch.current;
    let isOpen = false;
    while (!isOpen) {
      // The device may be lost again before this code continues.
      while (!device || device !== watch.current) device = await whenReady();
      try {
        await openOnDevice(device, watch, link, { goal, operation }, machine, listener);
        isOpen = true;
      } catch (error) {
        // Waits again only if the device was lost before the open sequence began.
        const isDeviceLost = device !== watch.current;
        if (!isDeviceLost || !mayWait()) throw error;
      }
    }
    machine.take((state) => opened(state, operation));
  } catch (reason) {
    const deviceReady = watch.current !== undefined;
    machine.take((state) => openFailed(state, operation, asEspAtError(reason), deviceReady));
  }
}

/** The newest call says how long all wait for the device; at most {@link MAX_OPEN_TIMEOUT_MS} from the oldest one. */
function deadlineOf({ goal, calledAt = Infinity, joinedAt }: Opening, beganAt: number): number {
  const timeoutMs = goal.options.timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS;
  return Math.min((joinedAt ?? beganAt) + timeoutMs, calledAt + MAX_OPEN_TIMEOUT_MS);
}

/** Waits for the device's clock if the device verifies the server, and in the command queue; then runs the open sequence. */
async function openOnDevice(
  device: ReadyDevice,
  watch: DeviceWatch,
  link: LinkId,
  { goal, operation }: Claim,
  machine: LinkMachine,
  listener: OpenListener,
): Promise<void> {
  const { signal, seen } = operation;
  const { client, capabilities } = device;
  const enter = (stage: Opening['stage']) =>
    machine.take((state) => enterStage(state, operation, stage));
  // Of the newest goal: an open() may have joined in the queue before the device was lost. In the stage `device`, a further
  // open() begins a new operation; from `queued` on, it joins this one, and its options do not count.
  const { options } = machine.state.goal ?? goal;
  // open() has checked the options without a device, or for another one.
  checkOpen(link, options, capabilities);
  if (verifiesServer(options)) await device.clockSet();
  const proceed = () => {
    signal.throwIfAborted();
    watch.throwIfLost(device);
  };
  proceed();
  listener.chosen(options);
  enter('queued');
  proceed();
  const placed = placeAuthorization(options, capabilities.headers);
  await client.sequence(async (access) => {
    // No command goes out after an abort, or once the device is lost.
    const run: Run = (command) => {
      proceed();
      return access.run(command);
    };
    if (numberOf(machine.state) !== 0) {
      enter('closing');
      await run(wsclose(link));
    }
    proceed();
    enter('sequence');
    await openSequence(run, placed, {
      link,
      device,
      seen,
      beginOpen: () => listener.opening(options),
    });
  });
}

interface OpenContext {
  readonly link: LinkId;
  readonly device: ReadyDevice;
  /** URCs of the link since the sequence began. */
  readonly seen: Set<LinkUrc>;
  /** See {@link OpenListener.opening}. */
  readonly beginOpen: () => void;
}

/**
 * Opens one link: headers, `AT+WSCFG`, `AT+WSDATAFMT`, `AT+WSOPEN`. No command of another link may come in between:
 * headers are global to the device, and the next `AT+WSOPEN` uses the settings of `AT+WSCFG` up.
 *
 * Opens it twice where the first outcome proves nothing. A refusal that no URC explains may be the answer to noise in front
 * of the line, or an old connection has the link. An OK may have opened another link or URI: a flipped bit turns one into
 * another. The connection may also be lost since the OK, without a URC.
 * Sends headers and `AT+WSCFG` again before the second `AT+WSOPEN`: the first may have used them up, and its URC may have
 * been corrupt. The link would then open with the defaults, which verify no server.
 * @throws EspAtError `OPEN_FAILED`, `OPEN_TIMEOUT`, `OPEN_CLOSED`, `CERTIFICATE_MISSING` …; the link is closed then,
 * unless the close after the failure is lost too: the check of the links after the resync finds what is left
 */
async function openSequence(run: Run, options: OpenOptions, context: OpenContext): Promise<void> {
  const { link, seen, beginOpen } = context;
  seen.clear();
  for (const isLast of [false, true]) {
    await prepare(run, options, context);
    beginOpen();
    const error = await run(wsopen(link, options)).then(() => undefined, asEspAtError);
    const isLost = error?.code === 'OUT_OF_SYNC';
    const isRefused = error?.code === 'COMMAND_FAILED';
    if (error && !isLost && !isRefused) throw error;
    // The usual failure: a URC shows that the device has tried, and has closed the link.
    if (isRefused && (seen.has('disconnected') || seen.has('connected')))
      throw failure(error, options, context);
    const found = error || !connectionEnded(seen) ? await queryLink(run, link) : undefined;
    // The server may have closed the connection at once: then OK does not mean open.
    if (!error && connectionEnded(seen)) {
      await run(wsclose(link));
      throw new EspAtError('OPEN_CLOSED', { link });
    }
    const isOpen = found?.state === 2 && found.uri === options.uri && !seen.has('closed');
    if (isOpen && !isRefused) {
      // It may have reconnected since a loss.
      seen.delete('disconnected');
      return;
    }
    if (found) await run(wsclose(link));
    // After an OK, that URC was of the connection just closed.
    if (!error) seen.delete('connected');
    // A URC proves that the device has tried: no second attempt.
    if (isLast || isLost || seen.size > 0)
      throw failure(error ?? outOfSyncError({ name: `AT+WSOPEN=${link}` }), options, context);
  }
}

function connectionEnded(seen: ReadonlySet<LinkUrc>): boolean {
  return seen.has('closed') || seen.has('disconnected');
}

/** Queries the link. Closes it where the device does not say whether it is open. */
async function queryLink(run: Run, link: LinkId): Promise<ListedLink | undefined> {
  try {
    return (await runQuery(run, wsopenQuery)).find((entry) => entry.link === link);
  } catch (error) {
    await run(wsclose(link));
    throw error;
  }
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
 * Sends `AT+WSCFG`, twice if the link has to verify its server: a flipped bit may set another link, this one would then
 * verify no server, and the device cannot show the settings.
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

/** What the device says, the missing material, and the setting with its slot. */
const MISSING_MATERIALS = [
  ['NO CERT FOUND', 'clientCertificate', 'pki'],
  ['NO PRVT_KEY FOUND', 'privateKey', 'pki'],
  ['NO CA FOUND', 'caCertificate', 'ca'],
] as const;

function missingMaterial(error: unknown, { config }: OpenOptions): EspAtError | undefined {
  const reason = error instanceof EspAtError ? String(error.details.reason ?? '') : '';
  const missing = MISSING_MATERIALS.find(([text]) => reason.includes(text));
  if (!missing) return undefined;
  const [, material, slot] = missing;
  return new EspAtError('CERTIFICATE_MISSING', { material, index: config?.[slot] ?? 0 });
}

function failure(cause: EspAtError, options: OpenOptions, { link, seen }: OpenContext): EspAtError {
  if (seen.has('connected') && !connectionEnded(seen)) {
    return new EspAtError(
      'OPEN_TIMEOUT',
      { link, timeout: options.timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS },
      { cause },
    );
  }
  if (seen.has('closed')) return new EspAtError('OPEN_CLOSED', { link }, { cause });
  // The device never gives the reason: one sentence covers all of them.
  const reason = verifiesServer(options) ? 'UNREACHABLE_OR_UNTRUSTED' : 'UNREACHABLE';
  return new EspAtError('OPEN_FAILED', { link, reason }, { cause });
}
