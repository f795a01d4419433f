import { unescape } from './escapes';
import { formatShown } from './format-shown';
import { identities } from './identities';
import type { JoinResult, Rig } from './rig';
import { answerTo, type Exchange, type Section } from './transcript';
import { certificateIn } from './wording';

/** Settings of the device, apart from its links, that a recording had without printing how they came about. */
export class DeviceSetup {
  readonly #rig: Rig;
  readonly #section: Section;
  /** Settings that titles name, as they were last sent. */
  readonly #settings = new Map<string, string>();
  #provisioned = false;

  constructor(rig: Rig, section: Section) {
    this.#rig = rig;
    this.#section = section;
  }

  /**
   * @param closeLink ends a link that is in use
   * @param done gets what was done, in words
   */
  async prepare(
    exchange: Exchange,
    index: number,
    closeLink: (link: number) => Promise<void>,
    done: string[],
  ): Promise<void> {
    this.#accessPoints(exchange);
    await this.#station(exchange, done);
    await this.#echo(exchange, index, done);
    await this.#titleSettings(exchange, this.#titleOf(exchange, index), done);
    await this.#dataFormats(exchange, done);
    await this.#certificates(exchange, closeLink, done);
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

  /** Only a station can try to join. */
  async #station(exchange: Exchange, done: string[]): Promise<void> {
    const tries = exchange.lines.some(
      ({ actor, text }, index) =>
        actor === 'host' &&
        /^AT\+CWJAP=/i.test(text) &&
        /WIFI CONNECTED|\+CWJAP:\d/.test(answerTo(exchange.lines, index)),
    );
    const sent = exchange.lines.some(({ text }) => /^AT\+CWMODE=/i.test(text));
    if (!tries || sent || !/\+CWMODE:[02]/.test(await this.#rig.command('AT+CWMODE?'))) return;
    await this.#rig.command('AT+CWMODE=1,0');
    done.push('made it a station');
  }

  /** `DATAFMT=0,2,63`, `SYSLOG=1`, `(WSCFG auth 2,0,0)` in a title: sent unless in force or sent openly. */
  async #titleSettings(exchange: Exchange, title: string, done: string[]): Promise<void> {
    const host = exchange.lines.filter((line) => line.actor === 'host').map((line) => line.text);
    for (const line of host) {
      const sent = /^AT\+(SYSLOG|SYSMSG|SYSSTORE|WSDATAFMT)=([\d,]+)/i.exec(line);
      if (sent) this.#settings.set(sent[1]?.toUpperCase() ?? '', sent[2] ?? '');
      if (/^AT\+(?:RST|RESTORE)/i.test(line)) this.#settings.clear();
    }
    for (const match of title.matchAll(
      /\b(?:AT\+)?(SYSLOG|SYSMSG|SYSSTORE|(?:WS)?DATAFMT)=(\d+(?:,\d+)*)/gi,
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

  /** The title of a step; for the first one, that of its section as well. */
  #titleOf(exchange: Exchange, index: number): string {
    const isFirst = !this.#section.items.slice(0, index).some((item) => item.kind !== 'note');
    return isFirst ? `${this.#section.title}\n${exchange.title}` : exchange.title;
  }

  /** Formats of data reports that the step's output shows. */
  async #dataFormats(exchange: Exchange, done: string[]): Promise<void> {
    if (exchange.lines.some(({ text }) => /^AT\+(?:WSDATAFMT|RST|RESTORE)/i.test(text))) return;
    for (const line of exchange.lines) {
      if (line.actor !== 'device') continue;
      const text = unescape(line.text).toString('latin1');
      for (const link of [0, 1, 2]) {
        const format = formatShown(text, link, this.#rig.links.formatOf(link).format);
        if (!format) continue;
        await this.#rig.command(`AT+WSDATAFMT=${link},${format.level},${format.mask}`);
        done.push(`set the data format of link ${link} to ${format.level},${format.mask}`);
      }
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
    const unechoed = /^(?:\\r\\n|ERR CODE:)/.test(answer);
    if (unechoed && this.#rig.links.echo && (meant || !before)) {
      await this.#rig.command('ATE0');
      done.push('sent ATE0');
    }
  }

  /** Material for the modes of authentication that the step wants accepted. */
  async #certificates(
    exchange: Exchange,
    closeLink: (link: number) => Promise<void>,
    done: string[],
  ): Promise<void> {
    const title = /WSCFG[^)]*?auth(?:_mode)?[ =](\d)(?:,(\d),(\d))?/i.exec(exchange.title);
    const sent = exchange.lines.findIndex((line) =>
      /^AT\+WSCFG=\d,\d+,\d+,\d+,[1-3],\d,\d\\r\\n/i.test(line.text),
    );
    const accepted = sent >= 0 && answerTo(exchange.lines, sent).includes('\\r\\nOK\\r\\n');
    const wanted = certificateIn(exchange.title);
    if (wanted && exchange.lines.some((line) => line.text.includes('wss:'))) {
      this.#rig.perform({ kind: 'certificate', which: wanted }, 0);
    }
    if (accepted || (title && title[1] !== '0')) await this.#provision(done);
    if (!title || sent >= 0) return;
    const open = exchange.lines.find((line) => /^AT\+WSOPEN=([012])/i.test(line.text));
    const link = Number(/=([012])/.exec(open?.text ?? '')?.[1] ?? 0);
    if (this.#rig.links.inUse(link)) await closeLink(link);
    const keys =
      title[2] === undefined ? (title[1] === '0' ? '' : ',0,0') : `,${title[2]},${title[3]}`;
    await this.#rig.command(`AT+WSCFG=${link},10,120,1024,${title[1]}${keys}`);
    done.push(`sent WSCFG with auth ${title[1]}${keys}`);
  }

  /** Writes certificates and sets the clock, once, unless the recording shows how it did so itself. */
  async #provision(done: string[]): Promise<void> {
    if (this.#provisioned) return;
    this.#provisioned = true;
    if (!this.#shows(/^AT\+SYSMFG=2/i)) {
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
      done.push('wrote certificates');
    }
    if (!this.#shows(/^AT\+CIPSNTPCFG=1/i)) {
      await this.#rig.command('AT+CIPSNTPCFG=1,0,"pool.ntp.org"');
      await this.#rig.pass(2000);
      done.push('set the clock');
    }
    this.#rig.output.clear();
  }

  /** Whether the host is seen to send such a command anywhere in the section. */
  #shows(command: RegExp): boolean {
    return this.#section.items.some(
      (item) =>
        item.kind === 'exchange' &&
        item.lines.some(({ actor, text }) => actor === 'host' && command.test(text)),
    );
  }
}

/** How joining a network ends by its answer. */
function joinResultIn(answer: string): JoinResult {
  const code = /\+CWJAP:(\d)/.exec(answer)?.[1];
  if (code === '1') return answer.includes('WIFI CONNECTED') ? 'no address' : 'no answer';
  if (code === '2') return 'wrong password';
  if (code === '3') return 'absent';
  if (code === '4') return 'refused';
  return answer.includes('WIFI GOT IP') ? 'joined' : 'unknown';
}
