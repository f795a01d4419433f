import type { LinkId } from '../at/types';
import { version } from '../commands/base';
import { identify } from '../device/session/initialize/capabilities';
import { EspAtError } from '../errors';
import { tryRunQuery } from '../commands/run-query';
import { freeLink, wsopenQuery } from '../commands/wsopen';
import type { Examination } from './examination';

/** Identifies the firmware: its version, its module, and its class where it has WebSocket commands and a closed link. */
export async function examineFirmware(examination: Examination): Promise<void> {
  const { access, facts } = examination;
  const lines = (await examination.ask(version)) ?? [];
  const [first] = lines;
  if (first !== undefined) facts.version = /^AT version:([^(]*)/.exec(first)?.[1]?.trim() ?? first;
  // As in `Bin version:2.1.0(WROOM-32)`.
  const [, module] = /^Bin version:.*?\(([\w-]+)\)/m.exec(lines.join('\n')) ?? [];
  if (module !== undefined) facts.module = module;
  try {
    const link = await closedLink(examination);
    if (link === undefined) return;
    const { capabilities } = await identify(access.run, undefined, link);
    facts.firmware = capabilities.firmware;
    if (capabilities.firmware < 'C')
      examination.addFinding('NO_TLS_VERIFICATION', { class: capabilities.firmware });
  } catch (error) {
    if (!(error instanceof EspAtError) || error.code !== 'NO_WEBSOCKET') throw error;
    const { version = '?', module = 'ESP32' } = facts;
    examination.addFinding('STOCK_FIRMWARE', { version, module });
  }
}

/** Returns a closed link, on which trial commands do no harm; undefined where all are open. */
async function closedLink(examination: Examination): Promise<LinkId | undefined> {
  const open = (await tryRunQuery(examination.access.run, wsopenQuery)) ?? [];
  examination.openLinks = open.map(({ link }) => link);
  const link = freeLink(open);
  if (link === undefined) examination.addFinding('ALL_LINKS_OPEN');
  else if (open.length > 0) examination.addFinding('LINKS_OPEN', { count: open.length });
  return link;
}
