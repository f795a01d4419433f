import { Awaited } from './awaited';
import { equalButForRaces, Expectation } from './compare';
import { abridge } from './escapes';
import { eventsIn } from './inference';
import { newStep, type StepOutcome } from './outcome';
import { writesOf } from './host-writes';
import { lengthOf, parsePattern } from './pattern';
import { racingWith } from './racing';
import type { Rig } from './rig';
import type { Stimuli } from './stimuli';
import type { Report } from './reports';
import { inWords, leadsTo, type Stimulus } from './stimulus';
import { answerTo, finalOf, type Exchange, type TranscriptLine } from './transcript';
import { variationFor } from './variations';
import { delayIn, silenceIn } from './wording';

/** How long to wait for output that should not be, in milliseconds. */
const QUIET = 60;
/** How long before a command a report must be on its way to stand before its echo, in milliseconds. */
const REPORT_FIRST = 4;
/** How late a piece may be before its cause is looked for, in milliseconds. */
const GRACE = 15;
/** The same where an `S` line has just told a cause. */
const LONG_GRACE = 300;
/** How long after its effect an act of the server may be noted down, in milliseconds. */
const NOTED_LATE = 60;
/** How much longer than allowed a piece is waited for, so that a late one is told from a missing one. */
const PATIENCE = 3000;

const nothing = { lead: 0, stimuli: [] };

/** Plays one exchange against the rig and compares what the device says. */
export class ExchangePlayer {
  readonly #rig: Rig;
  readonly #exchange: Exchange;
  readonly #stimuli: Stimuli;
  readonly #outcome: StepOutcome;
  /** The event before, in the recording and here. */
  #recorded = 0;
  #actual: number;
  /** How far the output has been accounted for. */
  #position = 0;
  /** The command at work, until its final result has come. */
  #inFlight = '';
  /** What `S` lines since the last piece of output account for. */
  readonly #explained = new Set<Report['kind']>();
  /** Words about the server that are not understood; its output may tell all the same. */
  #unknown: string | undefined;
  /** Lines that were played before their turn. */
  readonly #played = new Set<TranscriptLine>();
  readonly #awaited: Awaited;
  /** When the last of what was put off is to happen. */
  #lastDue = 0;

  constructor(rig: Rig, exchange: Exchange, stimuli: Stimuli) {
    this.#rig = rig;
    this.#exchange = exchange;
    this.#stimuli = stimuli;
    this.#outcome = newStep(exchange.line, exchange.title);
    this.#awaited = new Awaited(rig, exchange);
    this.#actual = rig.now;
  }

