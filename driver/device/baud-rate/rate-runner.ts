import type { SequenceAccess } from '../../at/command-sequence';
import { uartCur } from '../../commands/uart';
import type { SessionPort } from '../session/session-port';
import { passesData, type KnownResponse } from './line-test';
import {
  actionOf,
  step,
  type RateAction,
  type RateEvent,
  type RateState,
  type Trial,
  type UartSetting,
} from './rate-state';

const CRLF = Buffer.from('\r\n');

/**
 * Carries out a search or a climb to its end.
 * @throws EspAtError `PORT_CLOSED`, and whatever the client was reset or closed with meanwhile
 */
export async function runRateState(
  access: SequenceAccess,
  port: SessionPort,
  begin: RateState,
): Promise<RateState> {
  const known: KnownResponse = {};
  let state = begin;
  for (let action = actionOf(state); action; action = actionOf(state)) {
    // The wires work: the port uses them too, from the next step on.
    if ('climb' in state && state.climb.wires === 'proven') await port.setFlowControl(true);
    state = step(state, await perform(action, access, port, known));
  }
  return state;
}

async function perform(
  action: RateAction,
  access: SequenceAccess,
  port: SessionPort,
  known: KnownResponse,
): Promise<RateEvent> {
  switch (action.kind) {
    case 'seek':
      return seek(action.trial, access, port);
    case 'readCts':
      return (await port.readCts()) ? 'active' : 'inactive';
    case 'change':
      if (action.checked && !(await supports(port, action.to.rate))) return 'unsupported';
      await port.setRate(action.at.rate);
      // An unchecked change reverts one: bytes at the failed rate may have begun a line in the device.
      return changeUart(action.to, access, !action.checked);
    case 'probe':
      await port.setRate(action.at.rate);
      return probe(access);
    case 'test':
      return access.lendPort(async (lease) =>
        (await passesData(lease, known)) ? 'passed' : 'corrupt',
      );
  }
}

/**
 * Resyncs without an await before it where the rate stays: the rest of the chunk that held `ready` may hold responses to
 * earlier commands, which the resync has to take.
 */
async function seek(
  { rate, pad, pace }: Trial,
  { resync }: SequenceAccess,
  port: SessionPort,
): Promise<RateEvent> {
  if (rate !== port.baudRate && !(await port.trySetRate(rate))) return 'unsupported';
  const attempts = pad === 'first' || pace === 'search' ? 3 : 1;
  const { kind } = await resync({ attempts, mayRestart: false, pad, pace });
  return kind === 'noAnswer' ? 'silent' : 'answered';
}

/** Whether the port takes a rate. If not, a device at that rate would be unreachable. */
async function supports(port: SessionPort, rate: number): Promise<boolean> {
  const before = port.baudRate;
  if (rate === before) return true;
  const isSupported = await port.trySetRate(rate);
  await port.setRate(before);
  return isSupported;
}

/**
 * Sends `AT+UART_CUR`.
 * @param isLineBegun whether a line may have begun in the device, which would corrupt the command
 */
export function changeUart(
  { rate, flowControl }: UartSetting,
  { lendPort }: Pick<SequenceAccess, 'lendPort'>,
  isLineBegun = false,
): Promise<RateEvent> {
  return lendPort<RateEvent>(async (lease) => {
    if (isLineBegun) {
      lease.write(CRLF);
      await lease.next('pause', () => false);
    }
    const command = uartCur(rate, flowControl).line;
    lease.write(Buffer.from(`${command}\r\n`));
    const { line: resultCode } = await lease.next('lineEnd', (each) =>
      each === command ? 'consumed' : each === 'OK' || each === 'ERROR',
    );
    if (resultCode === undefined) return 'unheard';
    return resultCode === 'OK' ? 'accepted' : 'refused';
  });
}

/** Returns the device to its start rate, at which the next session searches first. */
export async function returnToStartRate(access: SequenceAccess, port: SessionPort): Promise<void> {
  const { startRate } = port;
  if (startRate === undefined) return;
  // The default of the firmware, not the options': once the port is closed, a device that waits for CTS sends nothing.
  // Without RTS, CTS of the port would not show that the wires are there.
  const outcome = await changeUart({ rate: startRate, flowControl: 'rts' }, access);
  if (outcome !== 'accepted') return;
  port.remember(startRate);
  await pause(access);
  await port.setRate(startRate);
}

/** Waits while the device changes its rate, which it does once its OK has left. */
export async function pause({ lendPort }: Pick<SequenceAccess, 'lendPort'>): Promise<void> {
  await lendPort((lease) => lease.next('pause', () => false));
}

async function probe(access: SequenceAccess): Promise<RateEvent> {
  await pause(access);
  const options = { attempts: 3, mayRestart: false, pad: 'never', pace: 'search' } as const;
  return (await access.resync(options)).kind === 'noAnswer' ? 'silent' : 'answered';
}
