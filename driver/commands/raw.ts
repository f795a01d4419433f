import type { Command } from '../at/command';
import type { Reason } from '../error-reasons';
import { EspAtError } from '../errors';
import { VERSION_PREFIXES } from './base';
import { build } from './build';

/** Milliseconds; some commands scan or wait for the network. */
const RAW_TIMEOUT_MS = 30_000;

/**
 * Commands that break the driver's assumptions: restart, echo, baud rate, links, sleep, transparent transmission, the
 * fields of a scan (the parser relies on their length), every command with a payload, and those that bring raw bytes of a
 * peer, in which the parser would find lines.
 */
const RESERVED =
  /^(?:E\d*|\+(?:RST|RESTORE|SYSROLLBACK|CIUPDATE|USEROTA|UART\w*|WS\w*|GSLP|SLEEP\w*|SYSMSG\w*|SYSLOG|SYSSTORE|SYSMFG|SYSFLASH|SAVETRANSLINK|CIPMODE|CIPSEND\w*|CIPRECVDATA|TRANSINTVL|HTTPC\w+|HTTPURLCFG|MQTTPUBRAW|MQTTSUB|MQTTLONG\w+|BLE\w*|BLUFI\w*|BT\w*|FS|USERRAM|USERWKMCUCFG|DRVI2CWRDATA|DRVSPIWR|CWLAPOPT))(?:[=?]|$)/i;

/** Prefixes of information responses other than `+NAME:`, by the name of the command. */
const INFORMATION_PREFIXES: Readonly<Partial<Record<string, readonly string[]>>> = {
  GMR: VERSION_PREFIXES,
  CIPSTATUS: ['STATUS:', '+CIPSTATUS:'],
  CIPSTART: ['ALREADY CONNECTED'],
};

/**
 * Builds a command from a user's text, for commands that this package does not cover.
 * @throws EspAtError `INVALID_COMMAND`, `COMMAND_TOO_LONG`
 */
export function rawCommand(text: unknown): Command {
  if (typeof text !== 'string') throw invalid('NOT_TEXT');
  const parts = /^AT(?:\+([A-Z]\w*)(?:\?|=.*)?|[A-Z]\d?)?$/i.exec(text);
  if (!/^[\x20-\x7e]*$/.test(text) || !parts) throw invalid('NOT_COMMAND');
  if (RESERVED.test(text.slice(2))) throw invalid('RESERVED_COMMAND');
  const name = (parts[1] ?? '').toUpperCase();
  return build(text, {
    name: name === '' ? 'AT' : `AT+${name}`,
    informationPrefixes: INFORMATION_PREFIXES[name] ?? [`+${name}:`],
    timeoutMs: RAW_TIMEOUT_MS,
    idempotent: /^[^=]*=?\?$/.test(text),
  });
}

function invalid(reason: Reason): EspAtError {
  return new EspAtError('INVALID_COMMAND', { reason });
}
