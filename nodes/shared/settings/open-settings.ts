import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { delimiterBytes } from '../checks/delimiter';
import { isFixed, type Source } from '../checks/source';
import type { FlowError } from '../errors/node-error';
import { checks, timeoutRange } from '../checks/ws-open';
import { EspAtError } from '../../../driver/errors';
import type { OpenOptions } from '../../../driver/link/options';
import {
  headerSettings,
  messageHeaders,
  renderHeaders,
  type HeaderSetting,
} from '../message/headers';
import type { PayloadFormat } from '../message/payload-decoder';
import type { HeaderRow, HeaderSecrets } from '../message/secret-headers';
import { settingSource, type ReadSetting } from './sources';
import { render } from '../message/templates';
import {
  expandedSettings,
  expandEnvironment,
  messageTimeout,
  refusalOf,
  settingNumber,
  settingText,
} from './settings';
import type { Header } from '../../../driver/commands/wshead';
import type { Framing } from '../../../driver/link/receive/options';

export interface WsOpenCredentials extends HeaderSecrets {
  authorization?: string;
}

/** The settings of ws-open as the dialog stores them. */
export interface WsOpenDef extends NodeDef {
  device?: string;
  link?: string | number;
  uri?: string;
  uriType?: Source;
  subprotocol?: string;
  subprotocolType?: Source;
  timeout?: string | number;
  timeoutType?: Source;
  headers?: readonly HeaderRow[];
  keepOpen?: boolean;
  replace?: boolean;
  output?: PayloadFormat;
  joining?: 'chunk' | 'json' | 'delimiter' | 'silence';
  delimiter?: string;
  silence?: string | number;
  maxMessage?: string | number;
}

/** The checks of the settings that no message overrides. */
const { delimiter, silence, maxMessage } = checks;

type TextSetting = 'uri' | 'subprotocol' | 'authorization';

/** The settings of ws-open, with their types checked. A message may override those that have no entry in `sources`. */
export interface OpenSettings {
  readonly uri: string;
  readonly subprotocol: string;
  readonly timeout: number | undefined;
  readonly authorization: string;
  readonly sources: Readonly<Partial<Record<TextSetting | 'timeout', ReadSetting | undefined>>>;
  readonly headers: readonly HeaderSetting[];
  /** Options that no message overrides. */
  readonly fixed: Pick<OpenOptions, 'keepOpen' | 'replace' | 'framing' | 'maxMessageBytes'>;
  /** Whether the link is kept open, and its URI is there before a message comes. */
  readonly opensAtStart: boolean;
  /** What is wrong with the settings that no message overrides. */
  readonly refusal: FlowError | undefined;
}

/** Reads the settings of ws-open. */
export function openSettings(
  RED: NodeAPI,
  node: Node<WsOpenCredentials>,
  def: WsOpenDef,
): OpenSettings {
  return {
    uri: settingText(RED, node, def.uri),
    subprotocol: settingText(RED, node, def.subprotocol),
    timeout: settingNumber(RED, node, def.timeout),
    sources: {
      uri: settingSource(RED, node, 'uri', def.uri, def.uriType),
      subprotocol: settingSource(RED, node, 'subprotocol', def.subprotocol, def.subprotocolType),
      timeout: settingSource(RED, node, 'timeout', def.timeout, def.timeoutType),
    },
    authorization: settingText(RED, node, node.credentials.authorization),
    headers: headerSettings(RED, node, def.headers),
    fixed: {
      keepOpen: def.keepOpen === true,
      replace: def.replace === true,
      framing: framing(RED, node, def),
      maxMessageBytes: settingNumber(RED, node, def.maxMessage),
    },
    opensAtStart: def.keepOpen === true && hasUriAtStart(RED, node, def),
    refusal: refusalOf(
      { delimiter, silence, maxMessage },
      { ...expandedSettings(RED, node, def), delimiter: delimiterText(RED, node, def) },
    ),
  };
}

/**
 * Makes the driver's options for one message: its `uri`, `subprotocol`, `timeout`, `auth` and `headers`; for
 * those it lacks, the rendered templates of the settings. A setting with a source takes its value from there alone.
 * @param deviceHeaders come first; a header of the node or the message replaces one of the same name
 * @throws FlowError `TEMPLATE_FAILED`, `VALUE_UNREADABLE`; `INVALID_*` for a setting, or a value of the wrong type
 */
export async function openOptions(
  RED: NodeAPI,
  node: Node,
  settings: OpenSettings,
  deviceHeaders: readonly HeaderSetting[],
  msg: NodeMessage,
): Promise<OpenOptions> {
  const { refusal, sources } = settings;
  if (refusal) throw refusal;
  const text = async (
    setting: TextSetting,
    code: 'INVALID_URI' | 'INVALID_SUBPROTOCOL' | 'INVALID_AUTHORIZATION',
    given: unknown,
  ): Promise<string> => {
    const source = sources[setting];
    const value = source ? ((await source(msg)) ?? '') : given;
    if (value === undefined || value === null)
      return render(RED, node, settings[setting], msg, setting);
    if (typeof value === 'string') return value;
    throw new EspAtError(code, { reason: 'NOT_TEXT' });
  };
  const uri = await text('uri', 'INVALID_URI', msg.uri);
  const subprotocol = await text('subprotocol', 'INVALID_SUBPROTOCOL', msg.subprotocol);
  const authorization = await text('authorization', 'INVALID_AUTHORIZATION', msg.auth);
  const timeout = sources.timeout
    ? messageTimeout(await sources.timeout(msg), timeoutRange)
    : (messageTimeout(msg.timeout, timeoutRange) ?? settings.timeout);
  return {
    ...settings.fixed,
    uri,
    ...(subprotocol === '' ? {} : { subprotocol }),
    ...(authorization === '' ? {} : { authorization }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    headers: merged(
      await renderHeaders(RED, node, deviceHeaders, msg),
      await ownHeaders(RED, node, settings, msg),
    ),
  };
}

/** Deletes the properties that only ws-open uses: ws-send would take the timeout as its own. */
export function deleteOpenOptions(msg: NodeMessage): void {
  delete msg.subprotocol;
  delete msg.timeout;
  delete msg.auth;
  delete msg.headers;
}

function merged(shared: readonly Header[], own: readonly Header[]): Header[] {
  const names = new Set(own.map(({ name }) => name.toLowerCase()));
  return [...shared.filter(({ name }) => !names.has(name.toLowerCase())), ...own];
}

function ownHeaders(
  RED: NodeAPI,
  node: Node,
  settings: OpenSettings,
  msg: NodeMessage,
): Promise<Header[]> | Header[] {
  return msg.headers === undefined || msg.headers === null
    ? renderHeaders(RED, node, settings.headers, msg)
    : messageHeaders(msg.headers);
}

function hasUriAtStart(RED: NodeAPI, node: Node, def: WsOpenDef): boolean {
  return isFixed(def.uriType) ? settingText(RED, node, def.uri) !== '' : def.uriType !== 'msg';
}

function delimiterText(RED: NodeAPI, node: Node, def: WsOpenDef): string {
  return expandEnvironment(RED, node, def.delimiter ?? '\\n');
}

function framing(RED: NodeAPI, node: Node, def: WsOpenDef): Framing {
  switch (def.joining) {
    case 'json':
      return { by: 'json' };
    case 'delimiter':
      return {
        by: 'delimiter',
        delimiter: Buffer.from(delimiterBytes(delimiterText(RED, node, def))),
      };
    case 'silence':
      return { by: 'idle', idleMs: settingNumber(RED, node, def.silence) ?? 100 };
    default:
      return { by: 'chunk' };
  }
}
