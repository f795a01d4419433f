import { configIn } from './config-wording';
import { unescape } from './escapes';
import { readConfig } from './link-tracker';
import type { Rig } from './rig';
import { notesAfter } from './received-frames';
import { DeviceSetup } from './setup-device';
import { answerTo, type Exchange, type Section, type TranscriptLine } from './transcript';

/** How long a recording leaves a link it has just opened alone, in milliseconds. */
const SETTLE = 300;

/** `AT+WSOPEN=0,…`, `AT+WSSEND=0,…`: the command and its link. */
const LINK_COMMAND = /^AT\+(WSOPEN|WSCLOSE|WSSEND)=([012])\b/i;

/**
 * What a recording did without printing it: opened a link that the next step uses, closed one that the
 * next step opens, and what {@link DeviceSetup} does.
 */
export class Setup {
  readonly #rig: Rig;
  readonly #section: Section;
  readonly #port: number;
  readonly #device: DeviceSetup;

  constructor(rig: Rig, section: Section, port: number) {
    this.#rig = rig;
    this.#section = section;
    this.#port = port;
    this.#device = new DeviceSetup(rig, section);
  }

  /** Brings about what `exchange` needs. @returns what was done, in words */
  async prepare(exchange: Exchange, index: number): Promise<string[]> {
    const done: string[] = [];
    await this.#device.prepare(exchange, index, (link) => this.close(link), done);
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
    const [own = ''] = answer.split(/\\r\\n(?:OK|ERROR)\\r\\n/);
    const attempted = /\+WS_(?:CONNECTED|DISCONNECTED):|\\nready\\r/.test(own);
    if (links.inUse(link)) {
      const notesSayClosed = notesAfter(this.#section.items, index).some((note) =>
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
}
