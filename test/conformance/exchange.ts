import { equalButForRaces, Expectation } from './compare';
import { abridge } from './escapes';
import { eventsIn } from './inference';
import { newStep, type StepOutcome } from './outcome';
import { expand, lengthOf, parsePattern } from './pattern';
import type { Rig } from './rig';
import type { Stimuli, Stimulus } from './stimuli';
import type { Exchange, TranscriptLine } from './transcript';
import { ORDERED_COMMAND, RACE_WINDOW, TIME_VARIATIONS, type TimeVariation } from './variations';
import { delayIn } from './wording';

/** How long to wait for output that should not be, in milliseconds. */
const QUIET = 60;
/** How long before a command a report must be on its way to stand before its echo, in milliseconds. */
const REPORT_FIRST = 4;
/** How late a piece may be before its cause is looked for, in milliseconds. */
const GRACE = 15;
/** How much longer than allowed a piece is waited for, so that a late one is told from a missing one. */
const PATIENCE = 3000;

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
  #lastHost = '';
  #serverSpoke = false;
  /** When the last of what was put off is to happen. */
  #lastDue = 0;

  constructor(rig: Rig, exchange: Exchange, stimuli: Stimuli) {
    this.#rig = rig;
    this.#exchange = exchange;
    this.#stimuli = stimuli;
    this.#outcome = newStep(exchange.line, exchange.title);
    this.#actual = rig.now;
  }

  /** @param carry whether output that is left over may belong to the next step */
  async play(carry: (rest: Buffer) => boolean): Promise<StepOutcome> {
    this.#actual = this.#rig.now;
    for (const stimulus of this.#stimuli.atStart()) this.#schedule(stimulus);
    const { lines } = this.#exchange;
    for (let index = 0; index < lines.length;) {
      const line = lines[index];
      if (!line) break;
      if (line.actor === 'host') await this.#host(line, lines[index + 1]);
      else if (line.actor === 'server') await this.#server(line);
      index += line.actor === 'device' ? await this.#device(lines, index) : 1;
    }
    await this.#rest(carry);
    return this.#outcome;
  }

  async #host(line: TranscriptLine, next: TranscriptLine | undefined): Promise<void> {
    await this.#until(line);
    const bytes = expand(parsePattern(line.text));
    if (!bytes) {
      this.#outcome.notReplayable = `the middle of what the host wrote cannot be known: ${line.text.slice(0, 80)}`;
      return;
    }
    this.#lastHost = line.text;
    this.#serverSpoke = false;
    if (next?.actor === 'device' && next.text.startsWith('+WS_') && bytes.length > 0) {
      for (const stimulus of this.#stimuli.behind(next, Buffer.alloc(0))) this.#schedule(stimulus);
      await this.#rig.pass(REPORT_FIRST);
    }
    for (const part of this.#writes(bytes, line)) {
      if (part.wait) await this.#rig.pass(5);
      this.#rig.write(part.bytes);
    }
    this.#recorded = line.time;
    this.#actual = this.#rig.now;
  }

  /**
   * Writes less than 12 ms apart are joined in a recording. Joined commands that were all answered, with
   * no `busy p...`, were written one after the other's answer.
   */
  #writes(bytes: Buffer, line: TranscriptLine): { bytes: Buffer; wait: boolean }[] {
    const text = bytes.toString('latin1');
    const following = this.#exchange.lines.slice(this.#exchange.lines.indexOf(line) + 1);
    const nextHost = following.findIndex((other) => other.actor === 'host');
    const answer = following
      .slice(0, nextHost < 0 ? undefined : nextHost)
      .map((other) => other.text)
      .join('');
    const commands = text.split(/(?<=\r\n)(?=.)/s);
    const joined = commands.length > 1 && /^AT/i.test(text) && !answer.includes('busy p...');
    const results = answer.match(/\\r\\n(?:OK|ERROR|SEND OK|SEND FAIL)\\r\\n/g) ?? [];
    if (!joined || results.length < 2) return [{ bytes, wait: false }];
    return commands.map((part, index) => ({ bytes: Buffer.from(part, 'latin1'), wait: index > 0 }));
  }

  async #server(line: TranscriptLine): Promise<void> {
    await this.#until(line);
    const stimuli = this.#stimuli.fromServerLine(line);
    if (!stimuli) {
      this.#outcome.notReplayable ??= `nobody knows how to do this: ${line.text}`;
      return;
    }
    for (const stimulus of stimuli) this.#schedule(stimulus);
    this.#serverSpoke = stimuli.length > 0;
    this.#recorded = line.time;
    this.#actual = this.#rig.now;
  }

  /** @returns how many lines it accounted for */
  async #device(lines: readonly TranscriptLine[], index: number): Promise<number> {
    const line = lines[index];
    if (!line) return 1;
    const expectation = new Expectation(parsePattern(line.text));
    const raced = this.#racing(lines, index);
    const gap = line.time - this.#recorded;
    const [least, most] = variationFor(line.text, this.#lastHost).range(gap);
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
    if (!this.#serverSpoke) await this.#ahead(line, due, done);
    if (!(await this.#rig.until(done, due + GRACE)) && !this.#serverSpoke) {
      const said = output.slice(this.#position);
      for (const stimulus of this.#stimuli.behind(line, said)) {
        this.#schedule(stimulus);
        this.#outcome.remarks.push(`inferred: ${inWords(stimulus)}`);
      }
    }
    await this.#rig.until(done, this.#actual + most + PATIENCE);
    this.#serverSpoke = false;
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
    return used;
  }

  /** Losing a link decides about the attempts to come. */
  #afterEvents(line: TranscriptLine): void {
    for (const event of eventsIn(parsePattern(line.text), (link) =>
      this.#rig.links.formatOf(link),
    )) {
      if (event.kind !== 'disconnected' || this.#opening(event.link)) continue;
      const refuse = this.#stimuli.mustRefuse(event.link, line);
      if (refuse !== undefined) this.#rig.refuses = refuse;
      for (const stimulus of this.#stimuli.afterLoss(event.link, line)) this.#schedule(stimulus);
    }
  }

  /** Whether the host is opening the link: its failure is WSOPEN's own. */
  #opening(link: number): boolean {
    return (
      new RegExp(`^AT\\+WSOPEN=${link},`, 'i').test(this.#lastHost) && !this.#rig.links.inUse(link)
    );
  }

  /** What has to happen some time before the piece is due. */
  async #ahead(line: TranscriptLine, due: number, done: () => boolean): Promise<void> {
    if (done()) return;
    const { lead, stimuli } = this.#stimuli.ahead(line);
    if (stimuli.length === 0) return;
    await this.#rig.until(done, due - lead);
    if (done()) return;
    for (const stimulus of stimuli) {
      this.#schedule(stimulus);
      this.#outcome.remarks.push(`inferred: ${inWords(stimulus)}`);
    }
  }

  /** This piece and those so near to it that a report among them may stand elsewhere. */
  #racing(
    lines: readonly TranscriptLine[],
    index: number,
  ): { bytes: Buffer; lines: number } | undefined {
    if (ORDERED_COMMAND.test(this.#lastHost)) return undefined;
    const first = lines[index];
    const parts: Buffer[] = [];
    for (const line of lines.slice(index)) {
      if (!first || line.actor !== 'device' || line.time - first.time > RACE_WINDOW) break;
      const pattern = parsePattern(line.text);
      if (pattern.kind !== 'whole' || lengthOf(pattern) > 4096) break;
      parts.push(pattern.bytes);
    }
    return parts.length > 0 ? { bytes: Buffer.concat(parts), lines: parts.length } : undefined;
  }

  /** Nothing more may come; or, where the title says so, for longer. */
  async #rest(carry: (rest: Buffer) => boolean): Promise<void> {
    const { title, lines } = this.#exchange;
    const waits = lines.length === 0 || /\bwait|nothing (?:more )?for|silence|idle/i.test(title);
    const silent = waits && !lines.some((line) => line.actor === 'host') ? delayIn(title) : 0;
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

function variationFor(text: string, lastHost: string): TimeVariation {
  const piece = Buffer.from(text.replace(/\\r/g, '\r').replace(/\\n/g, '\n')).toString('latin1');
  const found = TIME_VARIATIONS.find(
    ({ piece: wanted, after }) =>
      wanted.test(piece) &&
      (after === undefined || (after === 'none' ? lastHost === '' : after.test(lastHost))),
  );
  if (!found) throw new Error('the last time variation fits everything');
  return found;
}

function inWords({ action, link }: Stimulus): string {
  switch (action.kind) {
    case 'frames':
      return `the server sends ${action.frames
        .map((frame) => `[op=${frame.opcode} fin=${frame.fin ? 1 : 0} len=${frame.payload.length}]`)
        .join(' ')} on link ${link}`;
    case 'half':
      return `the server sends ${action.sent} of ${action.frame.payload.length} bytes of a frame on link ${link}`;
    case 'close':
      return `the server sends a close frame on link ${link}`;
    case 'drop':
      return `the server drops TCP on link ${link}`;
    case 'certificate':
      return `the server shows a certificate that is ${action.which}`;
    case 'power':
      return `power: ${action.value}`;
    case 'rest':
    case 'bytes':
      return `the server sends ${action.kind} on link ${link}`;
    default:
      return `${action.kind}: ${action.value}`;
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)} s`;
}
