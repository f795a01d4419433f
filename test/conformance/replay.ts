import type { FirmwareClass } from '../../simulator/firmware';
import { ExchangePlayer } from './exchange';
import { checkNote, ServerMark } from './notes';
import { isMatched, newStep, type SectionOutcome, type StepOutcome } from './outcome';
import { lengthOf, parsePattern } from './pattern';
import { Prospects } from './prospects';
import { inWords, OTHER_READINGS, USUAL_READING, type Reading } from './readings';
import { pongsAfter } from './received-frames';
import { Rig, type World } from './rig';
import { Rows } from './rows';
import { isScenario, Scenarios } from './scenario';
import { serverPortOf, worldOf } from './section-world';
import { Setup } from './setup';
import { Stimuli } from './stimuli';
import type { Exchange, Heading, Section } from './transcript';
import { UnfinishedFrames } from './unfinished-frames';

/** Bits a second of a line with a rate that is not mentioned. */
const USUAL_RATE = 115_200;

/** Steps of a section that are read anew, at most, so that a hopeless one ends. */
const MOST_TRIES = 120;

/** Plays a section on a fresh device of the given class. */
export async function replaySection(
  section: Section,
  firmware: FirmwareClass,
  file = '',
): Promise<SectionOutcome> {
  const world = worldOf(section, firmware);
  let played = await settle(section, world);
  // Where much was said, the line may have had a rate that nobody mentions.
  if (world.rate === undefined && !played.steps.every(isMatched) && saysMuch(section)) {
    const paced = await settle(section, { ...world, rate: USUAL_RATE });
    if (matchesOf(paced) > matchesOf(played)) played = paced;
  }
  return { file, title: section.title, ...played };
}

/** Plays it with the readings that make its steps come out as recorded, as far as there are any. */
async function settle(section: Section, world: World): Promise<Played> {
  const readings = new Map<number, Reading>();
  let played = await new SectionReplay(section, world, readings).play();
  let tries = 0;
  for (let step = 0; step < played.steps.length; step++) {
    const failed = played.steps[step];
    if (!failed || isMatched(failed)) continue;
    for (const reading of OTHER_READINGS) {
      if (tries++ >= MOST_TRIES) break;
      readings.set(step, reading);
      const other = await new SectionReplay(section, world, readings).play(step);
      const same = other.steps[step];
      if (same && isMatched(same)) break;
      readings.delete(step);
    }
    if (!readings.has(step)) continue;
    played = await new SectionReplay(section, world, readings).play();
  }
  return played;
}

const matchesOf = ({ steps }: Played): number => steps.filter(isMatched).length;

/** Whether a piece of output is so long that a serial line takes about a second for it. */
function saysMuch(section: Section): boolean {
  return section.items.some(
    (item) =>
      item.kind === 'exchange' &&
      item.lines.some(
        ({ actor, text }) => actor === 'device' && lengthOf(parsePattern(text)) > 10_000,
      ),
  );
}

interface Played {
  readonly steps: StepOutcome[];
  readonly unread: string[];
}

/** Whether a link is seen while it waits for the server to end TCP after their close frames. */
function showsClosing(exchange: Exchange): boolean {
  return exchange.lines.some(({ text }) => /\+WSOPEN:[012],4,/.test(text));
}

class SectionReplay {
  readonly #section: Section;
  readonly #readings: ReadonlyMap<number, Reading>;
  readonly #unfinished = new UnfinishedFrames();
  readonly #rig: Rig;
  readonly #setup: Setup;
  readonly #rows: Rows;
  readonly #scenarios: Scenarios;
  readonly #steps: StepOutcome[] = [];
  readonly #unread: string[] = [];
  readonly #prospects: Prospects;
  #mark: ServerMark;

  /** @param readings of steps that are not read as usual */
  constructor(section: Section, world: World, readings: ReadonlyMap<number, Reading>) {
    this.#readings = readings;
    const port = serverPortOf(section);
    this.#section = section;
    this.#rig = new Rig(world);
    this.#setup = new Setup(this.#rig, section, port);
    this.#rows = new Rows(this.#rig, this.#setup, port);
    this.#scenarios = new Scenarios(this.#rig, this.#setup, port, section.title);
    this.#prospects = new Prospects(section, (link) => this.#rig.links.formatOf(link));
    this.#mark = new ServerMark(this.#rig);
  }

  /** @param last the step after which the rest does not matter */
  async play(last = Infinity): Promise<Played> {
    try {
      for (const [index, item] of this.#section.items.entries()) {
        if (this.#steps.length > last && item.kind !== 'note') break;
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
    const { behavior } = this.#rig.server;
    behavior.answersPings = behavior.answersCloses = true;
    this.#rig.perform({ kind: 'ends tcp', value: !showsClosing(exchange) }, 0);
    const reading = this.#readings.get(this.#steps.length) ?? USUAL_READING;
    if (reading.pause > 0) {
      await this.#rig.pass(reading.pause);
      this.#rig.output.clear();
    }
    const done = await this.#setup.prepare(exchange, index);
    await this.#step(async () => {
      const stimuli = new Stimuli({
        rig: this.#rig,
        exchange,
        prospects: this.#prospects,
        unfinished: this.#unfinished,
        pongs: pongsAfter(this.#section.items, index),
        words: reading.words,
      });
      const outcome = await new ExchangePlayer(this.#rig, exchange, stimuli).play((rest) =>
        this.#belongsToNext(index, rest),
      );
      if (exchange.lines.length === 0 && !stimuli.known) {
        outcome.notReplayable ??= `nobody knows what to do here: ${exchange.title}`;
      }
      outcome.remarks.unshift(...done.map((each) => `set up: ${each}`));
      if (reading !== USUAL_READING) outcome.remarks.unshift(`read: ${inWords(reading)}`);
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
}
