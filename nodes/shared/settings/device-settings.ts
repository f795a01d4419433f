import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { LinkId } from '../../../driver/at/types';
import type { DeviceOptions } from '../../../driver/device/options';
import { checks, rateToRaiseTo, serversOf, startRate } from '../checks/esp-at-device';
import { asText, type Settings } from '../checks/refusal';
import { slotUse, tlsCertificates } from '../device/tls-config';
import { headerSettings, type HeaderSetting } from '../message/headers';
import type { HeaderRow, HeaderSecrets } from '../message/secret-headers';
import { expandedSettings, refusalOf, settingText } from './settings';
import type { LinkConfig } from '../../../driver/commands/wscfg';
import type { CertificateOptions } from '../../../driver/provisioning/certificates';

/** Certificate slots that the dialog offers (`AT+SYSMFG` indices). */
const CERTIFICATE_SLOTS = [0, 1] as const;

type CertificateSlot = (typeof CERTIFICATE_SLOTS)[number];

/** Node-RED keeps these apart from the flow and never exports them. */
export type DeviceCredentials = HeaderSecrets &
  Partial<Record<'password' | `${'ca' | 'certificate' | 'key'}${CertificateSlot}`, string>>;

/** The settings as the dialog stores them; numbers may be text, or `${ENV}`. */
export interface DeviceDef extends NodeDef {
  port?: string;
  rate?: string | number;
  /** The driver finds the baud rate and flow control; absent in flows that store no `settingsVersion`. */
  autoRate?: boolean;
  flowControl?: boolean;
  raiseTo?: string | number;
  dtr?: boolean;
  rts?: boolean;
  hardwareReset?: boolean;
  wifi?: boolean;
  ssid?: string;
  bssid?: string;
  sntp?: boolean;
  timezone?: string | number;
  servers?: string;
  links?: readonly LinkRow[];
  headers?: readonly HeaderRow[];
  /** Nodes `tls-config` in place of the PEM texts of a slot. */
  tls0?: string;
  tls1?: string;
  queueMessages?: string | number;
  queueBytes?: string | number;
  store?: boolean;
  /** Recordings of failures are saved; absent in flows that store no `settingsVersion`. */
  keepRecordings?: boolean;
}

/** The settings for `AT+WSCFG` of one link. An empty field means the firmware's default. */
interface LinkRow {
  /** For the dialogs. */
  name?: string;
  pingInterval?: string | number;
  pongTimeout?: string | number;
  bufferSize?: string | number;
  auth?: string | number;
  pki?: string | number;
  ca?: string | number;
}

/** The settings of the serial port. */
export interface SerialSettings {
  /** Baud rate, bits per second. */
  readonly rate: number;
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** The settings of a device, with their types checked and environment variables expanded. */
export interface DeviceSettings {
  readonly address: string;
  readonly serial: SerialSettings;
  readonly options: Omit<DeviceOptions, 'port'>;
  readonly links: Readonly<Record<LinkId, LinkConfig>>;
  readonly headers: readonly HeaderSetting[];
}

/**
 * Reads the settings of a device.
 * @throws EspAtError `INVALID_PORT`, `INVALID_SETTING`, `INVALID_CONFIG`, `CERTIFICATE_INVALID`
 */
export function deviceSettings(
  RED: NodeAPI,
  node: Node<DeviceCredentials>,
  def: DeviceDef,
): DeviceSettings {
  const given = expanded(RED, node, def);
  // The driver checks headers as it opens a link: only then their templates have values.
  const refusal = refusalOf({ ...checks, headers: () => undefined }, given);
  if (refusal) throw refusal;
  const text = (field: keyof DeviceDef) => asText(given[field]);
  const number = (field: keyof DeviceDef) => numberOf(given[field]);
  const [first, second, third] = given.links.map(linkConfig);
  return {
    address: given.port,
    serial: {
      rate: startRate(given),
      dtr: def.dtr !== false,
      rts: def.rts !== false,
    },
    options: {
      ...(def.wifi === true ? { wifi: wifi(given) } : {}),
      ...(def.sntp === true
        ? { sntp: { timezone: number('timezone') ?? 0, servers: serversOf(text('servers')) } }
        : {}),
      certificates: certificates(RED, node.credentials, given),
      negotiatedRate: def.autoRate === true ? 'automatic' : rateToRaiseTo(given),
      flowControl: def.flowControl === true,
      rtsReset: def.hardwareReset === true,
      store: def.store === true,
      sendLimit: {
        messages: number('queueMessages') ?? 1000,
        bytes: number('queueBytes') ?? 4 * 1024 * 1024,
      },
    },
    links: { 0: first ?? {}, 1: second ?? {}, 2: third ?? {} },
    headers: headerSettings(RED, node, def.headers),
  };
}

function expanded(
  RED: NodeAPI,
  node: Node<DeviceCredentials>,
  def: DeviceDef,
): Settings & { readonly port: string; readonly links: readonly Settings[] } {
  return {
    ...expandedSettings(RED, node, def),
    port: settingText(RED, node, def.port),
    password: node.credentials.password ?? '',
    links: [0, 1, 2].map((link) => expandedSettings(RED, node, def.links?.[link] ?? {})),
  };
}

function linkConfig(row: Settings): LinkConfig {
  const auth = authModes.find((mode) => mode === numberOf(row.auth)) ?? 0;
  return {
    pingIntervalMs: milliseconds(numberOf(row.pingInterval)),
    pongTimeoutMs: milliseconds(numberOf(row.pongTimeout)),
    bufferBytes: numberOf(row.bufferSize),
    // The firmware needs both slots in modes 1 to 3, and refuses them in mode 0.
    ...(auth === 0 ? {} : { auth, pki: numberOf(row.pki) ?? 0, ca: numberOf(row.ca) ?? 0 }),
  };
}

const authModes = [0, 1, 2, 3] as const;

/** A number that the checks have found good; undefined if it is empty. */
function numberOf(value: unknown): number | undefined {
  const text = asText(value);
  return text === '' ? undefined : Number(text);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function wifi(given: Settings): DeviceOptions['wifi'] {
  const bssid = asText(given.bssid);
  return {
    // Not trimmed: a network's name may begin or end with a space.
    ssid: typeof given.ssid === 'string' ? given.ssid : '',
    password: typeof given.password === 'string' ? given.password : '',
    ...(bssid === '' ? {} : { bssid }),
  };
}

function certificates(
  RED: NodeAPI,
  credentials: DeviceCredentials,
  given: Settings & { readonly links: readonly Settings[] },
): CertificateOptions[] {
  return CERTIFICATE_SLOTS.map((slot) => {
    const config = asText(given[`tls${slot}`]);
    if (config !== '') return tlsCertificates(RED, config, slot, slotUse(given.links, slot));
    return {
      slot,
      ca: credentials[`ca${slot}`] ?? '',
      certificate: credentials[`certificate${slot}`] ?? '',
      key: credentials[`key${slot}`] ?? '',
    };
  }).filter(({ ca, certificate, key }) => ca + certificate + key !== '');
}
