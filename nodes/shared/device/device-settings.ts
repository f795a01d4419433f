import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { LinkId } from '../../../driver/at/types';
import type { CertificateOptions, DeviceOptions } from '../../../driver/device/options';
import { shown } from '../../../driver/commands/check';
import { EspAtError } from '../../../driver/errors';
import type { LinkConfig } from '../../../driver/link/options';
import { headerSettings, type HeaderSetting } from '../message/headers';
import { expandEnvironment, settingNumber, settingText } from '../message/settings';

/** Numbers of the credentials that hold secret header values. */
export const SECRET_SLOTS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
/** Certificate slots that the dialog offers (`AT+SYSMFG` indices). */
export const CERTIFICATE_SLOTS = [0, 1] as const;

type SecretSlot = (typeof SECRET_SLOTS)[number];
type CertificateSlot = (typeof CERTIFICATE_SLOTS)[number];

/** Node-RED keeps these apart from the flow and never exports them. */
export type DeviceCredentials = Partial<
  Record<
    'password' | `headerSecret${SecretSlot}` | `${'ca' | 'certificate' | 'key'}${CertificateSlot}`,
    string
  >
>;

/** The settings as the dialog stores them; numbers may be text, or `${ENV}`. */
export interface DeviceDef extends NodeDef {
  port?: string;
  rate?: string | number;
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
  queueMessages?: string | number;
  queueBytes?: string | number;
  store?: boolean;
}

/** The settings for `AT+WSCFG` of one link. An empty field means the firmware's default. */
export interface LinkRow {
  pingInterval?: string | number;
  pongTimeout?: string | number;
  bufferSize?: string | number;
  auth?: string | number;
  pki?: string | number;
  ca?: string | number;
}

/** A header for every link. The value of a secret header is the credential `headerSecret<slot>`. */
export interface HeaderRow {
  name?: string;
  value?: string;
  secret?: boolean;
  slot?: number;
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
 * @throws EspAtError `INVALID_SETTING`, `INVALID_CONFIG` for text where a number is expected
 */
export function deviceSettings(
  RED: NodeAPI,
  node: Node<DeviceCredentials>,
  def: DeviceDef,
): DeviceSettings {
  const text = (value: unknown) => settingText(RED, node, value);
  const numberOr =
    (code: 'INVALID_SETTING' | 'INVALID_CONFIG') =>
    (setting: string, value: unknown): number | undefined => {
      const number = settingNumber(RED, node, value);
      if (number === undefined || Number.isFinite(number)) return number;
      throw new EspAtError(code, { setting, reason: 'NOT_NUMBER', value: shown(value) });
    };
  const number = numberOr('INVALID_SETTING');
  const link = (row: LinkRow = {}) => linkConfig(row, numberOr('INVALID_CONFIG'));
  return {
    address: text(def.port),
    serial: {
      rate: number('rate', def.rate) ?? 115_200,
      dtr: def.dtr !== false,
      rts: def.rts !== false,
    },
    options: {
      ...wifi(RED, node, def),
      ...sntp(def, text, number),
      certificates: certificates(node.credentials),
      negotiatedRate: number('negotiatedRate', def.raiseTo) ?? 0,
      flowControl: def.flowControl === true,
      rtsReset: def.hardwareReset === true,
      store: def.store === true,
      sendLimit: {
        messages: number('queueMessages', def.queueMessages) ?? 1000,
        bytes: number('queueBytes', def.queueBytes) ?? 4 * 1024 * 1024,
      },
    },
    links: { 0: link(def.links?.[0]), 1: link(def.links?.[1]), 2: link(def.links?.[2]) },
    headers: headerSettings(
      RED,
      node,
      def.headers?.map((row) => withSecret(row, node.credentials)),
    ),
  };
}

type ReadNumber = (setting: string, value: unknown) => number | undefined;

function linkConfig(row: LinkRow, number: ReadNumber): LinkConfig {
  const auth = authMode(number('auth', row.auth) ?? 0);
  return {
    pingIntervalMs: milliseconds(number('pingIntervalMs', row.pingInterval)),
    pongTimeoutMs: milliseconds(number('pongTimeoutMs', row.pongTimeout)),
    bufferBytes: number('bufferBytes', row.bufferSize),
    // The firmware needs both slots in modes 1 to 3, and refuses them in mode 0.
    ...(auth === 0
      ? {}
      : { auth, pki: number('pki', row.pki) ?? 0, ca: number('ca', row.ca) ?? 0 }),
  };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function authMode(mode: number): 0 | 1 | 2 | 3 {
  if (mode === 0 || mode === 1 || mode === 2 || mode === 3) return mode;
  const details = { setting: 'auth', reason: 'NOT_WHOLE', value: mode, min: 0, max: 3 };
  throw new EspAtError('INVALID_CONFIG', details);
}

function wifi(
  RED: NodeAPI,
  node: Node<DeviceCredentials>,
  def: DeviceDef,
): Pick<DeviceOptions, 'wifi'> {
  if (def.wifi !== true) return {};
  const bssid = settingText(RED, node, def.bssid);
  return {
    wifi: {
      // Not trimmed: a network's name may begin or end with a space.
      ssid: expandEnvironment(RED, node, def.ssid),
      password: node.credentials.password ?? '',
      ...(bssid === '' ? {} : { bssid }),
    },
  };
}

function sntp(
  def: DeviceDef,
  text: (value: unknown) => string,
  number: ReadNumber,
): Pick<DeviceOptions, 'sntp'> {
  if (def.sntp !== true) return {};
  const servers = text(def.servers)
    .split(/[\s,;]+/)
    .filter((server) => server !== '');
  return { sntp: { timezone: number('timezone', def.timezone) ?? 0, servers } };
}

function certificates(credentials: DeviceCredentials): CertificateOptions[] {
  return CERTIFICATE_SLOTS.map((slot) => ({
    slot,
    ca: credentials[`ca${slot}`] ?? '',
    certificate: credentials[`certificate${slot}`] ?? '',
    key: credentials[`key${slot}`] ?? '',
  })).filter(({ ca, certificate, key }) => ca + certificate + key !== '');
}

function withSecret(row: HeaderRow, credentials: DeviceCredentials): HeaderRow {
  if (row.secret !== true) return row;
  const slot = SECRET_SLOTS.find((known) => known === row.slot);
  return { ...row, value: slot === undefined ? '' : (credentials[`headerSecret${slot}`] ?? '') };
}
