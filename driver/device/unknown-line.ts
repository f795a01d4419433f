/** Characters of the longest line that is shown whole. */
const LONGEST = 80;

/** What features report that this package does not use, and answers that come too late. */
const foreign =
  /^\+(?:IPD|LINK_CONN|STA_|DIST_STA_IP|MQTT|BLE|BT|HTTP|ETH_|CIP|CMD|CW|FS|SYS|TIME_|UART|WEBSERVER|WSHEAD|WSOPEN)/;

/** Whether a line that this package knows nothing about looks like one that the device meant, and not like damage. */
export function isForeignUrc(text: string): boolean {
  return foreign.test(text);
}

/**
 * A line as a log may show it: a report's name, and numbers behind it. Anything else may be what is left of a
 * password or a header that came back damaged, or that a restarted device took for a command.
 */
export function shownLine(text: string): string {
  const [name = '', rest = ''] = /^(\+[A-Z_]{2,30})?(.*)$/s.exec(text)?.slice(1) ?? [];
  const isPlain = name !== '' && text.length <= LONGEST && /^(?::[-\d,.]*)?$/.test(rest);
  return isPlain ? text : `${name} (${text.length} bytes)`.trim();
}
