import type { AtClient } from '../../../at/at-client';
import type { SequenceAccess } from '../../../at/command-sequence';
import { echoOff, sysStore } from '../../../commands/base';
import { negotiateRate } from '../../baud-rate/negotiate';
import { findDevice, leaveIgnoredRate } from '../../baud-rate/search';
import type { Boot } from './boot';
import { identify, type KnownFirmware } from './capabilities';
import { closeConnections } from '../close-connections';
import type { DeviceEmitter } from '../../events';
import type { CompleteOptions } from '../../options';
import type { SessionPort } from '../session-port';

interface InitializeContext {
  readonly port: SessionPort;
  readonly options: CompleteOptions;
  readonly boot: Pick<Boot, 'search' | 'signal'>;
  /** The firmware of the boot before. */
  readonly firmware: KnownFirmware | undefined;
  readonly emitter: DeviceEmitter;
}

/**
 * Finds the device, switches its echo off, configures it, closes the connections of an earlier device session, which
 * would occupy the links, and identifies its firmware. The device may be booting, at another rate, at a data prompt, or
 * up for days.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `NO_WEBSOCKET`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `PORT_*`
 */
export async function initialize(
  access: SequenceAccess,
  client: Pick<AtClient, 'assume'>,
  context: InitializeContext,
): Promise<KnownFirmware> {
  const { port, options, boot, emitter } = context;
  const { run } = access;
  client.assume({ echoOff: false });
  await findDevice(access, port, boot.search);
  await run(echoOff());
  client.assume({ echoOff: true });
  await leaveIgnoredRate(access, port);
  await run(sysStore(options.store === true));
  await negotiateRate(access, port, options, (error) => emitter.emit('warning', error));
  port.remember();
  await closeConnections(run, options.clock, boot.signal);
  return identify(run, context.firmware);
}
