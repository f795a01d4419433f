import type { FirmwareClass } from '../../simulator/firmware';
import type { World } from './rig';
import type { Exchange, Section } from './transcript';

/** What the recording must have started with, as far as its own lines tell. */
export function worldOf(section: Section, firmware: FirmwareClass): World {
  const exchanges = section.items.filter((item) => item.kind === 'exchange');
  return {
    firmware,
    joined: startsJoined(section, exchanges),
    rate: rateOf(section, exchanges),
    deadPorts: deadPortsOf(exchanges, serverPortOf(section)),
    names: namesOf(section),
  };
}

/** The port of the recording's server; any one if it names none. */
export function serverPortOf(section: Section): number {
  for (const item of section.items) {
    const text =
      item.kind === 'exchange'
        ? textOf(item)
        : item.kind === 'row'
          ? item.right
          : item.kind === 'note'
            ? item.text
            : '';
    for (const match of text.matchAll(/wss?:\/\/[^/"]*:(\d+)/gi)) {
      const port = Number(match[1]);
      if (port >= 1024) return port;
    }
  }
  return 40_000;
}

function textOf(exchange: Exchange): string {
  return exchange.lines.map((line) => line.text).join('\n');
}

function startsJoined(section: Section, exchanges: readonly Exchange[]): boolean {
  for (const exchange of exchanges) {
    const text = textOf(exchange);
    // Whoever joins a network leaves the one that he is in.
    const joins = text.includes('AT+CWJAP=') && /WIFI CONNECTED|\+CWJAP:\d/.test(text);
    if (joins && !text.includes('WIFI DISCONNECT')) return false;
    if (/AT\+CWJAP=|WIFI |\+WS_CONNECTED/.test(text)) break;
    if (/\+CWMODE:0|\+CWSTATE:[01],|CIPSTA:ip:"0\.0\.0\.0"/.test(text)) return false;
    if (/without wi-?fi|not joined/i.test(exchange.title)) return false;
  }
  return !/without wi-?fi|not joined|no network/i.test(section.title);
}

/** Ports of which a title says that nobody listens there, and where no connection is seen to come about. */
function deadPortsOf(exchanges: readonly Exchange[], serverPort: number): Set<number> {
  const ports = new Set<number>();
  const said = /refused|closed port|dead port|nobody listens|no server|nothing listens/i;
  for (const exchange of exchanges) {
    const text = textOf(exchange);
    if (!said.test(exchange.title) || text.includes('+WS_CONNECTED')) continue;
    for (const match of text.matchAll(/wss?:\/\/[^/"]*:(\d+)/gi)) ports.add(Number(match[1]));
  }
  ports.delete(serverPort);
  return ports;
}

function namesOf(section: Section): Record<string, string> {
  const names: Record<string, string> = {};
  for (const item of section.items) {
    if (item.kind !== 'exchange') continue;
    for (const match of textOf(item).matchAll(/wss?:\/\/(?:[^/"@]*@)?([a-z][a-z0-9.-]*)/gi)) {
      const name = (match[1] ?? '').toLowerCase();
      if (
        /timeout|silent|never/.test(name) ||
        /dns.*(?:never|silent|no answer|times? ?out|dead)/i.test(item.title)
      )
        names[name] = 'silent';
      else if (
        /no[-.]?such|\.invalid$|nonexist/.test(name) ||
        /dns fail|unknown host|no such host/i.test(item.title)
      )
        names[name] = 'fails';
    }
  }
  return names;
}

/** Where a recording speaks of a flood or of the line's rate, bytes take their time. */
function rateOf(section: Section, exchanges: readonly Exchange[]): number | undefined {
  const titles = [section.title, ...exchanges.map((exchange) => exchange.title)].join('\n');
  if (!/\bat \d{4,7}\b(?! ms)|\bflood|\bpaced\b/i.test(titles)) return undefined;
  return Number(/\bat (\d{4,7})\b/i.exec(titles)?.[1] ?? 115_200);
}