  /** @param carry whether output that is left over may belong to the next step */
  async play(carry: (rest: Buffer) => boolean): Promise<StepOutcome> {
    this.#actual = this.#rig.now;
    if (this.#stimuli.needsServer && this.#rig.restoreServer()) {
      this.#outcome.remarks.push('inferred: the server is back');
    }
    for (const stimulus of this.#stimuli.atStart())
      if (!this.#awaited.keeps(stimulus)) this.#schedule(stimulus);
    const { lines } = this.#exchange;
    for (let index = 0; index < lines.length;) {
      const line = lines[index];
      if (!line) break;
      if (this.#played.has(line)) {
        index++;
        continue;
      }
      if (line.actor === 'host') await this.#host(line);
      else if (line.actor === 'server') await this.#server(line);
      index += line.actor === 'device' ? await this.#device(lines, index) : 1;
    }
    await this.#rest(carry);
    if (this.#unknown !== undefined) {
      this.#outcome.notReplayable ??= `nobody knows how to do this: ${this.#unknown}`;
    }
    return this.#outcome;
  }

  async #host(line: TranscriptLine): Promise<void> {
    await this.#until(line);
    const { lines } = this.#exchange;
    const index = lines.indexOf(line);
    const answer = answerTo(lines, index);
    const writes = writesOf(line, answer, this.#inFlight);
    if (this.#inFlight === '' || /^AT/i.test(line.text)) this.#inFlight = line.text;
    this.#explained.clear();
    // A server that does not read has room for as long as the recording shows messages to be sent.
    this.#rig.network.window = finalOf(lines, index) === 'SEND OK' ? Infinity : 0;
    this.#stimuli.armFor(line, answer);
    const next = lines[index + 1];
    const reportFirst =
      next?.actor === 'device' && line.text !== '' && next.text.indexOf(line.text) > 0;
    const first =
      reportFirst && next.text.startsWith('+WS_')
        ? this.#stimuli.behind(next, Buffer.alloc(0))
        : this.#stimuli.before(line, answer, this.#inFlight);
    for (const stimulus of first) this.#schedule(stimulus);
    if (first.length > 0) await this.#rig.pass(REPORT_FIRST);
    for (const { bytes, afterAnswer } of writes) {
      if (afterAnswer) await this.#rig.pass(5);
      this.#rig.write(bytes);
    }
    this.#recorded = line.time;
    this.#actual = this.#rig.now;
  }

  async #server(line: TranscriptLine): Promise<void> {
    await this.#until(line);
    this.#act(line);
    this.#recorded = line.time;
    this.#actual = this.#rig.now;
  }

  /** Does what an `S` line says. */
  #act(line: TranscriptLine): void {
    const stimuli = this.#stimuli.fromServerLine(line);
    if (!stimuli) this.#unknown ??= line.text;
    for (const stimulus of stimuli ?? []) {
      for (const kind of leadsTo(stimulus.action)) this.#explained.add(kind);
      this.#schedule(stimulus);
    }
  }

  /** @returns how many lines it accounted for */
  async #device(lines: readonly TranscriptLine[], index: number): Promise<number> {
    const line = lines[index];
    if (!line) return 1;
    const expectation = new Expectation(parsePattern(line.text));
    const raced = racingWith(lines, index, this.#inFlight);
    const gap = line.time - this.#recorded;
    const [least, most] = variationFor(line.text, this.#inFlight).range(gap);
    const due = this.#actual + gap;
    const { output } = this.#rig;
    let end: number | undefined;
    let used = 1;
    const done = (): boolean => {
      end = expectation.match(output.bytes, this.#position);
      used = 1;
      if (end !== undefined || !raced) return end !== undefined;
      const stop = this.#position + raced.bytes.length;
      if (output.length < stop) return false;
      if (!equalButForRaces(raced.bytes, output.slice(this.#position, stop))) return false;
      end = stop;
      used = raced.lines;
      return true;
    };
    await this.#ahead(line, due, done);
    const grace = this.#explained.size > 0 ? LONG_GRACE : GRACE;
    const onTheWire = this.#rig.transmissionTime(lengthOf(expectation.pattern));
    const inTime = await this.#rig.until(done, due + grace);
    if (!inTime && onTheWire > QUIET && this.#position < output.length) {
      await this.#meanwhile(lines.slice(index + 1), done);
      await this.#rig.until(done, this.#actual + most + onTheWire + PATIENCE);
    } else if (!inTime && !(await this.#toldAfter(lines.slice(index + 1), line, done))) {
      const said = output.slice(this.#position);
      for (const stimulus of this.#stimuli.behind(line, said)) {
        this.#schedule(stimulus);
        this.#outcome.remarks.push(`inferred: ${inWords(stimulus)}`);
        this.#unknown = undefined;
      }
    }
    if (onTheWire > QUIET) await this.#meanwhile(lines.slice(index + 1), done);
    await this.#rig.until(done, this.#actual + most + onTheWire + PATIENCE);
    this.#explained.clear();
    const came = output.timeAt(this.#position);
    if (end === undefined) {
      const actual = output.slice(this.#position);
      this.#differ(
        `expected ${line.text === '' ? '(nothing)' : line.text}`,
        `actual   ${abridge(actual)}`,
      );
      this.#position = output.length;
      this.#recorded = line.time;
      this.#actual = came ?? this.#rig.now;
    } else {
      if (expectation.match(output.bytes, this.#position) === undefined) {
        const actual = output.slice(this.#position, end);
        this.#outcome.remarks.push(`a report raced with an answer: ${abridge(actual)}`);
      }
      const took = Math.max(0, (came ?? this.#rig.now) - this.#actual);
      if (took < least - 1 || took > most + 1) {
        this.#differ(
          `expected ${line.text.slice(0, 60)} ${seconds(gap)} after what came before`,
          `actual   ${seconds(took)}`,
        );
      }
      this.#position = end;
      this.#recorded = line.time;
      this.#actual = Math.max(this.#actual, came ?? this.#rig.now);
    }
    this.#afterEvents(line);
    // The OK before a prompt is no final result.
    if (/\\r\\n(?:OK|ERROR|SEND OK|SEND FAIL)\\r\\n(?!\\r\\n>)/.test(line.text))
      this.#inFlight = '';
    return used;
  }

  /** A server's act may have been noted down just after what came of it. */
  async #toldAfter(
    lines: readonly TranscriptLine[],
    piece: TranscriptLine,
    done: () => boolean,
  ): Promise<boolean> {
    for (const line of lines) {
      if (line.actor !== 'server' || line.time - piece.time > NOTED_LATE) break;
      this.#played.add(line);
      this.#act(line);
      if (await this.#rig.until(done, this.#rig.now + GRACE)) return true;
    }
    return false;
  }

  /** While a piece that takes long is still on its way, host and server go on as recorded. */
  async #meanwhile(lines: readonly TranscriptLine[], done: () => boolean): Promise<void> {
    const start = this.#actual - this.#recorded;
    for (const line of lines) {
      if (line.actor === 'device') return;
      if (this.#played.has(line)) continue;
      if (await this.#rig.until(done, start + line.time)) return;
      this.#played.add(line);
      const [recorded, actual] = [this.#recorded, this.#actual];
      if (line.actor === 'host') await this.#host(line);
      else await this.#server(line);
      [this.#recorded, this.#actual] = [recorded, actual];
    }
  }

  /** Losing a link decides about the attempts to come. */
  #afterEvents(line: TranscriptLine): void {
    for (const event of eventsIn(parsePattern(line.text), (link) =>
      this.#rig.links.formatOf(link),
    )) {
      if (event.kind === 'connected')
        for (const stimulus of this.#awaited.takeFor(event.link)) this.#schedule(stimulus);
      if (event.kind !== 'disconnected' || this.#opening(event.link)) continue;
      const attempts = this.#stimuli.attemptsAfter(event.link, line);
      if (attempts !== undefined) this.#rig.attempts = attempts;
      for (const stimulus of this.#stimuli.afterLoss(event.link, line)) this.#schedule(stimulus);
    }
  }

  /** Whether the host is opening the link: its failure is WSOPEN's own. */
  #opening(link: number): boolean {
    return (
      new RegExp(`^AT\\+WSOPEN=${link},`, 'i').test(this.#inFlight) && !this.#rig.links.inUse(link)
    );
  }

  /** What has to happen some time before the piece is due. */
  async #ahead(line: TranscriptLine, due: number, done: () => boolean): Promise<void> {
    if (done()) return;
    const explained = this.#explained.has('wifi') || this.#explained.has('ready');
    const { lead, stimuli } = explained ? nothing : this.#stimuli.ahead(line, this.#inFlight);
    if (stimuli.length === 0) return;
    await this.#rig.until(done, due - lead);
    if (done()) return;
    for (const stimulus of stimuli) {
      this.#schedule(stimulus);
      this.#outcome.remarks.push(`inferred: ${inWords(stimulus)}`);
    }
  }

  /** Nothing more may come; or, where the title says so, for longer. */
  async #rest(carry: (rest: Buffer) => boolean): Promise<void> {
    const { title, lines } = this.#exchange;
    const waits = /\bwait|nothing (?:more )?for|silence|idle/i.test(title);
    const spoken = lines.some((line) => line.actor === 'host');
    const silent = lines.length === 0 ? silenceIn(title) : waits && !spoken ? delayIn(title) : 0;
    await this.#rig.pass(Math.max(QUIET, silent, this.#lastDue + 5 * QUIET - this.#rig.now));
    const rest = this.#rig.output.slice(this.#position);
    if (rest.length === 0 || !carry(rest)) {
      if (rest.length > 0) this.#differ('expected (nothing more)', `actual   ${abridge(rest)}`);
      this.#rig.output.clear();
    } else {
      this.#rig.output.drop(this.#position);
    }
  }

  async #until(line: TranscriptLine): Promise<void> {
    await this.#rig.pass(this.#actual + line.time - this.#recorded - this.#rig.now);
  }

  #schedule(stimulus: Stimulus): void {
    const act = (): void => {
      if (this.#rig.perform(stimulus.action, stimulus.link)) return;
      // Ending what has ended already changes nothing; what it should have brought about is compared.
      if (stimulus.action.kind === 'drop' || stimulus.action.kind === 'close') return;
      this.#outcome.notReplayable ??= `there is no open connection for: ${inWords(stimulus)}`;
    };
    if (stimulus.at <= 0) {
      act();
      return;
    }
    this.#lastDue = Math.max(this.#lastDue, this.#rig.now + stimulus.at);
    this.#rig.clock.after(stimulus.at, act);
  }

  #differ(...lines: string[]): void {
    this.#outcome.differences.push(lines.join('\n'));
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)} s`;
}
