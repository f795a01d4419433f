import { certificateIn } from './wording';
import { unescape } from './escapes';
import { identities } from './identities';
import { readConfig } from './link-tracker';
import type { JoinResult, Rig } from './rig';
import type { Exchange, Item, Section, TranscriptLine } from './transcript';

/** How long a recording leaves a link it has just opened alone, in milliseconds. */
const SETTLE = 300;

/** `AT+WSOPEN=0,…`, `AT+WSSEND=0,…`: the command and its link. */
const LINK_COMMAND = /^AT\+(WSOPEN|WSCLOSE|WSSEND)=([012])\b/i;

/**
 * What a recording did without printing it: opened a link that the next step uses, closed one that the
 * next step opens, sent the WSCFG that a title names, wrote certificates, set the clock.
 */
export class Setup {
  readonly #rig: Rig;
  readonly #section: Section;
  readonly #port: number;
  /** Settings that titles name, as they were last sent. */
  readonly #settings = new Map<string, string>();
  #provisioned = false;

  constructor(rig: Rig, section: Section, port: number) {
    this.#rig = rig;
    this.#section = section;
    this.#port = port;
  }

  /** Brings about what `exchange` needs. @returns what was done, in words */
  async prepare(exchange: Exchange, index: number): Promise<string[]> {
    const done: string[] = [];
    this.#accessPoints(exchange);
    await this.#echo(exchange, index, done);
    await this.#titleSettings(exchange, done);
    await this.#certificates(exchange, done);
    const touched = new Set<number>();
    for (const [at, line] of exchange.lines.entries()) {
      const answer = answerTo(exchange.lines, at);
      const command = line.actor === 'host' ? LINK_COMMAND.exec(line.text) : null;
      if (command) {
        const link = Number(command[2]);
        if (!touched.has(link))
          await this.#forCommand(command[1] ?? '', link, answer, exchange, index, done);
        if (/^(?:WSOPEN|WSCLOSE)$/i.test(command[1] ?? '')) touched.add(link);
      } else if (line.actor === 'device') {
        await this.#forOutput(line, exchange, touched, done);
      }
    }
    await this.#forTitle(exchange, touched, done);
    await this.#forPings(exchange, done);
    return done;
  }

  /** Opens a link silently. @param config what follows the link's number in WSCFG */
  async open(link: number, config?: string, uri?: string): Promise<void> {
    if (config !== undefined) await this.#rig.command(`AT+WSCFG=${link},${config}`);
    const address = uri ?? `ws://127.0.0.1:${this.#port}/plain`;
    await this.#rig.command(`AT+WSOPEN=${link},"${address.replace(/[\\",]/g, '\\$&')}"`);
    await this.#rig.pass(SETTLE);
  }

  async close(link: number): Promise<void> {
    await this.#rig.command(`AT+WSCLOSE=${link}`);
  }

