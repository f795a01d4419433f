import { EARLY_TEXT } from '../harness/network/ws-server-paths';
import { closePayload } from '../harness/network/ws-server-frames';
import type { Action } from './actions';
import { isEchoed } from './echoed';
import { blockedSend, endBefore } from './ends-before';
import { eventsIn, framesBehind, unsaid, wouldShow } from './inference';
import { reactionOnAccept } from './on-accept';
import { partBefore, partialFrames, withShownChunk } from './partial-frames';
import { parsePattern, type BytePattern } from './pattern';
import type { Report } from './reports';
import { isPing, withPongs } from './pings';
import type { Prospects } from './prospects';
import type { Attempts, Rig } from './rig';
import type { Exchange, TranscriptLine } from './transcript';
import type { Stimulus } from './stimulus';
import { Surroundings, type Lead } from './surroundings';
import { titleActions } from './title-actions';
import { Titled } from './titled';
import type { UnfinishedFrames } from './unfinished-frames';
import { isObservation } from './observation';
import { linksIn, readActions, silenceIn } from './wording';

/** An attempt that is answered by nobody fails so many milliseconds later than one that is refused. */
const UNANSWERED = 18_000;

/** What comes within so many milliseconds belongs together. */
const SOON = 1500;

/** What helps to understand a step. */
export interface StimuliContext {
  readonly rig: Rig;
  readonly exchange: Exchange;
  readonly prospects: Prospects;
  readonly unfinished: UnfinishedFrames;
  /** Payloads of the pongs that the step brought about, by the prose after it. */
  readonly pongs: readonly Buffer[];
  /** Whether words of the title and of `S` lines are believed, rather than the output alone. */
  readonly words: boolean;
}

/**
 * Finds out who made the device say what a step shows: what the title says the server does, and,
 * where neither title nor `S` lines say it, what must have happened.
 */
export class Stimuli {
  readonly #rig: Rig;
  readonly #exchange: Exchange;
  readonly #prospects: Prospects;
  readonly #words: boolean;
  readonly #unfinished: UnfinishedFrames;
  /** What the title says, as far as it has not been used. */
  readonly #titled: Titled;
  /** Pings whose pongs the prose after the step shows. */
  readonly #pings: readonly Stimulus[];
  /** The server's or the network's state is given in words: nothing about it is inferred. */
  readonly #stateGiven: boolean;
  /** A drop has a cause other than the server's will. */
  readonly #otherCause: boolean;
  readonly #known: boolean;
  readonly #surroundings: Surroundings;

