import { EARLY_TEXT } from '../support/ws-server-paths';
import { closePayload } from '../support/ws-server-frames';
import type { TimedAction } from './actions';
import { eventsIn, framesBehind, wouldShow } from './inference';
import { partialFrames, withShownChunk } from './partial-frames';
import { parsePattern, type BytePattern } from './pattern';
import { reportsIn, type Report } from './reports';
import type { Rig } from './rig';
import type { Exchange, TranscriptLine } from './transcript';
import type { Stimulus } from './stimulus';
import { titleActions } from './title-actions';
import { delayIn, isObservation, readActions } from './wording';

/** How long before its first report a device must have been started, and an access point be heard. */
const BOOT_TIME = 400;
const JOIN_TIME = 600;

/** What the recording shows of a link next, after the given line of the step. */
export type NextEvent = (
  link: number,
  after: TranscriptLine,
) => 'connected' | 'disconnected' | 'closed' | undefined;

/**
 * Finds out who made the device say what a step shows: what the title says the server does, and,
 * where neither title nor `S` lines say it, what must have happened.
 */
export class Stimuli {
  readonly #rig: Rig;
  readonly #exchange: Exchange;
  readonly #nextEvent: NextEvent;
  /** What the title says, as far as it has not been used. */
  readonly #titled: TimedAction[];
  /** The server's or the network's state is given in words: nothing about it is inferred. */
  readonly #stateGiven: boolean;
  /** A drop has a cause other than the server's will. */
  readonly #otherCause: boolean;
  readonly #known: boolean;
  /** An `S` line has sent data: what is reported from then on needs no other explanation. */
  serverSent = false;
  #powerCycled = false;

