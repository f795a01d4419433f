import type { NodeAPI } from 'node-red';
import { systemClock, type Clock } from '../driver/clock';
import { portKey } from '../driver/port/port-key';
import { serveCertificates } from './shared/admin/certificates';
import { DeviceHost } from './shared/device/device-host';
import { DeviceLog } from './shared/device/device-log';
import { labelOf, listDevice, type DeviceNode } from './shared/device/device-node';
import {
  deviceSettings,
  type DeviceCredentials,
  type DeviceDef,
} from './shared/settings/device-settings';
import { FailureWatch, type Failure } from './shared/recording/failure-watch';
import { RecordingFolder } from './shared/recording/recording-folder';
import type { DeviceApi } from './shared/device/device-api';
import { serveDoctor } from './shared/admin/doctor';
import { serveNetworks } from './shared/admin/networks';
import { PortClaims } from './shared/device/port-claims';
import { portMemories } from './shared/device/port-memories';
import { PortVisits } from './shared/device/port-visits';
import { InputOrder } from './shared/device/input-order';
import { makeDevice, openerAt, type MakeDevice } from './shared/device/make-device';
import { serveFirmware } from './shared/admin/firmware';
import { servePorts } from './shared/admin/ports';
import { headerSecretCredentials } from './shared/message/secret-headers';
import { toCaughtError } from './shared/errors/caught-error';
import { settingText } from './shared/settings/settings';
import { migrate } from './shared/settings/migrate';
import { translator } from './shared/message/translate';

/** Shared by all devices of this process: a port has one device. */
const claims = new PortClaims(portKey);

/** The configuration node `esp-at-device`. Tests pass a `make` and a `clock` of their own. */
export function espAtDevice(make: MakeDevice, clock: Clock = systemClock): (RED: NodeAPI) => void {
  // Longer than a deploy, so that a device deployed again finds the ESP32 at the rate that it was left at.
  const memoryOf = portMemories(portKey);
  // As the claims: two Node-REDs in one process must not visit a port at the same time.
  const visits = new PortVisits(claims, clock, memoryOf);
  return (RED) => {
    const translate = translator(RED);
    const recordings = new RecordingFolder(RED.settings.userDir);

    function EspAtDevice(this: DeviceNode, stored: DeviceDef): void {
      RED.nodes.createNode(this, stored);
      const def = migrate('esp-at-device', stored);
      const address = settingText(RED, this, def.port);
      this.linkConfigs = { 0: {}, 1: {}, 2: {} };
      this.inputs = {
        0: new InputOrder(clock),
        1: new InputOrder(clock),
        2: new InputOrder(clock),
      };
      this.headers = [];
      this.host = new DeviceHost({
        label: labelOf(RED, this, def.name, address),
        address,
        claims,
        clock,
        ports: {
          memory: memoryOf,
          opener: (portAddress) => openerAt(portAddress, deviceSettings(RED, this, def).serial),
        },
        make: (currentAddress) => {
          // Read here, not before: the host turns what this throws into the error of every node that uses the device.
          const settings = deviceSettings(RED, this, def);
          this.linkConfigs = settings.links;
          this.headers = settings.headers;
          return make({ ...settings, address: currentAddress }, memoryOf(currentAddress));
        },
        recordings,
        followers: [
          new DeviceLog(this, translate, () => this.host.state),
          ...(def.keepRecordings === true
            ? [
                new FailureWatch(
                  clock,
                  (device, failure) => void saveRecording(this, device, failure),
                ),
              ]
            : []),
        ],
      });
      listDevice(this);
      this.on('close', (done: () => void) => {
        void this.host.end().then(done);
      });
    }

    async function saveRecording(
      node: DeviceNode,
      device: DeviceApi,
      failure: Failure,
    ): Promise<void> {
      try {
        node.host.recordingSaved(await node.host.saveRecording(device, failure));
      } catch (error) {
        node.warn(toCaughtError(translate, error).message);
      }
    }

    RED.nodes.registerType<DeviceNode, DeviceDef, unknown, DeviceCredentials>(
      'esp-at-device',
      EspAtDevice,
      { credentials: deviceCredentials },
    );
    servePorts(RED);
    serveFirmware(RED);
    serveNetworks(RED, visits);
    serveDoctor(RED, visits);
    serveCertificates(RED);
  };
}

const hidden = { type: 'password' } as const;
const visible = { type: 'text' } as const;

const deviceCredentials = {
  password: hidden,
  ...headerSecretCredentials,
  ca0: visible,
  certificate0: visible,
  key0: hidden,
  ca1: visible,
  certificate1: visible,
  key1: hidden,
};

export default espAtDevice(makeDevice);
