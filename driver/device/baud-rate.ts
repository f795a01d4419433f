import type { SequenceAccess } from '../at/command-sequence';
import { parseUart, uartCur, uartQuery } from '../commands/uart';
import { EspAtError } from '../errors';
import type { DeviceOptions } from './options';
import type { SessionPort } from './session-port';

/**
 * Negotiates the baud rate and flow control, which both start with the values in the device's flash.
 * @param warn called with `RATE_NOT_NEGOTIATED` when port, cable or device fail at the rate
 * @throws EspAtError `DEVICE_UNRESPONSIVE` when the device responds at no rate
 */
export async function negotiateRate(
  access: SequenceAccess,
  port: SessionPort,
  options: DeviceOptions,
  warn: (error: EspAtError) => void,
): Promise<void> {
  const before = port.baudRate;
  if (!port.canSetRate || before === undefined) return;
  const flowControl = options.flowControl === true;
  const rate = port.negotiatedRate ?? before;
  if (rate === before) {
    if (flowControl) await switchFlowControlOn(access, before);
    return;
  }
  // First checks that the port supports the rate: otherwise the device would be unreachable.
  const isSupported = await port.trySetRate(rate);
  await port.setRate(before);
  if (isSupported) {
    await access.run(uartCur(rate, flowControl));
    // The device responds at the old rate, then switches.
    await port.setRate(rate);
    if (await answers(access, 'never')) return;
    // The device may receive although the driver does not hear it.
    port.write(Buffer.from(`${uartCur(before, flowControl).line}\r\n`));
    await answers(access, 'never');
  }
  port.giveUpNegotiatedRate();
  warn(new EspAtError('RATE_NOT_NEGOTIATED', { rate, before }));
  await port.setRate(before);
  if (await answers(access, 'never')) return;
  throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
}

/** Whether the device answers. @param pad whether to pad a data prompt first, which may be pending */
export async function answers(access: SequenceAccess, pad: 'never' | 'first'): Promise<boolean> {
  const attempts = pad === 'first' ? 3 : 1;
  const options = { attempts, mayRestart: false, pad, negotiatedRate: false };
  return (await access.resync(options)).kind !== 'noAnswer';
}

async function switchFlowControlOn({ run }: SequenceAccess, rate: number): Promise<void> {
  if (!parseUart(await run(uartQuery())).flowControl) await run(uartCur(rate, true));
}
