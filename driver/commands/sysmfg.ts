import type { Command } from '../at/command';
import { build } from './build';
import { checkSetting } from './check';

/** Milliseconds; flash is erased and written. */
const DEADLINE = 10_000;
/** The type number of binary values. */
const BINARY = 8;

/** Where the firmware looks for what `AT+WSCFG` names by its slot. */
export type CertificateStore = 'wss_ca' | 'wss_cert' | 'wss_key';

/**
 * `AT+SYSMFG=2`: writes a PEM text to a slot, in flash, for good. The firmware wants its final NUL counted.
 * @param slot 0 to 255
 * @throws EspAtError `INVALID_SETTING`
 */
export function sysmfgWrite(store: CertificateStore, slot: number, pem: string): Command {
  const index = checkSetting('certificate slot', slot, 0, 255);
  const payload = Buffer.from(`${pem}\0`);
  return build(`AT+SYSMFG=2,"${store}","${store}.${index}",${BINARY},${payload.length}`, {
    name: `AT+SYSMFG=2,"${store}.${index}"`,
    payload,
    deadline: DEADLINE,
    repeatable: true,
  });
}
