import type { Response, Command } from '../at/command';
import { build } from './build';
import { checkSetting } from './check';

/** Milliseconds; flash is erased and written. */
const FLASH_TIMEOUT_MS = 10_000;
/** The type number of binary values. */
const TYPE_BINARY = 8;

/** Where the firmware looks for what `AT+WSCFG` names by its slot. */
export type CertificateStore = 'wss_ca' | 'wss_cert' | 'wss_key';

/**
 * `AT+SYSMFG=2`: writes a PEM text to a slot, in flash, for good. The firmware wants its final NUL counted.
 * @param slot 0 to 255
 * @throws EspAtError `INVALID_SETTING`
 */
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

/**
 * `AT+SYSMFG=1`: reads part of a slot. Never for keys: an answer that comes too late is reported as an
 * unknown line. ERROR when the slot is empty.
 * @throws EspAtError `INVALID_SETTING`
 */
export function sysmfgRead(
  store: Exclude<CertificateStore, 'wss_key'>,
  slot: number,
  offset: number,
  length: number,
): Command {
  const index = checkSetting('slot', slot, 0, 255);
  return build(`AT+SYSMFG=1,"${store}","${store}.${index}",${offset},${length}`, {
    name: `AT+SYSMFG=1,"${store}.${index}"`,
    informationResponses: ['+SYSMFG:'],
    idempotent: true,
  });
}

/** The bytes in an answer to {@link sysmfgRead}, one character a byte; undefined when it is not understood. */
export function parseSysmfg(answer: Response): string | undefined {
  return /^\+SYSMFG:"[^"]+","[^"]+",8,\d+,(.*)$/s.exec(answer[0] ?? '')?.[1];
}
