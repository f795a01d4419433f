import type { Response, Command } from '../at/command';
import { build, type Query } from './build';
import { checkSetting } from './check';

/** Milliseconds: the firmware erases and writes flash. */
const FLASH_TIMEOUT_MS = 10_000;
/** Bytes to read at a time: the response is then one line, shorter than the parser's limit. */
export const SYSMFG_PIECE_BYTES = 512;
/** The type number of binary values. */
const TYPE_BINARY = 8;

/** Namespaces in which the firmware looks up the slots of `AT+WSCFG`. */
export type CertificateStore = 'wss_ca' | 'wss_cert' | 'wss_key';

/** `AT+SYSMFG=2`: writes a PEM text to a slot in flash. Its length includes a final NUL. */
export function sysmfgWrite(store: CertificateStore, slot: number, pem: string): Command {
  const index = checkSetting('slot', slot, 0, 255);
  const payload = Buffer.from(`${pem}\0`);
  return build(`AT+SYSMFG=2,"${store}","${store}.${index}",${TYPE_BINARY},${payload.length}`, {
    name: `AT+SYSMFG=2,"${store}.${index}"`,
    payload,
    timeoutMs: FLASH_TIMEOUT_MS,
    idempotent: true,
  });
}

/** `AT+SYSMFG=1`: reads part of a slot. ERROR means an empty slot. Never for keys, which the driver does not need to read. */
export function sysmfgRead(
  store: Exclude<CertificateStore, 'wss_key'>,
  slot: number,
  offset: number,
  length: number,
): Command {
  const index = checkSetting('slot', slot, 0, 255);
  return build(`AT+SYSMFG=1,"${store}","${store}.${index}",${offset},${length}`, {
    name: `AT+SYSMFG=1,"${store}.${index}"`,
    informationPrefixes: ['+SYSMFG:'],
    idempotent: true,
  });
}

/** Returns the part, one character a byte: nothing of a value of another type; undefined where the response is corrupt. */
export function parseSysmfg(response: Response): string | undefined {
  const [, type, part] =
    /^\+SYSMFG:"[^"]+","[^"]+",([1-8]),\d+,(.*)$/s.exec(response[0] ?? '') ?? [];
  return type === undefined || type === String(TYPE_BINARY) ? part : '';
}

/** `AT+SYSMFG=1` without a name: whether a slot holds a key. The device lists the names of all keys, and shows none. */
export function sysmfgHasKey(slot: number): Query<boolean> {
  const line = 'AT+SYSMFG=1,"wss_key"';
  return {
    ...build(line, { name: line, informationPrefixes: ['+SYSMFG:'], idempotent: true }),
    parse: (response) =>
      response.every((listed) => /^\+SYSMFG:"wss_key","[^"]+",[1-8]$/.test(listed))
        ? response.includes(`+SYSMFG:"wss_key","wss_key.${slot}",${TYPE_BINARY}`)
        : undefined,
  };
}