  constructor({ rig, exchange, prospects, unfinished, pongs, words }: StimuliContext) {
    this.#rig = rig;
    this.#unfinished = unfinished;
    this.#exchange = exchange;
    this.#prospects = prospects;
    this.#words = words;
    const hasServerLines = words && exchange.lines.some((line) => line.actor === 'server');
    const hasHostLines = exchange.lines.some((line) => line.actor === 'host');
    const mute = exchange.lines.length === 0;
    const { actions, extra } = withPongs(
      hasServerLines || !words ? [] : titleActions(exchange.title, hasHostLines, mute),
      hasHostLines ? [] : pongs,
    );
    this.#titled = new Titled(actions);
    const link = this.#linkOf(exchange.title);
    this.#pings = extra.map((action) => ({ action, link, at: 0 }));
    this.#known = actions.length + extra.length > 0 || silenceIn(exchange.title) > 0;
    const kinds = new Set(actions.map(({ action }) => action.kind));
    this.#stateGiven = hasServerLines || kinds.has('listens') || kinds.has('certificate');
    this.#otherCause = (
      ['answers pings', 'reads', 'reachable', 'access point', 'half'] as const
    ).some((kind) => kinds.has(kind));
    this.#surroundings = new Surroundings(exchange, this.#otherCause);
  }

  /** Whether the title says anything that can be done, waiting included. */
  get known(): boolean {
    return this.#known;
  }

  /** Whether the first that happens to a link is that it connects, and no words tell of the server. */
  get needsServer(): boolean {
    return !this.#stateGiven && this.#firstChange() === 'connected';
  }

  /** What is to be done when the step starts, or a given time after that. */
  atStart(): Stimulus[] {
    const stimuli: Stimulus[] = [...this.#pings];
    const link = this.#linkOf(this.#exchange.title);
    const pieces = this.#pieces();
    const has = (kind: Report['kind']): boolean =>
      pieces.some((piece) => eventsIn(piece, this.#formatOf).some((event) => event.kind === kind));
    let at = 0;
    if (this.#titled.first('rest') && !this.#titled.first('half')) {
      const action = partBefore(this.#exchange, this.#formatOf);
      if (action) stimuli.push({ action, link, at: 0 });
    }
    for (const { action, after } of [...this.#titled.all]) {
      at += after;
      const waits =
        (action.kind === 'frames' && has('data') && !isPing(action)) ||
        (action.kind === 'close' && has('closed')) ||
        (action.kind === 'drop' && has('disconnected')) ||
        (action.kind === 'close' && this.#surroundings.crashes) ||
        (action.kind === 'certificate' && has('disconnected')) ||
        (action.kind === 'listens' &&
          action.value &&
          after === 0 &&
          this.#firstChange() === 'disconnected');
      if (waits) continue;
      this.#titled.drop(action);
      stimuli.push({
        action:
          action.kind === 'half' ? withShownChunk(action, this.#exchange, this.#formatOf) : action,
        link,
        at,
      });
    }
    return stimuli.length > this.#pings.length
      ? stimuli
      : [...stimuli, ...partialFrames(this.#exchange, link, this.#formatOf)];
  }

  /** Makes the server do, the moment it has accepted, what `answer` shows before the OK of WSOPEN. */
  armFor(line: TranscriptLine, answer: string): void {
    this.#rig.server.behavior.onAccept = reactionOnAccept(
      line,
      answer,
      this.#rig.server.behavior,
      this.#formatOf,
    );
  }

  /** What must have come just before the host's line for a link's end to be told before the answer. */
  before(line: TranscriptLine, answer: string, command: string): Stimulus[] {
    const { lines } = this.#exchange;
    const blocked = this.#otherCause ? undefined : blockedSend(lines, lines.indexOf(line), command);
    if (blocked !== undefined && !this.#rig.disturbed(blocked))
      return [{ action: { kind: 'reads', value: false }, link: blocked, at: 0 }];
    const end = endBefore(line.text, answer, command);
    if (!end || !this.#rig.links.inUse(end.link)) return [];
    return end.how === 'close' ? this.#closeStimuli(end.link) : this.#dropStimuli(end.link, line);
  }

  /** The first gain or loss of a link in this step. */
  #firstChange(): Report['kind'] | undefined {
    return this.#pieces()
      .flatMap((piece) => eventsIn(piece, this.#formatOf))
      .find(({ kind }) => kind === 'connected' || kind === 'disconnected')?.kind;
  }

  /**
   * What must happen so that `line` is said, given what has been said of it already. Asked when the
   * device has not said it by itself.
   */
  behind(line: TranscriptLine, said: Buffer): Stimulus[] {
    const piece = parsePattern(line.text);
    const events = unsaid(eventsIn(piece, this.#formatOf), said, this.#formatOf);
    const stimuli: Stimulus[] = [];
    const links = new Set<number>();
    for (const event of events) {
      if (event.kind === 'data') {
        if (links.has(event.data.link)) continue;
        links.add(event.data.link);
        stimuli.push(...this.#dataStimuli(piece, event.data.link, events, line));
      } else if (event.kind === 'closed') {
        stimuli.push(...this.#closeStimuli(event.link));
      } else if (event.kind === 'disconnected') {
        stimuli.push(...this.#dropStimuli(event.link, line));
      }
    }
    return stimuli;
  }

  /** How many milliseconds before `line` is due what leads to it has to happen, and what that is. */
  ahead(line: TranscriptLine, inFlight: string): Lead {
    const [first] = eventsIn(parsePattern(line.text), this.#formatOf);
    return this.#surroundings.ahead(first, inFlight);
  }

  /** A link's connection is gone: what the words want to happen before the attempts to come. */
  afterLoss(link: number, line: TranscriptLine): Stimulus[] {
    if (this.#words && this.#exchange.lines.some((other) => other.actor === 'server')) return [];
    const { kind } = this.#prospects.of(link, this.#exchange, line);
    const back = this.#titled.takeAll(
      (action) => action.kind === 'listens' && action.value && kind === 'connected',
    );
    const actions =
      back.length > 0 ? back : this.#titled.takeAll((action) => action.kind === 'certificate');
    return actions.map((action) => ({ action, link, at: 0 }));
  }

  /** What must become of the attempts to come, as far as the recording shows; undefined when it does not. */
  attemptsAfter(link: number, line: TranscriptLine): Attempts | undefined {
    const { kind, after, states } = this.#prospects.of(link, this.#exchange, line);
    // Only an attempt that nobody answers, or not soon, lasts long enough to be seen.
    if (states.includes(1) && kind !== 'connected') return 'swallowed';
    if (this.#stateGiven || this.#otherCause) return undefined;
    if (kind !== 'disconnected') return 'accepted';
    return after !== undefined && after > UNANSWERED ? 'swallowed' : 'refused';
  }

  /** What an `S` line asks for; undefined when its words are not understood. */
  fromServerLine(line: TranscriptLine): Stimulus[] | undefined {
    if (!this.#words) return undefined;
    if (isObservation(line.text)) return [];
    const actions = readActions(line.text) ?? readActions(line.text, true);
    if (!actions) return undefined;
    const links = linksIn(line.text, this.#rig.links.openLinks) ?? [this.#linkOf(line.text)];
    let at = 0;
    return actions.flatMap(({ action, after }) => {
      at += after;
      return links.map((link) => ({ action, link, at }));
    });
  }

  readonly #formatOf = (link: number): ReturnType<Rig['links']['formatOf']> =>
    this.#rig.links.formatOf(link);

  #pieces(): BytePattern[] {
    return this.#exchange.lines
      .filter((line) => line.actor === 'device')
      .map((line) => parsePattern(line.text));
  }

  /** The link that words name; else the only one that reports in this step; else an open one. */
  #linkOf(text: string): number {
    const named = /\blink (\d)/i.exec(text)?.[1];
    if (named !== undefined) return Number(named);
    for (const piece of this.#pieces()) {
      for (const event of eventsIn(piece, this.#formatOf)) {
        if (event.kind === 'data') return event.data.link;
        if (event.kind === 'closed' || event.kind === 'disconnected') return event.link;
      }
    }
    return this.#rig.links.openLinks[0] ?? 0;
  }

  #dataStimuli(
    piece: BytePattern,
    link: number,
    reports: readonly Report[],
    line: TranscriptLine,
  ): Stimulus[] {
    if (/\/echo\b/.test(this.#rig.links.uriOf(link)) && isEchoed(this.#exchange, link, reports))
      return [];
    const titled = this.#titled.first('frames');
    if (titled && wouldShow(piece, link, titled.frames, this.#formatOf)) {
      this.#titled.drop(titled);
      return [{ action: titled, link, at: 0 }];
    }
    const part = this.#unfinished.explain(piece, link, this.#formatOf);
    if (part) return [{ action: part, link, at: 0 }];
    const frames = framesBehind(piece, this.#formatOf).get(link) ?? [];
    const early = this.#rig.links.uriOf(link).includes('/early');
    const missing = reports.filter((event) => event.kind === 'data' && event.data.link === link);
    const all = frames.filter((frame) => !(early && frame.payload.toString() === EARLY_TEXT));
    const wanted =
      piece.kind === 'whole' && missing.length < all.length ? all.slice(-missing.length) : all;
    if (wanted.length === 0) return all.length < frames.length ? this.#release(link, line) : [];
    if (/one segment|same segment|together/i.test(this.#exchange.title)) {
      return [{ action: { kind: 'frames', frames: wanted }, link, at: 0 }];
    }
    return wanted.map((frame) => ({ action: { kind: 'frames', frames: [frame] }, link, at: 0 }));
  }

  /** What makes the device look at a frame that came with the 101: whatever comes next. */
  #release(link: number, line: TranscriptLine): Stimulus[] {
    const { kind, after = Infinity } = this.#prospects.of(link, this.#exchange, line);
    if (after < SOON && kind === 'closed') return this.#closeStimuli(link);
    if (after < SOON && kind === 'disconnected') return this.#dropStimuli(link, line);
    const pong = { fin: true, opcode: 10, payload: Buffer.alloc(0) };
    return [{ action: { kind: 'frames', frames: [pong] }, link, at: 0 }];
  }

  #closeStimuli(link: number): Stimulus[] {
    const asked = new RegExp(`^AT\\+WSSEND=${link},\\d+,8\\b`, 'i');
    if (this.#exchange.lines.some((line) => line.actor === 'host' && asked.test(line.text)))
      return [];
    const close: Action = { kind: 'close', payload: closePayload(1000) };
    return [{ action: this.#titled.take('close') ?? close, link, at: 0 }];
  }

  #dropStimuli(link: number, line: TranscriptLine): Stimulus[] {
    if (this.#otherCause || this.#rig.disturbed(link)) return [];
    if (!this.#rig.links.connectionOf(link)) return [];
    const before = this.#exchange.lines.slice(0, this.#exchange.lines.indexOf(line));
    const restarts = /^AT\+(?:RST|RESTORE|CWQAP|CWJAP)|WIFI DISCONNECT/i;
    if (before.some((other) => restarts.test(other.text))) return [];
    const drop: Action = { kind: 'drop', how: 'fin' };
    return [{ action: this.#titled.take('drop') ?? drop, link, at: 0 }];
  }
}