  async #forCommand(
    name: string,
    link: number,
    answer: string,
    exchange: Exchange,
    index: number,
    done: string[],
  ): Promise<void> {
    const { links } = this.#rig;
    if (/WSOPEN/i.test(name)) {
      await this.#forOpen(link, answer, exchange, index, done);
    } else if (/WSSEND/i.test(name)) {
      const accepted = /> *$|>\\r|SEND OK|\\r\\n>/.test(answer);
      if (accepted && !links.inUse(link)) await this.#open(link, exchange, done);
    } else if (!links.inUse(link)) {
      const first = exchange.lines.find((line) => line.text.includes('OK'));
      if ((first?.time ?? 0) > 100) await this.#open(link, exchange, done);
    }
  }

  async #forOpen(
    link: number,
    answer: string,
    exchange: Exchange,
    index: number,
    done: string[],
  ): Promise<void> {
    const { links } = this.#rig;
    const meantInUse = /already|in use|again|twice|second|reconnecting|while/i.test(exchange.title);
    const attempted = /\+WS_(?:CONNECTED|DISCONNECTED):/.test(answer);
    if (links.inUse(link)) {
      const notesSayClosed = this.#notesAfter(index).some((note) =>
        note.includes('WSOPEN? then: `(empty)`'),
      );
      if (attempted || (notesSayClosed && !meantInUse)) {
        await this.close(link);
        done.push(`closed link ${link}`);
      }
    } else if (
      meantInUse &&
      !attempted &&
      answer.includes('ERROR') &&
      /already|in use/i.test(exchange.title)
    ) {
      await this.#open(link, exchange, done);
    }
  }

  async #forOutput(
    line: TranscriptLine,
    exchange: Exchange,
    touched: ReadonlySet<number>,
    done: string[],
  ): Promise<void> {
    const { links } = this.#rig;
    for (const match of line.text.matchAll(/\+WS_(DATA|CLOSED|DISCONNECTED):([012])/g)) {
      const link = Number(match[2]);
      if (touched.has(link) || links.inUse(link)) continue;
      await this.#open(link, exchange, done);
    }
    for (const match of line.text.matchAll(/\+WSOPEN:([012]),([1-4]),"(.*?)"\\r\\n/g)) {
      const link = Number(match[1]);
      if (touched.has(link) || links.inUse(link)) continue;
      await this.#open(link, exchange, done, unescape(match[3] ?? '').toString('latin1'));
    }
  }

  /** Titles that speak of an open link, and stimuli without any output. */
  async #forTitle(exchange: Exchange, touched: ReadonlySet<number>, done: string[]): Promise<void> {
    const { links } = this.#rig;
    const open =
      /\b(?:an?|the) open(?:ed)? link|while (?:link )?(?:(\d) is )?open|link (\d) (?:is )?open\b/i.exec(
        exchange.title,
      );
    const acts = exchange.lines.some((line) => line.actor === 'server');
    const mute = exchange.lines.length === 0;
    if (!open && !acts && !mute) return;
    const named = open?.[1] ?? open?.[2] ?? /\blink (\d)/i.exec(exchange.title)?.[1] ?? '0';
    const link = Number(named);
    if (touched.size > 0 || links.inUse(link) || (!open && links.openLinks.length > 0)) return;
    await this.#open(link, exchange, done);
  }

  /** A step about pings, on a link that was opened with other intervals: opened anew. */
  async #forPings(exchange: Exchange, done: string[]): Promise<void> {
    const { links } = this.#rig;
    const values = configIn(exchange.title);
    const [link] = links.openLinks;
    if (values === undefined || link === undefined) return;
    if (exchange.lines.some((line) => line.actor === 'host')) return;
    const [wanted, now] = [readConfig(values), links.configOf(link)];
    if (wanted.ping === now.ping && wanted.pong === now.pong) return;
    await this.close(link);
    await this.#open(link, exchange, done, links.uriOf(link));
  }

  /** Puts access points into the air with which joining ends as the step shows. */
  #accessPoints(exchange: Exchange): void {
    for (const [index, line] of exchange.lines.entries()) {
      const join = /^AT\+CWJAP="((?:[^"\\]|\\.)*)"(?:,"((?:[^"\\]|\\.)*)")?/i;
      const written = line.actor === 'host' ? unescape(line.text).toString('latin1') : '';
      const match = join.exec(written);
      if (!match) continue;
      const ssid = (match[1] ?? '').replace(/\\(.)/g, '$1');
      const password = (match[2] ?? '').replace(/\\(.)/g, '$1');
      this.#rig.setAccessPoint(ssid, password, joinResultIn(answerTo(exchange.lines, index)));
    }
  }

  async #open(link: number, exchange: Exchange, done: string[], uri?: string): Promise<void> {
    const config = configIn(exchange.title);
    await this.open(link, config, uri ?? this.#uriShownFor(link, exchange));
    done.push(`opened link ${link}${config === undefined ? '' : ` with WSCFG ${config}`}`);
  }

  /** The address that a later `AT+WSOPEN?` shows for the link, if nothing is opened in between. */
  #uriShownFor(link: number, exchange: Exchange): string | undefined {
    const { items } = this.#section;
    for (const item of items.slice(items.indexOf(exchange))) {
      if (item.kind !== 'exchange') continue;
      for (const line of item.lines) {
        const shown = new RegExp(`\\+WSOPEN:${link},\\d,"(.*?)"\\\\r\\\\n`).exec(line.text)?.[1];
        if (shown !== undefined) return unescape(shown).toString('latin1');
        if (line.actor === 'host' && new RegExp(`^AT\\+WSOPEN=${link},`, 'i').test(line.text))
          return undefined;
      }
    }
    return undefined;
  }

  /** `DATAFMT=0,2,63`, `SYSLOG=1`, `(WSCFG auth 2,0,0)` in a title: sent unless in force or sent openly. */
  async #titleSettings(exchange: Exchange, done: string[]): Promise<void> {
    const host = exchange.lines.filter((line) => line.actor === 'host').map((line) => line.text);
    for (const line of host) {
      const sent = /^AT\+(SYSLOG|SYSMSG|SYSSTORE|WSDATAFMT)=([\d,]+)/i.exec(line);
      if (sent) this.#settings.set(sent[1]?.toUpperCase() ?? '', sent[2] ?? '');
      if (/^AT\+(?:RST|RESTORE)/i.test(line)) this.#settings.clear();
    }
    for (const match of exchange.title.matchAll(
      /\b(?:AT\+)?(SYSLOG|SYSMSG|SYSSTORE|(?:WS)?DATAFMT)=([\d,]+)/gi,
    )) {
      const name = (match[1] ?? '').toUpperCase().replace(/^DATAFMT/, 'WSDATAFMT');
      const value = match[2] ?? '';
      if (host.some((line) => line.includes(`${name}=`)) || this.#settings.get(name) === value)
        continue;
      if (name === 'WSDATAFMT' && value.split(',').length < 3) continue;
      await this.#rig.command(`AT+${name}=${value}`);
      this.#settings.set(name, value);
      done.push(`sent AT+${name}=${value}`);
    }
  }

  /** Echo is on unless said. */
  async #echo(exchange: Exchange, index: number, done: string[]): Promise<void> {
    const before = this.#section.items
      .slice(0, index)
      .some((item) => item.kind === 'exchange' || item.kind === 'row');
    const first = exchange.lines.findIndex((line) => line.actor === 'host');
    const host = exchange.lines[first];
    if (!host || /ATE0/i.test(host.text) || !/^AT.*\\r\\n$/i.test(host.text)) return;
    const said = /echo (?:is )?off|without echo|no echo|after ATE0/i;
    const meant = said.test(exchange.title) || (!before && said.test(this.#section.title));
    const answer = answerTo(exchange.lines, first);
    const unechoed = answer !== '' && !answer.includes(host.text.slice(0, 6));
    if (unechoed && this.#rig.links.echo && (meant || !before)) {
      await this.#rig.command('ATE0');
      done.push('sent ATE0');
    }
  }

  /** Material for the modes of authentication that the step wants accepted. */
  async #certificates(exchange: Exchange, done: string[]): Promise<void> {
    const title = /WSCFG[^)]*?auth(?:_mode)?[ =](\d)(?:,(\d),(\d))?/i.exec(exchange.title);
    const sent = exchange.lines.findIndex((line) =>
      /^AT\+WSCFG=\d,\d+,\d+,\d+,[1-3],\d,\d\\r\\n/i.test(line.text),
    );
    const accepted = sent >= 0 && answerTo(exchange.lines, sent).includes('\\r\\nOK\\r\\n');
    const wanted = certificateIn(exchange.title);
    if (wanted && exchange.lines.some((line) => line.text.includes('wss:'))) {
      this.#rig.perform({ kind: 'certificate', which: wanted }, 0);
    }
    if (accepted || (title && title[1] !== '0')) await this.provision(done);
    if (!title || sent >= 0) return;
    const open = exchange.lines.find((line) => /^AT\+WSOPEN=([012])/i.test(line.text));
    const link = Number(/=([012])/.exec(open?.text ?? '')?.[1] ?? 0);
    if (this.#rig.links.inUse(link)) await this.close(link);
    const keys =
      title[2] === undefined ? (title[1] === '0' ? '' : ',0,0') : `,${title[2]},${title[3]}`;
    await this.#rig.command(`AT+WSCFG=${link},10,120,1024,${title[1]}${keys}`);
    done.push(`sent WSCFG with auth ${title[1]}${keys}`);
  }

  /** Writes certificates and sets the clock, once. */
  async provision(done: string[]): Promise<void> {
    if (this.#provisioned) return;
    this.#provisioned = true;
    const { authority, client } = identities();
    const material = {
      wss_ca: authority.certificate,
      wss_cert: client.certificate,
      wss_key: client.key,
    };
    for (const [space, pem] of Object.entries(material)) {
      const bytes = Buffer.from(`${pem}\0`);
      await this.#rig.command(`AT+SYSMFG=2,"${space}","${space}.0",8,${bytes.length}`, bytes);
    }
    await this.#rig.command('AT+CIPSNTPCFG=1,0,"pool.ntp.org"');
    await this.#rig.pass(2000);
    this.#rig.output.clear();
    done.push('wrote certificates and set the clock');
  }

  #notesAfter(index: number): string[] {
    const notes: string[] = [];
    for (const item of this.#section.items.slice(index + 1)) {
      if (item.kind !== 'note') break;
      notes.push(item.text);
    }
    return notes;
  }
}

