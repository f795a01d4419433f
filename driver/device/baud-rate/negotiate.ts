import type { SequenceAccess } from '../../at/command-sequence';
import { runOptionalQuery } from '../../commands/run-query';
import { uartCur, uartQuery } from '../../commands/uart';
import { EspAtError } from '../../errors';
import type { DeviceOptions } from '../options';
import type { SessionPort } from '../session/session-port';
import { Climb } from './climb';

/**
 * Changes the baud rate to that of the options, with their flow control, until the device restarts. Where the rate stays,
 * it only switches flow control on. Warns of a rate at which port,
 * cable or device fail (`RATE_NOT_NEGOTIATED`). @throws EspAtError `DEVICE_UNRESPONSIVE`
 */
export async function negotiateRate(
  access: SequenceAccess,
  port: SessionPort,
  options: DeviceOptions,
  warn: (error: EspAtError) => void,
): Promise<void> {
  const before = port.baudRate;
  if (!port.canSetRate || before === undefined || port.isAutomatic) return;
  const flowControl = options.flowControl === true ? 'both' : 'none';
  const rate = port.negotiatedRate ?? before;
  if (rate !== before) {
    if (flowControl === 'both') port.knowledge.flowControlSet = true;
    // A revert of the rate sets the flow control of the options, too.
    const good = { rate: before, flowControl } as const;
    const climb = new Climb(access, port, good, {
      ladder: [rate],
      ceiling: rate,
      isTested: false,
      unwiredFlowControl: 'none',
      wires: flowControl === 'both' ? 'proven' : 'none',
    });
    const isFound = await climb.run();
    const current = isFound ? climb.good.rate : before;
    if (current !== rate) {
      port.knowledge.negotiatedRateWorks = false;
      warn(new EspAtError('RATE_NOT_NEGOTIATED', { rate, current }));
    }
    if (!isFound) throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
  }
  if (flowControl === 'none') return;
  const uart = await runOptionalQuery(access.run, uartQuery);
  if (uart?.flowControl === 'both') return;
  port.knowledge.flowControlSet = true;
  await access.run(uartCur(port.baudRate ?? before, 'both'));
}
