import { unescape } from './escapes';
import type { Report } from './reports';
import type { Exchange } from './transcript';

/** Whether the data of a link among `reports` is what the host sends on it in this step. */
export function isEchoed({ lines }: Exchange, link: number, reports: readonly Report[]): boolean {
  const host = lines.filter(({ actor }) => actor === 'host').map(({ text }) => text);
  const sends = new RegExp(`^AT\\+WSSEND=${link},`, 'i');
  if (!host.some((text) => sends.test(text))) return false;
  const sent = host.map((text) => unescape(text).toString('latin1')).join('');
  const shown = reports.map((event) =>
    event.kind === 'data' && event.data.link === link ? event.data.payload : '',
  );
  return /\[\d+ bytes\]/.test(sent) || sent.includes(shown.join(''));
}
