import { eventsIn, framesBehind } from './inference';
import { abridge } from './escapes';
import { Expectation } from './compare';
import type { Action } from './actions';
import { newStep, type StepOutcome } from './outcome';
import { parsePattern } from './pattern';
import type { Rig } from './rig';
import { bufferIn } from './config-wording';
import type { Setup } from './setup';
import { leadsTo } from './stimulus';
import type { Item, Row } from './transcript';
import { isObservation } from './observation';
import { readActions } from './wording';

/** How long a row's output may take, in milliseconds. */
const LONGEST = 20_000;
const QUIET = 60;

/** Plays the rows of tables: a command, an act of the server, or a command line of a given length. */
export class Rows {
  readonly #rig: Rig;
  readonly #setup: Setup;
  readonly #port: number;

  constructor(rig: Rig, setup: Setup, port: number) {
    this.#rig = rig;
    this.#setup = setup;
    this.#port = port;
  }

  /** @param following the row and what comes after it, for settings that only a later row names */
  async play(row: Row, following: readonly Item[]): Promise<StepOutcome> {
    const outcome = newStep(row.line, row.left);
    const length = /^(\d+) bytes incl/i.exec(row.left)?.[1];
    if (length !== undefined) await this.#ofLength(Number(length), row, outcome);
    else if (isCommand(row)) await this.exchange(row.left, row.right, outcome);
    else await this.#ofServer(row, following, outcome);
    return outcome;
  }

  /** Writes a command and expects exactly `answer`. */
  async exchange(command: string, answer: string, outcome: StepOutcome): Promise<void> {
    const text = command.replace(/\\r\\n$/, '');
    this.#rig.write(Buffer.concat([parsePatternBytes(text), Buffer.from('\r\n')]));
    await this.#expect(answer.replaceAll('<echo>', `${text}\\r\\n`), outcome);
  }

  async #ofServer(row: Row, following: readonly Item[], outcome: StepOutcome): Promise<void> {
    const pattern = parsePattern(row.right);
    const formatOf = (link: number): ReturnType<Rig['links']['formatOf']> =>
      this.#rig.links.formatOf(link);
    const shown = eventsIn(pattern, formatOf).find((event) => event.kind === 'data');
    const link = Number(
      /\blink (\d)/i.exec(row.left)?.[1] ?? (shown?.kind === 'data' ? shown.data.link : 0),
    );
    if (!this.#rig.links.inUse(link)) await this.#setup.open(link, bufferIn([row, ...following]));
    const actions = isObservation(row.left) ? undefined : readActions(row.left, row.right === '');
    const inferred = framesBehind(pattern, formatOf).get(link);
    if (!actions && !inferred) {
      outcome.notReplayable = `nobody knows how to do this: ${row.left}`;
      return;
    }
    for (const { action, after } of actions ?? []) {
      await this.#rig.pass(after);
      this.#rig.perform(action, link);
    }
    if (inferred && !actions?.some(({ action }) => leadsToData(action))) {
      outcome.remarks.push('inferred: the server sends what is reported');
      this.#rig.perform({ kind: 'frames', frames: inferred }, link);
    }
    await this.#expect(row.right, outcome);
  }

  /** A WSOPEN whose path fills the line up to `length` bytes. */
  async #ofLength(length: number, row: Row, outcome: StepOutcome): Promise<void> {
    const [answer = '', note = ''] = row.right.split(/\s{2,}/);
    const start = `AT+WSOPEN=0,"ws://127.0.0.1:${this.#port}/`;
    const command = `${start}${'a'.repeat(Math.max(0, length - start.length - 3))}"`;
    if (this.#rig.links.inUse(0)) await this.#setup.close(0);
    const before = this.#rig.server.requests.length;
    await this.exchange(command, answer, outcome);
    const target = this.#rig.server.requests.slice(before).at(-1)?.target;
    const expected = /length on the wire: (\S+)/i.exec(note)?.[1];
    const actual = target === undefined ? '-' : String(target.length);
    if (expected !== undefined && expected !== actual) {
      outcome.differences.push(`url length on the wire, expected ${expected}\nactual   ${actual}`);
    }
  }

  async #expect(text: string, outcome: StepOutcome): Promise<void> {
    const { output } = this.#rig;
    const expectation = new Expectation(parsePattern(text));
    const done = (): boolean => expectation.match(output.bytes, 0) !== undefined;
    if (text !== '') await this.#rig.until(done, this.#rig.now + LONGEST);
    await this.#rig.pass(QUIET);
    if (expectation.match(output.bytes, 0) !== output.length) {
      outcome.differences.push(
        `expected ${text === '' ? '(nothing)' : text}\nactual   ${abridge(output.slice(0))}`,
      );
    }
    output.clear();
  }
}

function parsePatternBytes(text: string): Buffer {
  const pattern = parsePattern(text);
  return pattern.kind === 'whole' ? pattern.bytes : pattern.head;
}

/** A row that echoes what stands on its left is a line of the host's. */
function isCommand({ left, right }: Row): boolean {
  return /^AT/i.test(left) || right.startsWith('<echo>') || right.startsWith(`${left}\\r\\n`);
}

/** Whether anything of it is reported. */
function leadsToData(action: Action): boolean {
  if (action.kind === 'frames') return action.frames.some(({ opcode }) => opcode < 8);
  return leadsTo(action).includes('data');
}
