// The runtime imports this file, and the build bundles it for the dialogs.
import type { Settings } from '../checks/refusal';

/** The version of the settings that the dialogs store. Each migration raises it by one. */
export const SETTINGS_VERSION = 2;

const unversionedLink = {
  pingInterval: '',
  pongTimeout: '',
  bufferSize: '',
  auth: '0',
  pki: '0',
  ca: '0',
};

/**
 * The defaults of the nodes that stored no version. They stay as they are: where a setting is missing, the flow relies on
 * its default of that time.
 */
const unversionedDefaults: Readonly<Record<string, Settings>> = {
  'esp-at-device': {
    port: 'sim:',
    rate: '115200',
    autoRate: false,
    flowControl: false,
    raiseTo: '',
    dtr: true,
    rts: true,
    hardwareReset: false,
    wifi: false,
    ssid: '',
    bssid: '',
    sntp: false,
    timezone: '0',
    servers: '',
    links: [unversionedLink, unversionedLink, unversionedLink],
    headers: [],
    queueMessages: '1000',
    queueBytes: '4194304',
    store: false,
    keepRecordings: false,
  },
  'ws-open': {
    link: '0',
    uri: '',
    subprotocol: '',
    timeout: '',
    headers: [],
    keepOpen: false,
    replace: false,
    output: 'auto',
    joining: 'chunk',
    delimiter: '\\n',
    silence: '100',
    maxMessage: '',
  },
  'ws-send': {
    link: '0',
    timeout: '',
    whenAway: 'fail',
    holdSeconds: '30',
    holdMessages: '100',
  },
  'ws-close': { link: '0', mode: 'graceful', code: '1000', reason: '' },
  'ws-status': { link: '0', poll: '' },
};

/** What version 1 did without these settings: it took values as they stood in the dialog, and payloads from `msg.payload`. */
const version1Sources: Readonly<Record<string, Settings>> = {
  'ws-open': { uriType: 'str', subprotocolType: 'str', timeoutType: 'num' },
  'ws-send': { payload: 'payload', payloadType: 'msg', timeoutType: 'num' },
  'ws-request': { payload: 'payload', payloadType: 'msg', timeoutType: 'num' },
  'ws-close': { codeType: 'num', reasonType: 'str' },
};

/** The migration at index N takes settings of version N, and returns all settings of version N + 1. */
const migrations: readonly ((type: string, settings: Settings) => Settings)[] = [
  (type, settings) => ({ ...unversionedDefaults[type], ...settings }),
  (type, settings) => ({ ...version1Sources[type], ...settings }),
];

/**
 * Brings the settings of a node up to date. Those of a newer version stay as they are.
 * @param type the node's type
 * @param settings as the flow stores them; without `settingsVersion`, of a node that stored none
 */
export function migrate<T extends object>(type: string, settings: T): T {
  const stored: unknown = Reflect.get(settings, 'settingsVersion');
  const version = typeof stored === 'number' ? stored : 0;
  if (version >= SETTINGS_VERSION) return settings;
  let migrated: Settings = Object.fromEntries(Object.entries(settings));
  for (const next of migrations.slice(version)) migrated = next(type, migrated);
  return { ...settings, ...migrated, settingsVersion: SETTINGS_VERSION };
}
