import type { SequenceAccess } from '../../../at/command-sequence';
import { echoOff, sysStore } from '../../../commands/base';
import { negotiateRate } from '../../baud-rate/negotiate';
import { findDevice, resetIgnoredRate } from '../../baud-rate/search';
import type { Boot } from './boot';
import { identify, type KnownFirmware } from './capabilities';
import { closeConnections } from '../close-connections';
import type { SessionMachine } from '../session-machine';

/**
 * Finds the device, switches its echo off, configures it, closes the connections of an earlier device session, which
 * would occupy the links, and identifies its firmware. The device may be booting, at another rate, at a data prompt, or
 * up for days.
 * @param known the firmware of the boot before
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `NO_WEBSOCKET`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `PORT_*`
 */
export async function initialize(
  access: SequenceAccess,
  { client, port, context }: Pick<SessionMachine, 'client' | 'port' | 'context'>,
  { search, signal }: Boot,
  known: KnownFirmware | undefined,
): Promise<KnownFirmware> {
  const { options, emitter } = context;
  const { run } = access;
  client.assume({ echoOff: false });
  await findDevice(access, port, search);
  await run(echoOff());
  client.assume({ echoOff: true });
  await resetIgnoredRate(access, port);
  await run(sysStore(options.store === true));
  await negotiateRate(access, port, options, (error) => emitter.emit('warning', error));
  port.remember();
  await closeConnections(run, options.clock, signal);
  return identify(run, known);
}
