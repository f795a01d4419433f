import type { SequenceAccess } from '../../at/command-sequence';
import { uartCur, type UartSetting } from '../../commands/uart';
import type { SessionPort } from '../session/session-port';

const CRLF = Buffer.from('\r\n');

/**
 * Sends `AT+UART_CUR`. Returns whether the device has accepted or refused the setting; `unheard`: its response is lost.
 * @param isLineBegun whether a line may have begun in the device, which would corrupt the command
 */
export function changeUart(
  { rate, flowControl }: UartSetting,
  { lendPort }: Pick<SequenceAccess, 'lendPort'>,
  isLineBegun = false,
): Promise<'accepted' | 'refused' | 'unheard'> {
  return lendPort(async (lease) => {
    if (isLineBegun) {
      lease.write(CRLF);
      await lease.next('pause', () => false);
    }
    const command = uartCur(rate, flowControl).line;
    lease.write(Buffer.from(`${command}\r\n`));
    const { line: resultCode } = await lease.next('afterLineEnd', (each) =>
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
  // `rts`, the default of the firmware. Not `both`: once the port is closed, a device that waits for CTS sends nothing. Not
  // `none`: where the device does not drive RTS, CTS of the port does not show the next climb that the wires are there.
  const outcome = await changeUart({ rate: startRate, flowControl: 'rts' }, access);
  if (outcome !== 'accepted') return;
  port.memory.baudRate = startRate;
  await pause(access);
  await port.setRate(startRate);
}

/** Waits while the device changes its rate, which it does once its OK has left. */
export async function pause({ lendPort }: Pick<SequenceAccess, 'lendPort'>): Promise<void> {
  await lendPort((lease) => lease.next('pause', () => false));
}
