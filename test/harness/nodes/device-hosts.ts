import type { PortMemory } from '../../../driver/device/options';
import type { DeviceApi } from '../../../nodes/shared/device/device-api';
import { DeviceHost } from '../../../nodes/shared/device/device-host';
import type { DevicePorts, DeviceUser } from '../../../nodes/shared/device/device-host-options';
import { PortClaims } from '../../../nodes/shared/device/port-claims';
import { RecordingFolder } from '../../../nodes/shared/recording/recording-folder';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

/** Records the devices it is given, with the state of the host at that moment. */
export class RecordingUser implements DeviceUser {
  readonly #host: DeviceHost;
  readonly devices: (DeviceApi | undefined)[] = [];
  readonly states: string[] = [];

  constructor(host: DeviceHost) {
    this.#host = host;
    host.attach(this);
  }

  deviceChanged(device: DeviceApi | undefined): void {
    const { name, error } = this.#host.state;
    this.devices.push(device);
    this.states.push(error ? `${name} ${error.code}` : name);
  }
}

/** Device hosts of one process. */
export class Hosts {
  readonly clock: VirtualClock;
  readonly #memory: PortMemory;
  /** The target of each address that is a symbolic link. */
  readonly symlinks = new Map<string, string>();
  readonly claims = new PortClaims((address) => this.symlinks.get(address) ?? address);

  /** @param memory what the driver remembers about each port */
  constructor(clock = new VirtualClock(), memory: PortMemory = {}) {
    this.clock = clock;
    this.#memory = memory;
  }

  host(label: string, make: (address: string) => DeviceApi, port = 'p'): DeviceHost {
    const { clock, claims } = this;
    const ports: DevicePorts = {
      memory: () => this.#memory,
      opener: (address) => ({ address, open: () => Promise.reject(new Error('no port')) }),
    };
    return new DeviceHost({
      label,
      address: port,
      claims,
      clock,
      ports,
      make,
      recordings: new RecordingFolder(undefined),
      followers: [],
    });
  }
}
