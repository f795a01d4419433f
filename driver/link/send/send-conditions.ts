import type { EspAtError } from '../../errors';
import type { AtClient } from '../../at/at-client';
import { DEFAULT_BUFFER_BYTES } from '../../commands/websocket';
import type { Capabilities } from '../../device/options';
import type { DeviceWatch } from '../device-watch';
import type { LinkMachine } from '../state/link-machine';
import { isWanted } from '../state/link-state';

/** The link, as its send queue sees it. */
export interface SendConditions {
  /** The device while it is ready. */
  readonly device:
    { readonly client: Pick<AtClient, 'wake'>; readonly capabilities: Capabilities } | undefined;
  readonly isOpen: boolean;
  /** Why the link is not open, where the user has disconnected the device. */
  readonly disconnected: EspAtError | undefined;
  /** Whether the link is to be open, though it may not be now. */
  readonly isWanted: boolean;
  /** The link's buffer, in bytes. */
  readonly bufferSize: number;
}

export function sendConditions(
  machine: Pick<LinkMachine, 'state'>,
  device: Pick<DeviceWatch, 'current' | 'disconnected'>,
): SendConditions {
  return {
    get device() {
      return device.current;
    },
    get isOpen() {
      return machine.state.kind === 'open';
    },
    get isWanted() {
      return isWanted(machine.state);
    },
    get disconnected() {
      return device.disconnected;
    },
    get bufferSize() {
      return machine.state.goal?.options.config?.bufferBytes ?? DEFAULT_BUFFER_BYTES;
    },
  };
}
