import { newStep, type StepOutcome } from './outcome';
import type { Rig } from './rig';
import type { Setup } from './setup';
import { PING_TOLERANCE } from './variations';

/** `WSCFG, WSOPEN: pings in 5.5 s at `1.9 3.9` => WSCFG in force` */
const FORM = /^(.*?): *pings (?:in (\d+(?:\.\d+)?) s )?at(?: s)? *`([^`]*)`(?: *=> *(.*))?$/i;

/** How long pings are counted when the recording does not say, in milliseconds. */
const WINDOW = 11_000;

export function isScenario(text: string): boolean {
  return FORM.test(text);
}

/** Plays lines that tell in words what was done, and at which seconds pings then came on link 0. */
export class Scenarios {
  readonly #rig: Rig;
  readonly #setup: Setup;
  readonly #port: number;
  /** The WSCFG that a bare `WSCFG` stands for: what follows the link's number. */
  #config: string;

  /** @param sectionTitle may name the WSCFG that the lines mean */
  constructor(rig: Rig, setup: Setup, port: number, sectionTitle: string) {
    this.#rig = rig;
    this.#setup = setup;
    this.#port = port;
    this.#config = /WSCFG=\d,([\d,]+)/.exec(sectionTitle)?.[1] ?? '2,5';
  }

  async play(line: number, text: string): Promise<StepOutcome> {
    const outcome = newStep(line, text.slice(0, 100));
    const [, story = '', length, list = '', verdict] = FORM.exec(text) ?? [];
    for (const act of actsOf(story)) {
      if (!(await this.#act(act))) {
        outcome.notReplayable = `nobody knows how to do this: ${act}`;
        return outcome;
      }
    }
    if (!this.#rig.links.connectionOf(0)) {
      outcome.differences.push('expected an open link\nactual   link 0 is not open');
      return outcome;
    }
    const expected =
      list.trim() === ''
        ? []
        : list
            .trim()
            .split(/[\s,]+/)
            .map((each) => Number(each) * 1000);
    const window =
      length === undefined ? Math.max(WINDOW, (expected.at(-1) ?? 0) + 600) : Number(length) * 1000;
    const actual = await this.#pings(window);
    comparePings(expected, actual, window, outcome);
    if (verdict !== undefined) this.#judge(verdict, actual, outcome);
    return outcome;
  }

  /** When pings came on link 0 within `window`, in milliseconds. */
  async #pings(window: number): Promise<number[]> {
    const { now } = this.#rig;
    const connection = this.#rig.links.connectionOf(0);
    const before = connection?.frames.length ?? 0;
    await this.#rig.pass(window);
    this.#rig.output.clear();
    return (connection?.frames ?? [])
      .slice(before)
      .filter((frame) => frame.opcode === 9)
      .map((frame) => frame.at - now);
  }

  #judge(verdict: string, actual: readonly number[], outcome: StepOutcome): void {
    const inForce = actual.length > 0;
    if (/default/i.test(verdict) ? !inForce : /in force/i.test(verdict) ? inForce : true) return;
    outcome.differences.push(`expected ${verdict}\nactual   pings at ${actual.join(' ')}`);
  }

  async #act(text: string): Promise<boolean> {
    const rig = this.#rig;
    const link = Number(/=([012])\b/.exec(text)?.[1] ?? 0);
    const config = /WSCFG=[012],([\d,]+)/i.exec(text)?.[1];
    if (/^fresh$/.test(text)) {
      for (const each of [0, 1, 2]) if (rig.links.inUse(each)) await this.#setup.close(each);
    } else if (/WSCFG/i.test(text)) {
      if (config !== undefined) this.#config = config;
      if (/open|given while/i.test(text) && !rig.links.inUse(link)) await this.#setup.open(link);
      const values = /invalid|bad|wrong/i.test(text) ? '0,0' : this.#config;
      await rig.command(`AT+WSCFG=${link},${values}`);
    } else if (/WSCLOSE/i.test(text)) {
      await this.#setup.close(link);
    } else if (/WSOPEN/i.test(text) && /fail|refused|bad|error/i.test(text)) {
      if (rig.links.inUse(link)) await this.#setup.close(link);
      await rig.command(this.#failingOpen(link, text));
    } else if (/WSOPEN/i.test(text)) {
      if (!rig.links.inUse(link)) await this.#setup.open(link);
    } else if (/server.*clos/i.test(text)) {
      if (!rig.links.inUse(link)) await this.#setup.open(link);
      rig.links.connectionOf(link)?.close(1000);
      await rig.until(() => !rig.links.inUse(link), rig.now + 10_000);
      await rig.pass(1000);
    } else if (/reconnect|drops? (?:tcp|it|the connection)|loss/i.test(text)) {
      if (!rig.links.inUse(link)) await this.#setup.open(link);
      rig.links.connectionOf(link)?.drop();
      await rig.pass(100);
      await rig.until(() => rig.links.connectionOf(link) !== undefined, rig.now + 60_000);
    } else if (/AT\+RST|restart|reset/i.test(text)) {
      await rig.command('AT+RST');
      await rig.until(
        () => rig.output.bytes.toString('latin1').includes('WIFI GOT IP'),
        rig.now + 20_000,
      );
      await this.#setup.open(0);
    } else {
      return false;
    }
    rig.output.clear();
    return true;
  }

  #failingOpen(link: number, text: string): string {
    if (/bad uri|uri/i.test(text)) return `AT+WSOPEN=${link},"http://127.0.0.1:${this.#port}/"`;
    if (/parameter/i.test(text)) return `AT+WSOPEN=${link},"ws://127.0.0.1:${this.#port}/",,0`;
    return `AT+WSOPEN=${link},"ws://127.0.0.1:1/"`;
  }
}

/** The single acts of a story; one that does not go on from the line before (`...`) starts without links. */
function actsOf(story: string): string[] {
  const goesOn = /^(?:\.\.\.|…|after\b)|while open/i.test(story.trim());
  const acts = story
    .replace(/^(?:\.\.\.|…|after\b)\s*/i, '')
    .split(/,\s+(?:then\s+)?|\s+then\s+|\s+and\s+/i)
    .map((act) => act.trim())
    .filter((act) => act !== '');
  if (!/WSOPEN(?! fails)|open|reconnect|RST/i.test(story)) acts.push('WSOPEN');
  return goesOn ? acts : ['fresh', ...acts];
}

function comparePings(
  expected: readonly number[],
  actual: readonly number[],
  window: number,
  outcome: StepOutcome,
): void {
  // A ping at the very end of the window may just have been missed, or just not.
  const sure = actual.filter(
    (at, index) => index < expected.length || at < window - PING_TOLERANCE,
  );
  const due = expected.filter((at, index) => index < actual.length || at < window - PING_TOLERANCE);
  const near = due.every((at, index) => Math.abs((sure[index] ?? Infinity) - at) <= PING_TOLERANCE);
  if (near && sure.length === due.length) return;
  const show = (times: readonly number[]): string =>
    times.map((at) => (at / 1000).toFixed(1)).join(' ');
  outcome.differences.push(`expected pings at s ${show(expected)}\nactual   ${show(actual)}`);
}
