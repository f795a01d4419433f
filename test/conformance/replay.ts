import type { FirmwareClass } from '../../simulator/firmware';
import { ExchangePlayer } from './exchange';
import { eventsIn } from './inference';
import { checkNote, ServerMark } from './notes';
import { newStep, type SectionOutcome, type StepOutcome } from './outcome';
import { parsePattern } from './pattern';
import { Rig } from './rig';
import { Rows } from './rows';
import { isScenario, Scenarios } from './scenario';
import { serverPortOf, worldOf } from './section-world';
import { Setup } from './setup';
import { Stimuli } from './stimuli';
import type { Exchange, Heading, Section, TranscriptLine } from './transcript';

type LinkEvent = 'connected' | 'disconnected' | 'closed';

/** Plays a section on a fresh device of the given class. */
export async function replaySection(
  section: Section,
  firmware: FirmwareClass,
  file = '',
): Promise<SectionOutcome> {
  const replay = new SectionReplay(section, firmware);
  const { steps, unread } = await replay.play();
  return { file, title: section.title, steps, unread };
}

class SectionReplay {
  readonly #section: Section;
  readonly #rig: Rig;
  readonly #setup: Setup;
  readonly #rows: Rows;
  readonly #scenarios: Scenarios;
  readonly #steps: StepOutcome[] = [];
  readonly #unread: string[] = [];
  #mark: ServerMark;

  constructor(section: Section, firmware: FirmwareClass) {
    const port = serverPortOf(section);
    this.#section = section;
    this.#rig = new Rig(worldOf(section, firmware));
    this.#setup = new Setup(this.#rig, section, port);
    this.#rows = new Rows(this.#rig, this.#setup, port);
    this.#scenarios = new Scenarios(this.#rig, this.#setup, port, section.title);
    this.#mark = new ServerMark(this.#rig);
  }

  async play(): Promise<{ steps: StepOutcome[]; unread: string[] }> {
    try {
      for (const [index, item] of this.#section.items.entries()) {
        if (item.kind === 'exchange') await this.#exchange(item, index);
        else if (item.kind === 'row')
          await this.#step(() => this.#rows.play(item, this.#section.items.slice(index + 1)));
        else if (item.kind === 'heading') await this.#heading(item);
        else if (isScenario(item.text))
          await this.#step(() => this.#scenarios.play(item.line, item.text));
        else await this.#note(item.text, item.line);
      }
    } finally {
      await this.#rig.end();
    }
    return { steps: this.#steps, unread: this.#unread };
  }

  async #step(play: () => Promise<StepOutcome>): Promise<void> {
    this.#mark = new ServerMark(this.#rig);
    this.#steps.push(await play());
  }

  async #exchange(exchange: Exchange, index: number): Promise<void> {
    const { manners } = this.#rig.server;
    manners.answersPings = manners.answersCloses = true;
    const done = await this.#setup.prepare(exchange, index);
    await this.#step(async () => {
      const stimuli = new Stimuli(this.#rig, exchange, (link, line) =>
        this.#nextEvent(link, exchange, line),
      );
      const outcome = await new ExchangePlayer(this.#rig, exchange, stimuli).play((rest) =>
        this.#belongsToNext(index, rest),
      );
      if (exchange.lines.length === 0 && !stimuli.known) {
        outcome.notReplayable ??= `nobody knows what to do here: ${exchange.title}`;
      }
      outcome.remarks.unshift(...done.map((each) => `set up: ${each}`));
      return outcome;
    });
  }

  /** `### AT+WSDATAFMT=0,0,5 AT+WSDATAFMT=0,0,5\r\n\r\nOK\r\n`: a command and its answer. */
  async #heading(heading: Heading): Promise<void> {
    const match = /^(AT\S+) (\1\\r\\n.*)$/.exec(heading.text);
    if (!match) return;
    await this.#step(async () => {
      const outcome = newStep(heading.line, match[1] ?? '');
      await this.#rows.exchange(match[1] ?? '', match[2] ?? '', outcome);
      return outcome;
    });
  }

  async #note(text: string, line: number): Promise<void> {
    const outcome = this.#steps.at(-1) ?? newStep(line, text.slice(0, 80));
    if (!(await checkNote(text, this.#rig, this.#mark, outcome)))
      this.#unread.push(`line ${line}: ${text}`);
  }

  /** Whether what is left of a step's output is what the next one begins with. */
  #belongsToNext(index: number, rest: Buffer): boolean {
    const next = this.#section.items.slice(index + 1).find((item) => item.kind !== 'note');
    const line = next?.kind === 'exchange' ? next.lines[0] : undefined;
    if (line?.actor !== 'device') return false;
    const pattern = parsePattern(line.text);
    const head = pattern.kind === 'whole' ? pattern.bytes : pattern.head;
    const common = Math.min(head.length, rest.length);
    return head.subarray(0, common).equals(rest.subarray(0, common));
  }

  /** What becomes of a link after `after`, by the recording; undefined once the host takes it in hand. */
  #nextEvent(link: number, exchange: Exchange, after: TranscriptLine): LinkEvent | undefined {
    const { items } = this.#section;
    const taken = new RegExp(`^AT\\+(?:WSOPEN|WSCLOSE)=${link}\\b|^AT\\+(?:RST|RESTORE)`, 'i');
    for (const item of items.slice(items.indexOf(exchange))) {
      if (item.kind !== 'exchange') continue;
      const from = item === exchange ? item.lines.indexOf(after) + 1 : 0;
      for (const line of item.lines.slice(from)) {
        if (line.actor === 'host' && taken.test(line.text)) return undefined;
        if (line.actor !== 'device') continue;
        for (const event of eventsIn(parsePattern(line.text), (id) =>
          this.#rig.links.formatOf(id),
        )) {
          if ('link' in event && event.link === link) return event.kind;
        }
      }
    }
    return undefined;
  }
}
