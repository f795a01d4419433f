import type { LinkSnapshot, RecordingLine } from '../driver/recorder/lines';
import type { FlashText } from '../simulator/device/flash';

/** Stands for a certificate or key that the recording does not show. */
const UNKNOWN = '-';
/** Type of certificates and keys in `AT+SYSMFG`. */
const BINARY_TYPE = 8;

const READ = /^AT\+SYSMFG=1,"[^"]+","[^"]+",(\d+)/;
const LIST = /^AT\+SYSMFG=1,"[^"]+"\r/;
const WRITE = /^AT\+SYSMFG=2,"[^"]+","([^"]+)"/;
const CONFIGURE = /^AT\+WSCFG=[012],\d+,\d+,\d+,([123]),(\d+),(\d+)\r/;

/**
 * Returns what the flash of a device held when its recording began: texts that the device has shown, and a placeholder for
 * each other certificate and key that it listed, or that a link used.
 */
export function recordedFlash(lines: readonly RecordingLine[]): FlashText[] {
  const found = new Map<string, FlashText>();
  const written = new Set<string>();
  const add = (value: FlashText) => {
    if (!written.has(value.key)) found.set(value.key, value);
  };
  const addUnknown = (keys: readonly string[]) => {
    for (const key of keys.filter((each) => !found.has(each)))
      add({ space: key.replace(/\..*/, ''), key, type: BINARY_TYPE, text: UNKNOWN });
  };
  for (const line of lines)
    if ('snapshot' in line) for (const link of line.links) addUnknown(keysOf(configOf(link)));
  for (const { command, response } of transactions(lines)) {
    const [, offset] = READ.exec(command) ?? [];
    const [, key] = WRITE.exec(command) ?? [];
    const [, auth, pki, ca] = CONFIGURE.exec(command) ?? [];
    if (key !== undefined) {
      // The first OK comes before the prompt.
      if (isAccepted(response.slice(response.indexOf('\r\n>')))) written.add(key);
    } else if (offset !== undefined) {
      const shown = shownText(response);
      const before = found.get(shown?.key ?? '')?.text ?? '';
      const start = Number(offset);
      if (shown && start <= before.length) {
        // The driver may read a text again, and not to its end.
        const rest = before.slice(start + shown.text.length);
        add({ ...shown, text: before.slice(0, start) + shown.text + rest });
      }
    } else if (LIST.test(command))
      addUnknown(
        [...response.matchAll(/\+SYSMFG:"[^"]+","([^"]+)",8\r\n/g)].map(([, each = '']) => each),
      );
    else if (auth !== undefined && isAccepted(response))
      addUnknown(keysOf({ auth: Number(auth), pki: Number(pki), ca: Number(ca) }));
  }
  return [...found.values()];
}

/** Each command of the host, with what the device wrote until the next one. */
function* transactions(lines: readonly RecordingLine[]) {
  let last = { command: '', response: '' };
  for (const line of lines) {
    if ('host' in line && line.host.startsWith('AT+')) {
      yield last;
      last = { command: line.host, response: '' };
    } else if ('device' in line) last.response += line.device;
  }
  yield last;
}

/** Whether the first final result code is OK. Data of links may follow it in the same chunk. */
function isAccepted(response: string): boolean {
  return /\r\n(OK|ERROR)\r\n/.exec(response)?.[1] === 'OK';
}

function shownText(response: string): FlashText | undefined {
  const [head, space, key, type, length] =
    /\+SYSMFG:"([^"]+)","([^"]+)",(\d),(\d+),/.exec(response) ?? [];
  if (head === undefined || space === undefined || key === undefined) return undefined;
  const start = response.indexOf(head) + head.length;
  return { space, key, type: Number(type), text: response.slice(start, start + Number(length)) };
}

function configOf({ options: { config } }: LinkSnapshot): Authentication {
  return { auth: config?.auth ?? 0, pki: config?.pki ?? 0, ca: config?.ca ?? 0 };
}

interface Authentication {
  readonly auth: number;
  readonly pki: number;
  readonly ca: number;
}

/** Names of the certificates and keys that a link uses. */
function keysOf({ auth, pki, ca }: Authentication): string[] {
  const own = auth === 1 || auth === 3 ? [`wss_cert.${pki}`, `wss_key.${pki}`] : [];
  return auth === 2 || auth === 3 ? [...own, `wss_ca.${ca}`] : own;
}
