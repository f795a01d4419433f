/** Characters of a line that are shown. */
const LONGEST = 80;

/** What features report that this package does not use, and answers that come too late. */
const foreign =
  /^\+(?:IPD|LINK_CONN|STA_|DIST_STA_IP|MQTT|BLE|BT|HTTP|ETH_|CIP|CMD|CW|FS|SYS|TIME_|UART|WEBSERVER|WSHEAD|WSOPEN)/;

/** Whether a line that this package knows nothing about looks like one that the device meant, and not like damage. */
export function isForeignReport(text: string): boolean {
  return foreign.test(text);
}

/** A line as a log may show it, without what may be secret in it: a damaged echo may hold a password. */
export function shownLine(text: string): string {
  const whole = text.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST);
  return whole.includes('"') ? `(${text.length} bytes)` : whole;
}