  constructor(rig: Rig, exchange: Exchange, nextEvent: NextEvent) {
    this.#rig = rig;
    this.#exchange = exchange;
    this.#nextEvent = nextEvent;
    const hasServerLines = exchange.lines.some((line) => line.actor === 'server');
    const hasHostLines = exchange.lines.some((line) => line.actor === 'host');
    const mute = exchange.lines.length === 0;
    this.#titled = hasServerLines ? [] : titleActions(exchange.title, hasHostLines, mute);
    this.#known = this.#titled.length > 0 || delayIn(exchange.title) > 0;
    const kinds = new Set(this.#titled.map(({ action }) => action.kind));
    this.#stateGiven = hasServerLines || kinds.has('listens') || kinds.has('certificate');
    this.#otherCause = (
      ['answers pings', 'reads', 'reachable', 'access point', 'half'] as const
    ).some((kind) => kinds.has(kind));
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
    const stimuli: Stimulus[] = [];
    const link = this.#linkOf(this.#exchange.title);
    const pieces = this.#pieces();
    const has = (kind: Report['kind']): boolean =>
      pieces.some((piece) => eventsIn(piece, this.#formatOf).some((event) => event.kind === kind));
    let at = 0;
    for (const timed of [...this.#titled]) {
      at += timed.after;
      const { action } = timed;
      const waits =
        (action.kind === 'frames' && has('data')) ||
        (action.kind === 'close' && has('closed')) ||
        (action.kind === 'drop' && has('disconnected')) ||
        (action.kind === 'certificate' && has('disconnected')) ||
        (action.kind === 'listens' &&
          action.value &&
          timed.after === 0 &&
          this.#firstChange() === 'disconnected');
      if (waits) continue;
      this.#titled.splice(this.#titled.indexOf(timed), 1);
      stimuli.push({
        action:
          action.kind === 'half' ? withShownChunk(action, this.#exchange, this.#formatOf) : action,
        link,
        at,
      });
    }
    return stimuli.length > 0 ? stimuli : partialFrames(this.#exchange, link, this.#formatOf);
  }

  /** What the server does the moment it has accepted, so that `answer` shows it before the OK of WSOPEN. */
  armFor(line: TranscriptLine, answer: string): void {
    const { manners } = this.#rig.server;
    manners.onAccept = undefined;
    const link = /^AT\+WSOPEN=([012]),/i.exec(line.text)?.[1];
    const between = /\+WS_CONNECTED:\d\\r\\n(.*?)\\r\\nOK\\r\\n/.exec(answer)?.[1] ?? '';
    if (link === undefined || between === '' || line.text.includes('/early')) return;
    const drops = between.includes(`+WS_DISCONNECTED:${link}`);
    const closes = between.includes(`+WS_CLOSED:${link}`);
    const frames = framesBehind(parsePattern(between), this.#formatOf).get(Number(link)) ?? [];
    manners.onAccept = (connection) => {
      for (const frame of frames) connection.send(frame);
      if (closes) connection.close(1000);
      if (drops) connection.drop();
    };
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
    const events = this.#unsaid(eventsIn(piece, this.#formatOf), said);
    const stimuli: Stimulus[] = [];
    const links = new Set<number>();
    for (const event of events) {
      if (event.kind === 'data') {
        if (links.has(event.data.link)) continue;
        links.add(event.data.link);
        stimuli.push(...this.#dataStimuli(piece, event.data.link, events));
      } else if (event.kind === 'closed') {
        stimuli.push(...this.#closeStimuli(event.link));
      } else if (event.kind === 'disconnected') {
        stimuli.push(...this.#dropStimuli(event.link, line));
      }
    }
    return stimuli;
  }

  /** How many milliseconds before `line` is due what leads to it has to happen, and what that is. */
  ahead(line: TranscriptLine): { readonly lead: number; readonly stimuli: Stimulus[] } {
    const events = eventsIn(parsePattern(line.text), this.#formatOf);
    const first = events[0];
    if (first?.kind === 'ready' && !this.#powerCycled && !this.#hostRestarts()) {
      this.#powerCycled = true;
      return {
        lead: BOOT_TIME,
        stimuli: [{ action: { kind: 'power', value: 'cycle' }, link: 0, at: 0 }],
      };
    }
    if (first?.kind === 'wifi' && !this.#hostJoins()) {
      const value = first.state === 'CONNECTED';
      if (first.state !== 'GOT IP' && !this.#otherCause && !this.#powerCycled) {
        return {
          lead: value ? JOIN_TIME : 0,
          stimuli: [{ action: { kind: 'access point', value }, link: 0, at: 0 }],
        };
      }
    }
    return { lead: 0, stimuli: [] };
  }

  /** A link's connection is gone: whether the attempts to come are to fail. */
  afterLoss(link: number, line: TranscriptLine): Stimulus[] {
    if (this.#exchange.lines.some((other) => other.actor === 'server')) return [];
    const next = this.#nextEvent(link, line);
    const back = this.#titled.find(({ action }) => action.kind === 'listens' && action.value);
    if (back && next === 'connected') {
      this.#titled.splice(this.#titled.indexOf(back), 1);
      return [{ action: back.action, link, at: 0 }];
    }
    const changed = this.#titled.filter(({ action }) => action.kind === 'certificate');
    for (const timed of changed) this.#titled.splice(this.#titled.indexOf(timed), 1);
    return changed.map(({ action }) => ({ action, link, at: 0 }));
  }

  /** Whether a server that nothing is said about must be away, so that the next attempt fails. */
  mustRefuse(link: number, line: TranscriptLine): boolean | undefined {
    return this.#stateGiven || this.#otherCause
      ? undefined
      : this.#nextEvent(link, line) === 'disconnected';
  }

  /** What an `S` line asks for; undefined when its words are not understood. */
  fromServerLine(line: TranscriptLine): Stimulus[] | undefined {
    if (isObservation(line.text)) return [];
    const actions = readActions(line.text);
    if (!actions) return undefined;
    const link = this.#linkOf(line.text);
    let at = 0;
    return actions.map(({ action, after }) => ({ action, link, at: (at += after) }));
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
    const named = /\blink (\d)/i.exec(text)?.[1] ?? /\b([012])\b(?= *$)/.exec('')?.[1];
    if (named !== undefined) return Number(named);
    for (const piece of this.#pieces()) {
      for (const event of eventsIn(piece, this.#formatOf)) {
        if (event.kind === 'data') return event.data.link;
        if (event.kind === 'closed' || event.kind === 'disconnected') return event.link;
      }
    }
    return this.#rig.links.openLinks[0] ?? 0;
  }

  #dataStimuli(piece: BytePattern, link: number, unsaid: readonly Report[]): Stimulus[] {
    if (this.serverSent || this.#echoes(link)) return [];
    const titled = this.#titled.find(({ action }) => action.kind === 'frames');
    if (
      titled?.action.kind === 'frames' &&
      wouldShow(piece, link, titled.action.frames, this.#formatOf)
    ) {
      this.#titled.splice(this.#titled.indexOf(titled), 1);
      return [{ action: titled.action, link, at: 0 }];
    }
    const frames = framesBehind(piece, this.#formatOf).get(link) ?? [];
    const early = this.#rig.links.uriOf(link).includes('/early');
    const missing = unsaid.filter((event) => event.kind === 'data' && event.data.link === link);
    const all = frames.filter((frame) => !(early && frame.payload.toString() === EARLY_TEXT));
    const wanted =
      piece.kind === 'whole' && missing.length < all.length ? all.slice(-missing.length) : all;
    if (wanted.length === 0) return [];
    if (/one segment|same segment|together/i.test(this.#exchange.title)) {
      return [{ action: { kind: 'frames', frames: wanted }, link, at: 0 }];
    }
    return wanted.map((frame) => ({ action: { kind: 'frames', frames: [frame] }, link, at: 0 }));
  }

  #closeStimuli(link: number): Stimulus[] {
    const asked = new RegExp(`^AT\\+WSSEND=${link},\\d+,8\\b`, 'i');
    if (this.#exchange.lines.some((line) => line.actor === 'host' && asked.test(line.text)))
      return [];
    const titled = this.#titled.find(({ action }) => action.kind === 'close');
    if (titled) this.#titled.splice(this.#titled.indexOf(titled), 1);
    return [
      { action: titled?.action ?? { kind: 'close', payload: closePayload(1000) }, link, at: 0 },
    ];
  }

  #dropStimuli(link: number, line: TranscriptLine): Stimulus[] {
    if (this.#otherCause || this.#rig.disturbed(link)) return [];
    if (!this.#rig.links.connectionOf(link)) return [];
    const before = this.#exchange.lines.slice(0, this.#exchange.lines.indexOf(line));
    const restarts = /^AT\+(?:RST|RESTORE|CWQAP|CWJAP)|WIFI DISCONNECT/i;
    if (before.some((other) => restarts.test(other.text))) return [];
    const titled = this.#titled.find(({ action }) => action.kind === 'drop');
    if (titled) this.#titled.splice(this.#titled.indexOf(titled), 1);
    return [{ action: titled?.action ?? { kind: 'drop', how: 'fin' }, link, at: 0 }];
  }

  /** Whether the server sends back by itself what the host sends in this step. */
  #echoes(link: number): boolean {
    const sends = new RegExp(`^AT\\+WSSEND=${link},`, 'i');
    return (
      /\/echo\b/.test(this.#rig.links.uriOf(link)) &&
      this.#exchange.lines.some((line) => line.actor === 'host' && sends.test(line.text))
    );
  }

  /** The events of a piece that `said` does not hold yet. */
  #unsaid(events: readonly Report[], said: Buffer): Report[] {
    const open = [...events];
    for (const report of reportsIn(
      said.toString('latin1'),
      (link) => this.#formatOf(link).format,
    )) {
      const at = open.findIndex((event) => JSON.stringify(event) === JSON.stringify(report));
      if (at >= 0) open.splice(at, 1);
    }
    return open;
  }

  #hostRestarts(): boolean {
    return this.#exchange.lines.some(
      (line) => line.actor === 'host' && /AT\+(?:RST|RESTORE)|AT\+WSOPEN=\d,""/i.test(line.text),
    );
  }

  /** Whether the host's own commands bring out the Wi-Fi reports of this step. */
  #hostJoins(): boolean {
    return (
      this.#hostRestarts() ||
      this.#powerCycled ||
      this.#exchange.lines.some((line) => line.actor === 'host' && /AT\+CW/i.test(line.text))
    );
  }
}