/** What the device says to the line at `index`, up to the host's next. */
export function answerTo(lines: readonly TranscriptLine[], index: number): string {
  let answer = '';
  for (const line of lines.slice(index + 1)) {
    if (line.actor === 'host') break;
    if (line.actor === 'device') answer += line.text;
  }
  return answer;
}

/** How joining a network ends by its answer. */
function joinResultIn(answer: string): JoinResult {
  const code = /\+CWJAP:(\d)/.exec(answer)?.[1];
  if (code === '1') return 'no address';
  if (code === '2') return 'wrong password';
  if (code === '3') return 'absent';
  return answer.includes('WIFI GOT IP') ? 'joined' : 'unknown';
}

/** `WSCFG=0,2,5`, `ping 2 s, timeout 5 s`, `buffer 8`: what follows the link's number in WSCFG. */
export function configIn(text: string): string | undefined {
  const explicit = /WSCFG=[012],([\d,]+)/i.exec(text)?.[1];
  if (explicit !== undefined) return explicit;
  const ping = /\b(?:ping|interval)(?: interval| every)? (\d+)(?:-\d+)? ?s?\b/i.exec(text)?.[1];
  const pong = /(?:pong )?timeout (\d+) s\b/i.exec(text)?.[1];
  const buffer = /\bbuffer(?:[ _]size)?(?: of)? (\d+)/i.exec(text)?.[1];
  if (ping === undefined && buffer === undefined) return undefined;
  const values = `${ping ?? 10},${ping === undefined ? 120 : (pong ?? 120)}`;
  return buffer === undefined ? values : `${values},${buffer}`;
}

/** The first buffer size that any of these speaks of. */
export function bufferIn(items: readonly Item[]): string | undefined {
  for (const item of items) {
    const text = item.kind === 'row' ? item.left : item.kind === 'exchange' ? item.title : '';
    const config = /\bbuffer \d+/i.test(text) ? configIn(text) : undefined;
    if (config !== undefined) return config;
  }
  return undefined;
}
