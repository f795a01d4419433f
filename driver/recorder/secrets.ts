import { escaped } from '../values/text';
import type { DeviceOptions } from '../device/options';
import type { OpenOptions } from '../link/options';
import { placeholderText } from './placeholder';
import type { Secret } from './secret-pattern';

/** Returns the secrets in the options of a device. */
export function secretsOfDevice({ wifi, certificates = [] }: DeviceOptions): Secret[] {
  return [
    ...(wifi ? [{ text: wifi.password, between: [[',"', '"'] as const] }] : []),
    ...certificates.flatMap(({ key }) => secretsOfKey(key)),
  ];
}

/** Returns the secrets in checked options of an `open()` call. */
export function secretsOfOpen({ uri, authorization, headers }: OpenOptions): Secret[] {
  return [
    ...secretsOfUri(uri),
    ...(authorization ? secretsOfHeader('Authorization', authorization) : []),
    ...(headers ?? []).flatMap(({ name, value }) => secretsOfHeader(name, value)),
  ];
}

/** A quoted parameter, with the characters before and after it. The last one may lack its end. */
const QUOTED_PARAMETER = /(?<=(.))"((?:[^"\\]|\\.?)*)("?)(?=(.?))/g;

/**
 * Returns the quoted parameters of a command of the user: the driver cannot judge which of them are secret. The recorder
 * replaces them in the command, and where the device says them as a parameter of a response.
 */
export function secretsOfCommand(line: string): Secret[] {
  const responsePrefix = line.replace(/^AT(.*?)=.*$/, '$1:"');
  return [...line.matchAll(QUOTED_PARAMETER)].flatMap(
    ([, before = '', raw = '', quote = '', after = '']) => {
      const plain = raw.replace(/\\(.)/g, '$1');
      const ends = [after, ',', '\r'].filter((end) => end !== '');
      const between = [`${before}"`, ',"', responsePrefix].flatMap((start) =>
        ends.map((end) => [start, `${quote}${end}`] as const),
      );
      const forms = [plain, escaped(plain)].includes(raw) ? [plain] : [plain, raw];
      return forms.map((text) => ({ text, between, onlyBetween: true }));
    },
  );
}

/** Returns the options that hold secrets, with placeholders, and without what a user has added to them. */
export function maskedDevice({ wifi, certificates }: DeviceOptions) {
  return {
    wifi: wifi && {
      ssid: wifi.ssid,
      password: placeholderText(wifi.password),
      ...(wifi.bssid !== undefined && { bssid: wifi.bssid }),
    },
    certificates: certificates?.map(({ slot, ca, certificate, key }) => {
      return { slot, ca: maskedPem(ca), certificate: maskedPem(certificate), key: maskedPem(key) };
    }),
  };
}

// --- URIs ------------------------------------------------------------------------------------------

const USERINFO = /^(\w+:\/\/)([^/?#]*)(?=@)/;

function secretsOfUri(uri: string): Secret[] {
  const [, , userinfo = ''] = USERINFO.exec(uri) ?? [];
  if (userinfo === '') return [];
  const [user = '', password] = splitUserinfo(userinfo);
  const between = [['://', '@']] as const;
  const parts = [user, password ?? '', percentDecoded(user), percentDecoded(password ?? '')];
  const decoded = parts.slice(2).join(':');
  return [
    // As a whole: Basic authorization encodes both together.
    { text: userinfo, placeholder: maskedUserinfo(userinfo), between },
    ...(decoded === userinfo ? [] : [{ text: decoded, between: [] }]),
    ...parts.map((text) => ({ text, between: [] })),
  ];
}

/** Returns a URI with placeholders for user and password. */
export function maskedUri(uri: string): string {
  return uri.replace(
    USERINFO,
    (_, scheme: string, userinfo: string) => scheme + maskedUserinfo(userinfo),
  );
}

function maskedUserinfo(userinfo: string): string {
  return splitUserinfo(userinfo).map(placeholderText).join(':');
}

function splitUserinfo(userinfo: string): string[] {
  const colon = userinfo.indexOf(':');
  return colon < 0 ? [userinfo] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

// --- headers ---------------------------------------------------------------------------------------

function secretsOfHeader(name: string, value: string): Secret[] {
  const [, token = ''] = /^\S+ +(\S.*)$/s.exec(value) ?? [];
  const basic = /^basic /i.test(value) ? Buffer.from(token, 'base64').toString() : '';
  const inner = [token, basic, ...splitUserinfo(basic)];
  const between = [
    [`${name}: `, ''],
    [',"', '"'],
  ] as const;
  return [{ text: value, between }, ...inner.map((text) => ({ text, between: [] }))];
}

// --- keys ------------------------------------------------------------------------------------------

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;
/** Every block that is no certificate: the text of a certificate may hold its key, too. */
const KEY_BLOCK = /(-----BEGIN (?!CERTIFICATE-)[A-Z0-9 ]+-----\s*)([^-]+?)(\s*-----END)/g;

/** Returns each line by itself: line ends differ between file, options and wire. A short last line goes with the one before. */
function secretsOfKey(pem: string): Secret[] {
  const bodies = [...pem.matchAll(KEY_BLOCK)].map(([, , body = '']) => body.split(/\s+/));
  return bodies.flatMap((lines) => {
    const ends = ['\n', '\r\n'].map((end) => lines.slice(-2).join(end));
    return [...lines, ...ends].map((text) => ({ text, between: [] }));
  });
}

/** Returns the blocks of a PEM text, keys masked, without the text around them. */
function maskedPem(pem: string): string {
  const blocks = (pem.match(PEM_BLOCK) ?? []).map((block) => `${block}\n`).join('');
  return blocks.replace(KEY_BLOCK, (_, begin: string, body: string, end: string) => {
    return `${begin}${body.replace(/\S/g, '*')}${end}`;
  });
}
